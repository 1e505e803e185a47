"""Central's own backup, on both databases: made while it serves, sealed, tried before it counts.

A backup is proven by being restored: an SQLite copy is checked as a database, a PostgreSQL
dump is read into a scratch schema that our migrations make and compared table by table. After
a restore the tills fill central again from what they have sent before. The thing to get wrong:
old snapshots; they hold feed positions from after the backup, so they are set aside with it.
"""

from __future__ import annotations

import secrets as random
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url
from sqlalchemy.exc import OperationalError

from central_sync.database.copying import (
    TableDump,
    copy_sqlite,
    digests_postgres,
    dump_postgres,
    is_empty_postgres,
    load_postgres,
    others_connected,
    schema_set_aside,
    scratch_schema,
    sqlite_faults,
    sqlite_is_in_use,
)
from central_sync.database.migrate import migrate, newest_version, version_of
from central_sync.database.open import Database, open_database
from central_sync.server.settings import (
    FILE,
    CentralSettings,
    CentralTrouble,
    read_settings,
    remember_database,
)
from central_sync.server.timestamps import iso, utc_now
from central_sync.wire.archive import NotAnArchive, Secrets, WrongSecret
from central_sync.wire.bundle import (
    digest_of,
    digests,
    pack,
    read_about,
    remove_folder,
    retire,
    unpack,
)
from central_sync.wire.key_files import write_private

KIND = "central"
SUFFIX = ".backup"
KEPT = 14
WORK_FOLDER = "backup.work"
_SQLITE, _TABLES = "central.db", "tables"
_KEYS = ("keys/central.key", "keys/data.key")

# What is under way, how much of it is done, how much there is (0 when unknown).
Progress = Callable[[str, int, int], None]


def no_progress(what: str, done: int, total: int) -> None:
    """For those who do not look."""


@dataclass(frozen=True, slots=True)
class Backup:
    """`rows` in all tables; `has_keys`: central's keys are in it too."""

    path: str
    database: str
    database_version: str
    made_at: str
    size_bytes: int
    rows: int
    has_keys: bool
    removed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """`set_aside` is where what was there before is: a folder, a schema, or "" for nothing."""

    database: str
    database_version: str
    made_at: str
    rows: int
    set_aside: str


def make_backup(
    settings: CentralSettings,
    to: Path,
    passphrase: str,
    *,
    keep: int = KEPT,
    with_keys: bool = True,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> Backup:
    """Back central up to a folder, where the newest `keep` stay, or to a file.

    Raises CentralTrouble, OSError, psycopg.Error, sqlite3.Error.
    """
    if not passphrase:
        raise CentralTrouble(
            "A backup has to be sealed: give a passphrase with --passphrase-file (- asks for it)."
        )
    at, secrets = now(), Secrets(passphrase)
    path = _target(to, at)
    work = settings.home / WORK_FOLDER
    remove_folder(work)
    work.mkdir(mode=0o700)
    database = open_database(settings.database_url)
    try:
        schema_version = version_of(database)
        files, dumps = _copied(settings, database, work, progress)
        about = _about(database, schema_version, iso(at), dumps, with_keys=with_keys)
        if with_keys:
            files |= {n: settings.home / n for n in _KEYS if (settings.home / n).exists()}
        if (settings.home / FILE).exists():
            files[FILE] = settings.home / FILE
        pack(path, about, files, secrets, progress)
        _prove(path, files, secrets, database, schema_version, dumps, work, progress)
    finally:
        database.close()
        remove_folder(work)
    return Backup(
        path=str(path),
        database=about["database"],
        database_version=schema_version,
        made_at=iso(at),
        size_bytes=path.stat().st_size,
        rows=sum(dump.rows for dump in dumps),
        has_keys=with_keys,
        removed=retire(to, SUFFIX, {"kind": KIND}, keep) if path != to else (),
    )


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
    finally:
        remove_folder(work)
    return Restored(
        database=str(about["database"]),
        database_version=newest_version(),
        made_at=str(about["made_at"]),
        rows=sum(int(table["rows"]) for table in about["tables"]),
        set_aside=aside,
    )


def _target(to: Path, at: datetime) -> Path:
    if to.is_dir() or not to.suffix:
        to.mkdir(parents=True, exist_ok=True, mode=0o700)
        return to / f"central-{at.astimezone(UTC).strftime('%Y%m%dT%H%M%SZ')}{SUFFIX}"
    return to


def _copied(
    settings: CentralSettings, database: Database, work: Path, progress: Progress
) -> tuple[dict[str, Path | bytes], list[TableDump]]:
    if database.is_sqlite:
        copy = work / _SQLITE
        try:
            copy_sqlite(_file_of(settings), copy, lambda d, n: progress("copying", d, n))
            fault = sqlite_faults(copy)
        except sqlite3.DatabaseError as problem:
            fault = str(problem)
        if fault:
            raise CentralTrouble(
                f"{_file_of(settings)} is damaged ({fault}). Restore the newest good backup:"
                " spindel central restore --help"
            )
        return {_SQLITE: copy}, [TableDump("central.db", (), _row_count(copy), "")]
    folder = work / _TABLES
    folder.mkdir()
    dumps = dump_postgres(database, folder, lambda d, n: progress("copying tables", d, n))
    return {f"{_TABLES}/{d.name}.copy": folder / f"{d.name}.copy" for d in dumps}, dumps


def _file_of(settings: CentralSettings) -> Path:
    return Path(make_url(settings.database_url).database or "")


def _row_count(path: Path) -> int:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        return sum(
            int(connection.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0])
            for (name,) in names.fetchall()
        )
    finally:
        connection.close()


def _about(
    database: Database, schema: str, at: str, dumps: list[TableDump], *, with_keys: bool
) -> dict[str, Any]:
    return {
        "kind": KIND,
        "made_at": at,
        "version": version("spindel"),
        "database": "sqlite" if database.is_sqlite else "postgresql",
        "database_version": schema,
        "has_keys": with_keys,
        "tables": [
            {"name": d.name, "columns": list(d.columns), "rows": d.rows, "sha256": d.sha256}
            for d in dumps
        ],
    }


def _prove(
    path: Path,
    files: Mapping[str, Path | bytes],
    secrets: Secrets,
    database: Database,
    schema_version: str,
    dumps: list[TableDump],
    work: Path,
    progress: Progress,
) -> None:
    """Read the file back, and a dump into a scratch schema; a backup that fails is set apart."""
    try:
        found = digests(path, secrets, progress)
    except NotAnArchive as problem:
        raise _unsound(path, str(problem)) from problem
    for name, content in files.items():
        if found.get(name) != digest_of(content):
            raise _unsound(path, f"{name} came back changed")
    if database.is_sqlite:
        return
    with scratch_schema(database, f"spindel_proof_{random.token_hex(4)}") as url:
        scratch = open_database(url)
        try:
            migrate(scratch, schema_version)
            load_postgres(scratch, work / _TABLES, dumps, lambda d, n: progress("proving", d, n))
            restored = digests_postgres(scratch, dumps)
        finally:
            scratch.close()
    wrong = [dump.name for dump in dumps if restored[dump.name] != dump.sha256]
    if wrong:
        raise _unsound(path, f"restored, these tables differ: {', '.join(wrong)}")


def _unsound(path: Path, reason: str) -> CentralTrouble:
    bad = path.with_name(f"{path.name}.bad")
    path.replace(bad)
    return CentralTrouble(
        f"The backup could not be proven: {reason}. It is now {bad.name} and no backup; the"
        " older ones are untouched."
    )


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
    copy, target = found[_SQLITE], _file_of(settings)
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
            load_postgres(database, work / _TABLES, dumps, lambda d, n: progress("reading", d, n))
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
    for name in _KEYS:
        kept = home / name
        if name in found and kept.exists() and kept.read_bytes() != found[name].read_bytes():
            raise _present(str(kept))


def _restore_home(home: Path, found: Mapping[str, Path], stamp: str, database_url: str) -> None:
    folder = home / f"replaced-{stamp}"
    for name in _KEYS:
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
