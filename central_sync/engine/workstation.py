"""Everything one sync process holds of its workstation, opened once and handed around.

The thing to get wrong: two of these at once. Whoever writes takes `sync.lock` first
(`only_one`), so that `spindel sync now` beside a running `spindel sync run` waits its
turn in words instead of in SQLite.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from central_sync.engine.boot import this_boot
from central_sync.engine.catalogue import Catalogue
from central_sync.engine.central import Central
from central_sync.engine.client import HttpCentral, utc_now
from central_sync.engine.healing import CarryOn, carry_on_without_register
from central_sync.engine.journal import Journal, NoJournal, open_journal
from central_sync.engine.notes import NoNotes, Notes, open_notes
from central_sync.engine.settings import read_settings
from central_sync.engine.state import FILE as STATE_FILE
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import Boot

KEY_FILE = "keys/workstation.key"
CENTRAL_KEY_FILE = "keys/central.pub"
LOCK_FILE = "sync.lock"
# The command that hears a signal and makes a contact; the others would die of it.
RUN = "run"
_MOST_LOOKS, _LOOK_SECONDS = 200, 0.005

# What is under way, how much of it is done, how much there is (0 when unknown).
Progress = Callable[[str, int, int], None]


def no_progress(what: str, done: int, total: int) -> None:
    """For those who do not look."""


def _no_other() -> Central:
    raise NotImplementedError("this workstation has one line to central only")


def _new_nonce() -> str:
    return secrets.token_urlsafe(24)


@dataclass(slots=True)
class Workstation:
    """`now` gives aware UTC times. `journal` may become a real one once the core made it.

    `another_central` opens one more line, for another thread. `carry_on` has the register's
    file enter another epoch where no register runs to do it.
    """

    home: Path
    identity: Identity
    key: SigningKey
    store: SyncStore
    journal: Journal
    catalogue: Catalogue
    central: Central
    now: Callable[[], datetime] = utc_now
    another_central: Callable[[], Central] = field(default=_no_other)
    notes: Notes = field(default_factory=NoNotes)
    boot: Boot = field(default_factory=this_boot)
    make_nonce: Callable[[], str] = field(default=_new_nonce)
    carry_on: CarryOn = field(default=carry_on_without_register)

    def look_for_journal(self) -> None:
        """Open the journal if the core has made it meanwhile; raises JournalUnreadable."""
        if isinstance(self.journal, NoJournal):
            self.journal = open_journal(self.home)
            self.notes = open_notes(self.home)

    def timestamp(self) -> str:
        return iso(self.now())


def iso(at: datetime) -> str:
    """ISO 8601 UTC with milliseconds and Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@contextmanager
def open_workstation(home: Path) -> Iterator[Workstation]:
    """The enrolled workstation of a home folder; raises SyncTrouble, JournalUnreadable."""
    settings = read_settings(home)
    if not (home / STATE_FILE).exists():
        raise not_enrolled()
    with closing(SyncStore(home)) as store:
        state = store.state()
        if state.identity is None:
            raise not_enrolled()
        if not settings.central:
            raise SyncTrouble(
                Code.SETTINGS,
                f"{home / 'workstation.toml'} does not say where central is.",
                'Add central = "https://..." under [workstation].',
            )
        key = load_key(home)
        catalogue = Catalogue(
            home, store_id=state.identity.store_id, vital_counts=state.vital_counts
        )
        catalogue.remember_size()
        identity = state.identity

        def line() -> HttpCentral:
            return HttpCentral(settings, key=key, workstation_id=identity.workstation_id)

        with closing(line()) as central, closing(catalogue):
            journal = open_journal(home)
            workstation = Workstation(
                *(home, identity, key, store, journal, catalogue, central),
                another_central=line,
                notes=open_notes(home),
            )
            try:
                yield workstation
            finally:
                workstation.notes.close()
                workstation.journal.close()


@contextmanager
def only_one(home: Path, command: str = RUN) -> Iterator[None]:
    """Hold sync.lock as `spindel sync COMMAND`; raises SyncTrouble RUNNING when another has it."""
    descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _take(descriptor):
            raise _taken(*_holder(descriptor))
        line = f"{os.getpid()} {command}\n".encode()
        os.pwrite(descriptor, line, 0)
        os.ftruncate(descriptor, len(line))
        yield
    finally:
        os.close(descriptor)


def running_process(home: Path) -> int | None:
    """The process number of the `spindel sync run` of this home; None when none does.

    Writes nothing, so that a look neither shuts somebody out nor is taken for a sync. Raises
    OSError.
    """
    try:
        descriptor = os.open(home / LOCK_FILE, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        if _flock(descriptor, fcntl.LOCK_SH):
            return None
        process, command = _holder(descriptor)
        return process if command == RUN else None
    finally:
        os.close(descriptor)


def _take(descriptor: int) -> bool:
    """False when somebody works on the home; who only looks has done so in a moment."""
    for _ in range(_MOST_LOOKS):
        if _flock(descriptor, fcntl.LOCK_EX):
            return True
        if not _flock(descriptor, fcntl.LOCK_SH):
            return False
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        time.sleep(_LOOK_SECONDS)
    return False


def _flock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _holder(descriptor: int) -> tuple[int | None, str]:
    """Process and command as the holder wrote them; a program before this one wrote no command."""
    line, _, _ = os.pread(descriptor, 100, 0).decode("ascii", "replace").partition("\n")
    process, _, command = line.partition(" ")
    return (int(process), command or RUN) if process.isdecimal() else (None, "")


def _taken(process: int | None, command: str) -> SyncTrouble:
    if command == RUN:
        return SyncTrouble(
            Code.RUNNING,
            "The sync process of this workstation is already running.",
            "It sends and fetches by itself (spindel sync status). To end it: spindel stop,"
            " or systemctl stop spindel-sync where it is a service.",
        )
    who = f": spindel sync {command} (process {process})" if process else ""
    return SyncTrouble(
        Code.RUNNING,
        f"Another command works on this workstation{who}.",
        "Wait until it has ended, then try again.",
    )


def load_key(home: Path) -> SigningKey:
    """The workstation's private key; raises SyncTrouble KEY."""
    path = home / KEY_FILE
    try:
        return SigningKey.load(path)
    except (OSError, ValueError) as problem:
        raise SyncTrouble(
            Code.KEY,
            f"The key of this workstation cannot be read: {problem}.",
            "Restore it, or ask head office for a new enrolment code.",
        ) from problem


def not_enrolled() -> SyncTrouble:
    return SyncTrouble(
        Code.NOT_ENROLLED,
        "This workstation is not enrolled.",
        "Ask head office for a code and run: spindel sync enrol CODE --central https://...",
    )
