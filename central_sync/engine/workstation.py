"""Everything one sync process holds of its workstation, opened once and handed around.

The thing to get wrong: two of these at once. Whoever writes takes `sync.lock` first
(`only_one`), so that `spindel sync now` beside a running `spindel sync run` waits its
turn in words instead of in SQLite.
"""

from __future__ import annotations

import fcntl
import os
import secrets
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
def only_one(home: Path) -> Iterator[None]:
    """Hold sync.lock; raises SyncTrouble RUNNING when another process has it."""
    descriptor = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as problem:
            raise SyncTrouble(
                Code.RUNNING,
                "The sync process of this workstation is already running.",
                "It sends and fetches by itself (spindel sync status). To end it: spindel stop,"
                " or systemctl stop spindel-sync where it is a service.",
            ) from problem
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def running_process(home: Path) -> int | None:
    """The process number of the sync that runs on this home; None when none does."""
    if not (home / LOCK_FILE).exists():
        return None
    try:
        with only_one(home):
            return None
    except SyncTrouble:
        try:
            return int((home / LOCK_FILE).read_text())
        except ValueError:
            return None


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
