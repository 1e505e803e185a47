"""The three databases of a till, looked over: sound or not, and what mends each by its cause.

The thing to get wrong: the same words of SQLite for two causes. On a full disk a sound file reads
as an I/O error, and whoever then moves it away or enrols anew makes trouble out of none.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from central_sync.engine.disk_room import FULL_BYTES
from central_sync.engine.findings import Finding
from central_sync.engine.state import FILE as STATE_FILE
from central_sync.engine.state import read_state
from central_sync.engine.state_file import NewerFile, connect, read
from central_sync.masterfile.check import BadMaster, check_master

_ROOM = "Make room on the disk, then look again; a full disk has damaged nothing."


def sync_file(home: Path) -> Finding:
    path = home / STATE_FILE
    if not path.exists():
        return Finding("sync.db", False, "not there", _enrolling(home))
    fix = f"Stop the till, move sync.db away. {_enrolling(home)}"
    try:
        with closing(connect(path, "ro")) as connection:
            read(connection)
    except NewerFile as problem:
        return Finding("sync.db", False, str(problem), "Update this program; leave the file.")
    except sqlite3.Error as problem:
        found = _database(path, fix)  # what is wrong with the file itself comes first
        return _bad(path, str(problem), fix) if found.is_good else found
    return _database(path, fix)


def journal_file(home: Path) -> Finding:
    path = home / "receipts.db"
    if not path.exists():
        return Finding("receipts.db", True, "not there yet (the register makes it)")
    fix = "Do not sell on. Stop the till and save what can be saved: spindel sync rescue --help"
    return _database(path, fix)


def master_file(home: Path) -> Finding:
    path = home / "master.db"
    fix = "Run: spindel sync now"
    if not path.exists():
        return Finding("master.db", False, "no catalogue yet", fix)
    try:
        identity = read_state(home).identity
    except sqlite3.Error:
        identity = None
    if identity is None:
        return _database(path, fix)
    try:
        facts = check_master(path, store_id=identity.store_id)
    except BadMaster as problem:
        return _bad(path, str(problem), fix)
    return Finding("master.db", True, f"{facts.counts['item']} items")


def nearest(path: Path) -> Path:
    """The path itself, or the folder above it that is there."""
    return next((each for each in (path, *path.absolute().parents) if each.exists()), path)


def _enrolling(home: Path) -> str:
    if not (home / "receipts.db").exists():
        return "Enrol: spindel sync enrol CODE --central https://..."
    return (
        "Enrol this place again, no receipt is lost: head office runs spindel central workstation"
        " code WORKSTATION, then here spindel sync enrol CODE"
    )


def _database(path: Path, fix: str) -> Finding:
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as problem:
        answer = str(problem)
    return Finding(path.name, True, "ok") if answer == "ok" else _bad(path, answer, fix)


def _bad(path: Path, says: str, fix: str) -> Finding:
    is_full = shutil.disk_usage(path.parent).free < FULL_BYTES
    return Finding(path.name, False, " ".join(says.split()), _ROOM if is_full else fix)
