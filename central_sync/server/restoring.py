"""Central from its backup: whole, beside what was there, or not at all.

After it the tills fill central again from what they have sent before. The thing to get wrong:
old snapshots; they hold feed positions from after the backup, so they are set aside with it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from central_sync.database.copying import (
    TableDump,
    digests_postgres,
    is_empty_postgres,
    load_postgres,
    others_connected,
    schema_set_aside,
    sqlite_faults,
    sqlite_is_in_use,
)
from central_sync.database.migrate import migrate, newest_version
from central_sync.database.open import open_database
from central_sync.server.backup import (
    KEYS,
    KIND,
    SQLITE,
    TABLES,
    Progress,
    file_of,
    no_progress,
)
from central_sync.server.epochs import skip_epochs
from central_sync.server.settings import (
    FILE,
    CentralSettings,
    CentralTrouble,
    read_settings,
    remember_database,
)
from central_sync.server.timestamps import utc_now
from central_sync.wire.archive import NotAnArchive, Secrets, WrongSecret
from central_sync.wire.bundle import read_about, remove_folder, unpack
from central_sync.wire.key_files import write_private


@dataclass(frozen=True, slots=True)
class Restored:
    """`set_aside` is where what was there before is: a folder, a schema, or "" for nothing."""

    database: str
    database_version: str
    made_at: str
    rows: int
    set_aside: str


def restore_backup(
    home: Path,
    source: Path,
    passphrase: str,
    *,
    database_url: str = "",
    replace: bool = False,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> Restored:
    """Bring a backup into a home and its database, both empty unless `replace`.

    Nothing is deleted: what was there is set aside. Raises CentralTrouble, OSError,
    psycopg.Error, sqlite3.Error.
    """
    home = home.expanduser().absolute()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = home / "restore.work"
    remove_folder(work)
    try:
        found = _unpacked(source, Secrets(passphrase), work, progress)
        about = read_about(source)
        settings = _settings_for(home, about, database_url)
        _check_version(str(about["database_version"]))
        if not replace:
            _refuse_other_keys(home, found)
        stamp = now().astimezone(UTC).strftime("%Y%m%dT%H%M%SZ").lower()
        if about["database"] == "sqlite":
            aside = _restore_sqlite(settings, found, stamp, replace=replace)
        else:
            aside = _restore_postgres(settings, about, work, stamp, replace, progress)
        _restore_home(home, found, stamp, database_url)
        _begin_above(settings)
    finally:
        remove_folder(work)
    return Restored(
        database=str(about["database"]),
        database_version=newest_version(),
        made_at=str(about["made_at"]),
        rows=sum(int(table["rows"]) for table in about["tables"]),
        set_aside=aside,
    )


def _begin_above(settings: CentralSettings) -> None:
    """Epochs that were granted since the backup are forgotten here, and never granted again."""
    database = open_database(settings.database_url)
    try:
        with database.atomic() as connection:
            skip_epochs(connection)
    finally:
        database.close()


def _unpacked(source: Path, secrets: Secrets, work: Path, progress: Progress) -> dict[str, Path]:
    try:
        if read_about(source).get("kind") != KIND:
            raise CentralTrouble(
                f"{source} is no backup of central. A till's: spindel sync restore"
            )
        return unpack(source, secrets, work, progress)
    except NotAnArchive as problem:
        raise CentralTrouble(
            f"{source} cannot be restored: {problem}. Take an older backup."
        ) from problem
    except WrongSecret as problem:
        raise CentralTrouble(
            f"{source} does not open: {problem}. Give it with --passphrase-file."
        ) from problem


def _settings_for(home: Path, about: Mapping[str, Any], database_url: str) -> CentralSettings:
    settings = read_settings(home, database_url)
    is_sqlite = make_url(settings.database_url).get_backend_name() == "sqlite"
    if is_sqlite != (about["database"] == "sqlite"):
        raise CentralTrouble(
            f"The backup is of {about['database']}: name such a database with --database."
        )
    return settings


def _check_version(schema: str) -> None:
    if schema > newest_version():
        raise CentralTrouble(
            f"The backup has database version {schema}, this program knows up to"
            f" {newest_version()}. Update the program first."
        )


def _restore_sqlite(
    settings: CentralSettings, found: Mapping[str, Path], stamp: str, *, replace: bool
) -> str:
    copy, target = found[SQLITE], file_of(settings)
    fault = sqlite_faults(copy)
    if fault:
        raise CentralTrouble(f"The backup's database is damaged ({fault}). Take an older one.")
    aside = ""
    if target.exists():
        if sqlite_is_in_use(target):
            raise CentralTrouble("Central is running. Stop spindel central serve and work first.")
        if not replace:
            raise _present(str(target))
        folder = target.parent / f"replaced-{stamp}"
        for ending in ("", "-wal", "-shm"):
            file = target.with_name(f"{target.name}{ending}")
            if file.exists():
                folder.mkdir(exist_ok=True, mode=0o700)
                file.rename(folder / file.name)
        aside = str(folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(copy, target)
    _migrated(settings)
    return aside


def _restore_postgres(
    settings: CentralSettings,
    about: Mapping[str, Any],
    work: Path,
    stamp: str,
    replace: bool,
    progress: Progress,
) -> str:
    dumps = [
        TableDump(t["name"], tuple(t["columns"]), int(t["rows"]), t["sha256"])
        for t in about["tables"]
    ]
    database = open_database(settings.database_url)
    try:
        if others_connected(database):
            raise CentralTrouble(
                "The database has other connections. Stop spindel central serve and work first."
            )
        is_empty = is_empty_postgres(database)
        if not is_empty and not replace:
            raise _present("the database")
        aside = f"replaced_{stamp}"
        with nullcontext() if is_empty else schema_set_aside(database, aside):
            migrate(database, str(about["database_version"]))
            load_postgres(database, work / TABLES, dumps, lambda d, n: progress("reading", d, n))
            found = digests_postgres(database, dumps)
            wrong = [dump.name for dump in dumps if found[dump.name] != dump.sha256]
            if wrong:
                raise CentralTrouble(
                    f"These tables came back changed: {', '.join(wrong)}. Nothing was replaced."
                )
            migrate(database)
        return "" if is_empty else f"schema {aside}"
    except (psycopg.Error, OperationalError) as problem:
        reason = str(getattr(problem, "orig", problem)).strip().splitlines()[0]
        raise CentralTrouble(f"The database refused: {reason}.") from problem
    finally:
        database.close()


def _migrated(settings: CentralSettings) -> None:
    database = open_database(settings.database_url)
    try:
        migrate(database)
    finally:
        database.close()


def _present(what: str) -> CentralTrouble:
    return CentralTrouble(
        f"There is a central in {what} already. To put the backup in its place (it is set aside,"
        " not deleted) add --replace."
    )


def _refuse_other_keys(home: Path, found: Mapping[str, Path]) -> None:
    for name in KEYS:
        kept = home / name
        if name in found and kept.exists() and kept.read_bytes() != found[name].read_bytes():
            raise _present(str(kept))


def _restore_home(home: Path, found: Mapping[str, Path], stamp: str, database_url: str) -> None:
    folder = home / f"replaced-{stamp}"
    for name in KEYS:
        if name not in found:
            continue
        kept, brought = home / name, found[name].read_text(encoding="ascii")
        if kept.exists() and kept.read_text(encoding="ascii") != brought:
            (folder / name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept.rename(folder / name)
        write_private(kept, brought)
    if (home / "snapshots").exists():
        folder.mkdir(exist_ok=True, mode=0o700)
        (home / "snapshots").rename(folder / "snapshots")
    if FILE in found and not (home / FILE).exists():
        write_private(home / FILE, found[FILE].read_text(encoding="utf-8"))
    if database_url:
        remember_database(home, database_url)
