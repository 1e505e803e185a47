"""Central put together: its database, its key, its snapshots, its clock.

One of these per process; it keeps no truth of its own, so many may stand behind one
address. Tests and the simulator make one with a clock of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from central_sync.database import tables as t
from central_sync.database.migrate import migrate, newest_version, version_of
from central_sync.database.open import BadDatabase, Database, open_database
from central_sync.server.booking import OnShortfall
from central_sync.server.orders import inbox
from central_sync.server.person_keys import opened
from central_sync.server.plain_people import seal_plain
from central_sync.server.settings import CentralSettings, CentralTrouble, remember_database
from central_sync.server.snapshot import Snapshots
from central_sync.server.timestamps import Clock, iso, utc_now
from central_sync.wire.key_files import load_keys, save_keys
from central_sync.wire.keys import SigningKey
from central_sync.wire.sealing import KeySet, Unsealable


@dataclass(frozen=True, slots=True)
class Central:
    settings: CentralSettings
    database: Database
    key: SigningKey
    snapshots: Snapshots
    now: Clock = utc_now
    on_shortfall: OnShortfall = inbox.shortfalls
    # What personal data is sealed under.
    data_keys: KeySet = field(kw_only=True)

    def timestamp(self) -> str:
        return iso(self.now())

    def close(self) -> None:
        self.snapshots.close()
        self.database.close()


def make_central(settings: CentralSettings, remember: str = "") -> str:
    """Make home, database and key, or bring them up to date; returns the database's version.

    `remember` is the database's address, to be kept in central.toml. The key is made last: a
    home has a central when it has its key, so that one that failed is none, and no command
    takes another database for it. What is there is kept: it may be run again.
    Raises CentralTrouble.
    """
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    is_new = not settings.key_file.exists()
    if not is_new:
        _load_key(settings.key_file)
    version = _migrated(settings)
    if remember:
        remember_database(settings.home, remember)
    if is_new:
        draft = settings.key_file.with_suffix(".new")
        SigningKey.generate().save(draft)
        draft.replace(settings.key_file)
    return version


def migrate_database(settings: CentralSettings) -> str:
    """Run the missing migrations, and seal people from before; returns the version.

    Raises CentralTrouble.
    """
    _load_key(settings.key_file)
    return _migrated(settings)


def _migrated(settings: CentralSettings) -> str:
    database = _open(settings)
    try:
        _check_not_newer(version_of(database))
        version = migrate(database)
        data_keys = _make_data_keys(settings, database)
        with database.atomic() as connection:
            sealed = seal_plain(connection, data_keys, iso(utc_now()))
        if sealed:
            database.wipe_past()
        return version
    except OperationalError as problem:
        raise _unreachable(problem) from problem
    except ProgrammingError as problem:
        raise CentralTrouble(
            f"The database refuses: {_reason(problem)}."
            " Give its user the right to make tables, or name another."
        ) from problem
    finally:
        database.close()


def open_central(settings: CentralSettings, now: Clock = utc_now) -> Central:
    """Open what `make_central` made; raises CentralTrouble saying what to do."""
    key = _load_key(settings.key_file)
    database = _open(settings)
    try:
        _check_version(settings, version_of(database))
        data_keys = _load_data_keys(settings.data_key_file)
        _check_data_keys(settings, database, data_keys)
    except OperationalError as problem:
        database.close()
        raise _unreachable(problem) from problem
    except CentralTrouble:
        database.close()
        raise
    snapshots = Snapshots(database, settings.snapshots, key, now)
    return Central(settings, database, key, snapshots, now, data_keys=data_keys)


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


def _make_data_keys(settings: CentralSettings, database: Database) -> KeySet:
    path = settings.data_key_file
    if not path.exists() and _a_person(database) is None:
        save_keys(path, KeySet.generate())
    data_keys = _load_data_keys(path)
    _check_data_keys(settings, database, data_keys)
    return data_keys


def _load_data_keys(path: Path) -> KeySet:
    try:
        return load_keys(path)
    except FileNotFoundError as problem:
        raise CentralTrouble(
            f"{path} is missing, and customers are sealed under it. Restore it from its backup;"
            " for a new central run: spindel central init"
        ) from problem
    except (OSError, ValueError) as problem:
        raise CentralTrouble(f"{path} cannot be read: {problem}. Restore it.") from problem


def _check_data_keys(settings: CentralSettings, database: Database, data_keys: KeySet) -> None:
    """Another key than the one in use would seal new customers where nobody finds them."""
    person = _a_person(database)
    if person is None:
        return
    try:
        opened(data_keys, *person)
    except Unsealable as problem:
        raise CentralTrouble(
            f"{settings.data_key_file} is not the key that this database's customers are"
            " sealed under. Restore the right one."
        ) from problem


def _a_person(database: Database) -> tuple[str, bytes] | None:
    with database.reading() as connection:
        row = connection.execute(select(t.person_key).limit(1)).first()
    return (row.person_id, row.sealed) if row else None


def _open(settings: CentralSettings) -> Database:
    try:
        return open_database(settings.database_url)
    except BadDatabase as problem:
        raise CentralTrouble(f"The database's address cannot be used: {problem}.") from problem


def _check_version(settings: CentralSettings, version: str) -> None:
    _check_not_newer(version)
    if version != newest_version():
        raise CentralTrouble(
            f"The database has version {version or 'none'}, this program needs {newest_version()}."
            f" Back it up and run: spindel central migrate --home {settings.home}"
        )


def _check_not_newer(version: str) -> None:
    if version > newest_version():
        raise CentralTrouble(
            f"The database has version {version}, this program knows up to {newest_version()}."
            " Update the program."
        )


def _unreachable(problem: OperationalError) -> CentralTrouble:
    return CentralTrouble(
        f"The database does not answer: {_reason(problem)}. Check its address and start it."
    )


def _reason(problem: DBAPIError) -> str:
    return str(problem.orig).strip().splitlines()[0]
