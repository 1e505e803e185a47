"""Central put together: its database, its key, its snapshots, its clock.

One of these per process; it keeps no truth of its own, so many may stand behind one
address. Tests and the simulator make one with a clock of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from central_sync.database.migrate import migrate, newest_version, version_of
from central_sync.database.open import BadDatabase, Database, open_database
from central_sync.server.settings import CentralSettings, CentralTrouble
from central_sync.server.snapshot import Snapshots
from central_sync.server.timestamps import Clock, iso, utc_now
from central_sync.wire.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Central:
    settings: CentralSettings
    database: Database
    key: SigningKey
    snapshots: Snapshots
    now: Clock = utc_now

    def timestamp(self) -> str:
        return iso(self.now())

    def close(self) -> None:
        self.snapshots.close()
        self.database.close()


def make_central(settings: CentralSettings) -> str:
    """Make home, key and database, or bring them up to date; returns the database's version.

    What is there is kept: it may be run again. Raises CentralTrouble.
    """
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not settings.key_file.exists():
        draft = settings.key_file.with_suffix(".new")
        SigningKey.generate().save(draft)
        draft.replace(settings.key_file)
    return migrate_database(settings)


def migrate_database(settings: CentralSettings) -> str:
    """Run the missing migrations; returns the version. Raises CentralTrouble."""
    database = _open(settings)
    try:
        return migrate(database)
    except OperationalError as problem:
        raise _unreachable(problem) from problem
    finally:
        database.close()


def open_central(settings: CentralSettings, now: Clock = utc_now) -> Central:
    """Open what `make_central` made; raises CentralTrouble saying what to do."""
    key = _load_key(settings.key_file)
    database = _open(settings)
    try:
        _check_version(settings, version_of(database))
    except OperationalError as problem:
        database.close()
        raise _unreachable(problem) from problem
    except CentralTrouble:
        database.close()
        raise
    snapshots = Snapshots(database, settings.snapshots, key, now)
    return Central(settings, database, key, snapshots, now)


def _load_key(path: Path) -> SigningKey:
    try:
        return SigningKey.load(path)
    except FileNotFoundError as problem:
        raise CentralTrouble(
            f"There is no central in {path.parent.parent}."
            " Make one with: spindel central init --home FOLDER"
        ) from problem
    except (OSError, ValueError) as problem:
        raise CentralTrouble(f"{path} cannot be read: {problem}. Restore it.") from problem


def _open(settings: CentralSettings) -> Database:
    try:
        return open_database(settings.database_url)
    except BadDatabase as problem:
        raise CentralTrouble(f"The database's address cannot be used: {problem}.") from problem


def _check_version(settings: CentralSettings, version: str) -> None:
    newest = newest_version()
    if version == newest:
        return
    if version > newest:
        raise CentralTrouble(
            f"The database has version {version}, this program knows up to {newest}."
            " Update the program."
        )
    raise CentralTrouble(
        f"The database has version {version or 'none'}, this program needs {newest}."
        f" Back it up and run: spindel central migrate --home {settings.home}"
    )


def _unreachable(problem: OperationalError) -> CentralTrouble:
    reason = str(problem.orig).strip().splitlines()[0]
    return CentralTrouble(
        f"The database does not answer: {reason}. Check its address and start it."
    )
