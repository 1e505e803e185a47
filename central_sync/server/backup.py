"""Central's own backup, on both databases: made while it serves, sealed, tried before it counts.

A backup is proven by being restored: an SQLite copy is checked as a database, a PostgreSQL
dump is read into a scratch schema that our migrations make and compared table by table.
The thing to get wrong: deleting an old backup before the new one is proven.
"""

from __future__ import annotations

import secrets as random
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from central_sync.database.copying import (
    TableDump,
    copy_sqlite,
    digests_postgres,
    dump_postgres,
    load_postgres,
    scratch_schema,
    sqlite_faults,
)
from central_sync.database.migrate import migrate, version_of
from central_sync.database.open import Database, open_database
from central_sync.database.write import Row
from central_sync.server.safe_heads import can_note, heads_in, note_backup
from central_sync.server.settings import (
    FILE,
    CentralSettings,
    CentralTrouble,
)
from central_sync.server.timestamps import iso, utc_now
from central_sync.wire.archive import NotAnArchive, Secrets
from central_sync.wire.bundle import (
    digest_of,
    digests,
    pack,
    remove_folder,
    retire,
)

KIND = "central"
SUFFIX = ".backup"
KEPT = 14
WORK_FOLDER = "backup.work"
SQLITE, TABLES = "central.db", "tables"
KEYS = ("keys/central.key", "keys/data.key")

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
            files |= {n: settings.home / n for n in KEYS if (settings.home / n).exists()}
        if (settings.home / FILE).exists():
            files[FILE] = settings.home / FILE
        pack(path, about, files, secrets, progress)
        heads = _prove(path, files, secrets, database, schema_version, dumps, work, progress)
        _note(database, heads, iso(at), iso(now()), path)
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
        removed=retire(to, SUFFIX, {"kind": KIND}, keep, path) if path != to else (),
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
        copy = work / SQLITE
        try:
            copy_sqlite(file_of(settings), copy, lambda d, n: progress("copying", d, n))
            fault = sqlite_faults(copy)
        except sqlite3.DatabaseError as problem:
            fault = str(problem)
        if fault:
            raise CentralTrouble(
                f"{file_of(settings)} is damaged ({fault}). Restore the newest good backup:"
                " spindel central restore --help"
            )
        return {SQLITE: copy}, [TableDump("central.db", (), _row_count(copy), "")]
    folder = work / TABLES
    folder.mkdir()
    dumps = dump_postgres(database, folder, lambda d, n: progress("copying tables", d, n))
    return {f"{TABLES}/{d.name}.copy": folder / f"{d.name}.copy" for d in dumps}, dumps


def file_of(settings: CentralSettings) -> Path:
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
) -> list[Row]:
    """Read the file back, and a dump into a scratch schema; a backup that fails is set apart.

    Returns how far it holds each journal.
    """
    try:
        found = digests(path, secrets, progress)
    except NotAnArchive as problem:
        raise _unsound(path, str(problem)) from problem
    for name, content in files.items():
        if found.get(name) != digest_of(content):
            raise _unsound(path, f"{name} came back changed")
    if database.is_sqlite:
        return _heads_of(f"sqlite:///{work / SQLITE}")
    with scratch_schema(database, f"spindel_proof_{random.token_hex(4)}") as url:
        scratch = open_database(url)
        try:
            migrate(scratch, schema_version)
            load_postgres(scratch, work / TABLES, dumps, lambda d, n: progress("proving", d, n))
            restored = digests_postgres(scratch, dumps)
        finally:
            scratch.close()
        heads = _heads_of(url)
    wrong = [dump.name for dump in dumps if restored[dump.name] != dump.sha256]
    if wrong:
        raise _unsound(path, f"restored, these tables differ: {', '.join(wrong)}")
    return heads


def _heads_of(url: str) -> list[Row]:
    restored = open_database(url)
    try:
        with restored.reading() as connection:
            return heads_in(connection)
    finally:
        restored.close()


def _note(database: Database, heads: list[Row], made_at: str, proven_at: str, path: Path) -> None:
    with database.atomic() as connection:
        if can_note(connection):
            note_backup(
                connection,
                heads,
                made_at=made_at,
                proven_at=proven_at,
                file=str(path),
                size_bytes=path.stat().st_size,
            )


def _unsound(path: Path, reason: str) -> CentralTrouble:
    bad = path.with_name(f"{path.name}.bad")
    path.replace(bad)
    return CentralTrouble(
        f"The backup could not be proven: {reason}. It is now {bad.name} and no backup; the"
        " older ones are untouched."
    )
