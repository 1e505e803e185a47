"""Looks a workstation over and says of each thing: good, or what is wrong and how to mend it.

Every check stands alone and none repairs anything. Order is from the computer outwards,
since the first fault usually explains the later ones.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from central_sync.engine.client import utc_now
from central_sync.engine.doctor_network import examine_network
from central_sync.engine.findings import Finding
from central_sync.engine.journal import Journal, JournalUnreadable, open_journal
from central_sync.engine.round import contact
from central_sync.engine.settings import read_settings
from central_sync.engine.state import FILE as STATE_FILE
from central_sync.engine.state import read_state
from central_sync.engine.state_file import NewerFile, check_version, connect
from central_sync.engine.status import read_status
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.units import is_unit_installed
from central_sync.engine.workstation import KEY_FILE, load_key, open_workstation, running_process
from central_sync.masterfile.check import BadMaster, check_master

WARN_FREE_BYTES = 1_000_000_000
WARN_SKEW_SECONDS = 120
# Backups are nightly; what is in none for so long is in a till's disk and central's alone.
WARN_UNSAFE = timedelta(days=3)


def examine(home: Path) -> Iterator[Finding]:
    """All findings, one by one as they are made; never raises for what it examines."""
    checks: tuple[Callable[[Path], Finding], ...] = (
        _home,
        _space,
        _permissions,
        _settings,
        _key,
        _enrolment,
        _sync_file,
        _journal_file,
        _master_file,
        _series,
        _backup,
        _program,
        _process,
    )
    for check in checks:
        yield check(home)
    yield from _network(home)
    yield from _central(home)


def _home(home: Path) -> Finding:
    if home.is_dir() and os.access(home, os.W_OK | os.X_OK):
        return Finding("home", True, f"{home} can be written")
    return Finding("home", False, f"{home} cannot be written", f"Check that {home} is yours.")


def _space(home: Path) -> Finding:
    try:
        free = shutil.disk_usage(home).free
    except OSError as problem:
        return Finding("disk", False, str(problem), "Check the disk.")
    finding = f"{free // 1_000_000} MB free"
    is_good = free >= WARN_FREE_BYTES
    return Finding("disk", is_good, finding, "" if is_good else "Make room on the disk.")


def _permissions(home: Path) -> Finding:
    """Everything of the home belongs to whoever runs the register."""
    names = ("receipts.db", STATE_FILE, "master.db", KEY_FILE, "keys", "logs")
    shut = [name for name in names if (home / name).exists() and not _is_ours(home / name)]
    if not shut:
        return Finding("permissions", True, "its files can be written by this user")
    user = os.environ.get("USER", str(os.getuid()))
    fix = f"chown -R {user} {home}, or run this as the user of the register."
    return Finding("permissions", False, f"cannot be written by {user}: {', '.join(shut)}", fix)


def _is_ours(path: Path) -> bool:
    return os.access(path, os.R_OK | os.W_OK | (os.X_OK if path.is_dir() else 0))


def _settings(home: Path) -> Finding:
    try:
        settings = read_settings(home)
    except SyncTrouble as trouble:
        return Finding("settings", False, trouble.sentence, trouble.remedy)
    if not settings.central:
        fix = 'Add central = "https://..." under [workstation] in workstation.toml.'
        return Finding("settings", False, "no address of central", fix)
    return Finding("settings", True, f"central is at {settings.central}")


def _key(home: Path) -> Finding:
    path = home / KEY_FILE
    try:
        load_key(home)
        mode = stat.S_IMODE(path.stat().st_mode)
    except (SyncTrouble, OSError) as trouble:
        return Finding("key", False, str(trouble), "Enrol, or restore the key from its backup.")
    if mode & 0o077:
        finding = f"others may read the key (mode {mode:o})"
        return Finding("key", False, finding, f"chmod 600 {path}")
    return Finding("key", True, f"readable by its owner alone (mode {mode:o})")


def _enrolment(home: Path) -> Finding:
    try:
        identity = read_state(home).identity
    except sqlite3.Error as problem:
        return Finding("enrolment", False, str(problem), "Restore sync.db, or enrol again.")
    if identity is None:
        fix = "spindel sync enrol CODE --central https://..."
        return Finding("enrolment", False, "not enrolled", fix)
    where = f"{identity.store_id} {identity.store_name}"
    return Finding("enrolment", True, f"workstation {identity.label} in {where}")


def _sync_file(home: Path) -> Finding:
    fix = "Stop the sync, move sync.db away and enrol again; no receipt is in it."
    try:
        with closing(connect(home / STATE_FILE, "ro")) as connection:
            check_version(connection)
    except NewerFile as problem:
        return Finding("sync.db", False, str(problem), "Update this program; leave the file.")
    except sqlite3.Error:
        pass  # what is wrong with the file itself is told below
    return _database("sync.db", home / STATE_FILE, fix)


def _journal_file(home: Path) -> Finding:
    path = home / "receipts.db"
    if not path.exists():
        return Finding("receipts.db", True, "not there yet (the register makes it)")
    fix = "Do not sell on; copy the folder as it is and call support."
    return _database("receipts.db", path, fix)


def _database(name: str, path: Path, fix: str) -> Finding:
    try:
        with closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        ) as connection:
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as problem:
        answer = str(problem)
    return Finding(name, answer == "ok", answer, "" if answer == "ok" else fix)


def _master_file(home: Path) -> Finding:
    path, identity = home / "master.db", read_state(home).identity
    fix = "Run: spindel sync now"
    if not path.exists():
        return Finding("master.db", False, "no catalogue yet", fix)
    try:
        facts = check_master(path, store_id=identity.store_id if identity else "")
    except BadMaster as problem:
        return Finding("master.db", False, str(problem), fix)
    return Finding("master.db", True, f"{facts.counts['item']} items")


def _series(home: Path) -> Finding:
    """May it sell in its series of receipt numbers?"""
    try:
        state = read_state(home)
    except sqlite3.Error as problem:
        return Finding("series", False, str(problem), "Mend sync.db first.")
    if state.awaits_new_epoch:
        finding = f"restored from a backup of {state.restored_from}, and without a new series"
        fix = "spindel sync now; or ask for a code and: spindel sync enrol CODE --again"
        return Finding("series", False, finding, fix)
    return Finding("series", True, f"epoch {state.newest_epoch or 'none yet'}")


def _backup(home: Path) -> Finding:
    """Is what was sold in a backup of central's, so that no two disks can lose it?"""
    try:
        status = read_status(home, utc_now())
    except (SyncTrouble, JournalUnreadable, sqlite3.Error) as problem:
        return Finding("backup", False, f"not known: {problem}", "Mend the findings above first.")
    backup = status.stages[-1]
    finding = f"{backup.entries} journal entries are in central's backup"
    if status.backup_at:
        finding += f" of {status.backup_at[:16].replace('T', ' ')} UTC"
    if not backup.lacking:
        return Finding("backup", True, finding if backup.entries else "nothing to lose yet")
    finding += f", {backup.lacking} in none"
    age = utc_now() - datetime.fromisoformat(backup.oldest_at) if backup.oldest_at else timedelta()
    if age <= WARN_UNSAFE:
        return Finding("backup", True, finding)
    fix = "Head office: spindel central backup every night. Until then keep this disk."
    return Finding("backup", False, f"{finding} for {age.days} days", fix)


def _program(home: Path) -> Finding:
    """The versions that a fault report names. Two writers at once would meet a bug of SQLite's
    before 3.51.3; this program never has two."""
    finding = f"spindel {version('spindel')}, SQLite {sqlite3.sqlite_version}"
    return Finding("program", True, finding)


def _process(home: Path) -> Finding:
    process = running_process(home)
    finding = f"runs (process {process})" if process else "does not run now"
    if process is None and is_unit_installed(home):
        fix = "spindel sync service status; journalctl -u spindel-sync tells why."
        return Finding("sync", False, "its service is installed and does not run", fix)
    return Finding("sync", True, finding)


def _network(home: Path) -> Iterator[Finding]:
    try:
        settings = read_settings(home)
    except SyncTrouble:
        return  # told by `_settings`
    yield from examine_network(settings, utc_now())


def _own_clock(home: Path, now: datetime) -> Finding:
    """Without central: a clock that stands before the newest entry went back."""
    try:
        journal = open_journal(home)
    except (JournalUnreadable, sqlite3.Error) as problem:
        return Finding("clock", False, f"not compared: {problem}", "Mend receipts.db first.")
    try:
        newest = _newest_at(journal)
    finally:
        journal.close()
    if newest and datetime.fromisoformat(newest) > now + timedelta(seconds=WARN_SKEW_SECONDS):
        finding = f"it is {now:%Y-%m-%d %H:%M} UTC here and the newest entry is from {newest}"
        return Finding("clock", False, finding, "timedatectl set-ntp true")
    return Finding("clock", True, f"{now:%Y-%m-%d %H:%M} UTC, not compared with central's")


def _newest_at(journal: Journal) -> str:
    heads = journal.heads()
    if not heads:
        return ""
    _, at = journal.count_after(heads[-1].epoch, heads[-1].sequence - 1)
    return at


def _central(home: Path) -> Iterator[Finding]:
    try:
        with open_workstation(home) as workstation:
            report = contact(workstation, dry_run=True)
            state = workstation.store.state()
    except SyncTrouble as trouble:
        yield Finding("central", False, trouble.sentence, trouble.remedy)
        yield _own_clock(home, utc_now())
        return
    except (JournalUnreadable, sqlite3.Error, OSError) as problem:
        yield Finding("central", False, f"not asked: {problem}", "Mend the findings above first.")
        return
    if report.troubles:
        gravest = report.troubles[0]
        yield Finding("central", False, gravest.sentence, gravest.remedy)
        yield _own_clock(home, utc_now())
        return
    yield Finding("central", True, "answers and knows this till")
    yield _versions(state.central_version)
    skew = state.clock_skew_seconds
    finding = f"{abs(skew)} s {'ahead of' if skew > 0 else 'behind'} central's"
    is_good = abs(skew) < WARN_SKEW_SECONDS
    yield Finding("clock", is_good, finding, "" if is_good else "timedatectl set-ntp true")


def _versions(theirs: str) -> Finding:
    """One minor version apart is served in both directions."""
    ours = version("spindel")
    finding = f"{ours} here, {theirs or 'unknown'} at central"
    try:
        apart = [abs(a - b) for a, b in zip(_numbers(ours), _numbers(theirs), strict=True)]
    except ValueError:
        return Finding("version", True, finding)
    if apart[0] or apart[1] > 1:
        return Finding("version", False, finding, "Update the older of the two.")
    return Finding("version", True, finding)


def _numbers(text: str) -> tuple[int, int]:
    major, minor = text.split(".")[:2]
    return int(major), int(minor)
