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
from central_sync.engine.doctor_aside import folders_aside
from central_sync.engine.doctor_files import journal_file, master_file, nearest, sync_file
from central_sync.engine.doctor_network import examine_network
from central_sync.engine.findings import Finding
from central_sync.engine.journal import Journal, JournalUnreadable, open_journal
from central_sync.engine.refusals import span
from central_sync.engine.round import contact
from central_sync.engine.settings import read_settings
from central_sync.engine.state import FILE as STATE_FILE
from central_sync.engine.state import read_state
from central_sync.engine.status import WARN_SKEW_SECONDS, read_status
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.units import is_unit_installed
from central_sync.engine.workstation import KEY_FILE, load_key, open_workstation, running_process

WARN_FREE_BYTES = 1_000_000_000
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
        sync_file,
        journal_file,
        master_file,
        _series,
        _backup,
        _program,
        _process,
    )
    for check in checks:
        yield check(home)
    yield from folders_aside(home, utc_now())
    yield from _network(home)
    yield from _central(home)


def _home(home: Path) -> Finding:
    if not home.exists():
        fix = "Name the till's home with --home, or enrol: spindel sync enrol CODE --central ..."
        return Finding("home", False, f"{home} does not exist", fix)
    if home.is_dir() and os.access(home, os.W_OK | os.X_OK):
        return Finding("home", True, f"{home} can be written")
    return Finding("home", False, f"{home} cannot be written", f"Check that {home} is yours.")


def _space(home: Path) -> Finding:
    try:
        free = shutil.disk_usage(nearest(home)).free
    except OSError as problem:
        return Finding("disk", False, str(problem), "Check the disk.")
    finding = f"{free // 1_000_000} MB free"
    is_good = free >= WARN_FREE_BYTES
    fix = "Make room on the disk; what is below may only say that it is full."
    return Finding("disk", is_good, finding, "" if is_good else fix)


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
    if not path.exists():
        fix = "Enrol: spindel sync enrol CODE; or bring it back: spindel sync restore BACKUP"
        return Finding("key", False, "there is none", fix)
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
        return Finding("enrolment", False, f"not known: {problem}", "Mend sync.db, below.")
    if identity is None:
        fix = "spindel sync enrol CODE --central https://..."
        return Finding("enrolment", False, "not enrolled", fix)
    where = f"{identity.store_id} {identity.store_name}"
    return Finding("enrolment", True, f"workstation {identity.label} in {where}")


def _series(home: Path) -> Finding:
    """May it sell in its series of receipt numbers?"""
    try:
        state = read_state(home)
    except sqlite3.Error:
        return Finding("series", False, "not known", "Mend sync.db first.")
    if state.awaits_new_epoch:
        finding = f"restored from a backup of {state.restored_from}, and without a new series"
        fix = "spindel sync now; or ask for a code and: spindel sync enrol CODE --again"
        return Finding("series", False, finding, fix)
    return Finding("series", True, f"epoch {state.newest_epoch or 'none yet'}")


def _backup(home: Path) -> Finding:
    """Is what was sold in a backup of central's, so that no two disks can lose it?"""
    try:
        if read_state(home).identity is None:
            return Finding("backup", True, "nothing to lose yet")
        status = read_status(home, utc_now())
    except (JournalUnreadable, SyncTrouble, sqlite3.Error):
        return Finding("backup", False, "not known", "Mend the databases first.")
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
    try:
        process = running_process(home)
    except OSError as problem:
        return Finding("sync", False, f"not known: {problem}", "Run this as the till's own user.")
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
        with closing(open_journal(home)) as journal:
            newest = _newest_at(journal)
    except (JournalUnreadable, sqlite3.Error):
        return Finding("clock", False, "not compared", "Mend receipts.db first.")
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
    finding = f"{span(abs(skew))} {'ahead of' if skew > 0 else 'behind'} central's"
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
