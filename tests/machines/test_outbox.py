"""The outbox against a central that loses, doubles and delays what is said to it.

The engine is the real one with its marks on a disk. Whatever happens: a mark is proven, and
central holds the journal's own entries from the first on, each once.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from central_sync.engine import upload as sending
from central_sync.engine.catalogue import Catalogue
from central_sync.engine.central import Meanwhile, nothing
from central_sync.engine.report import RoundReport
from central_sync.engine.round import contact, send_receipts
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import Workstation
from central_sync.wire.batch import Batch
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import JournalReply
from tests.engine.central_twin import CentralTwin
from tests.engine.journal_twin import NOON, MemoryJournal
from tests.machines.running import run

FATES = ("arrives", "lost", "reply lost", "doubled", "late", "an older one first")


class BadLine(CentralTwin):
    """Central behind a line on which each batch has a fate."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.fates: list[str] = []
        self.said: list[Batch] = []
        self.under_way: list[Batch] = []

    def journal(self, request: Batch, meanwhile: Meanwhile = nothing) -> JournalReply:
        meanwhile()
        fate = self.fates.pop(0) if self.fates else "arrives"
        if fate == "lost":
            raise _cut()
        if fate == "late":
            self.under_way.append(request)
            raise _cut()
        if fate == "an older one first":
            for older in self.said[-3:]:
                super().journal(older)
        self.said.append(request)
        reply = super().journal(request)
        if fate == "doubled":
            assert super().journal(request).head == reply.head
        if fate == "reply lost":
            raise _cut()
        return reply

    def deliver_late(self) -> None:
        for request in reversed(self.under_way):
            super().journal(request)
        self.under_way.clear()


class Outbox(RuleBasedStateMachine):
    @initialize(batch_entries=st.integers(1, 4))
    def enrol(self, batch_entries: int) -> None:
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        home, far = Path(self._folder.name) / "till", Path(self._folder.name) / "central"
        home.mkdir()
        far.mkdir()
        self._whole_batch, sending.BATCH_ENTRIES = sending.BATCH_ENTRIES, batch_entries
        key = SigningKey.generate()
        self.central = BadLine(far)
        self.central.public_key = key.public
        self.journal = MemoryJournal(key)
        self.store = SyncStore(home)
        identity = Identity(
            "s01-1", "1", "s01", "Växjö", "Två Par AB", "SE", self.central.key.public
        )
        self.store.enrolled(identity, 1, "2026-11-22T12:00:00.000Z")
        self.home, self.identity = home, identity
        self._open()

    def _open(self) -> None:
        self.catalogue = Catalogue(self.home, store_id="s01", vital_counts={})
        self.workstation = Workstation(
            self.home,
            self.identity,
            self.journal.key,
            self.store,
            self.journal,
            self.catalogue,
            self.central,
            now=lambda: NOON,
        )

    @rule(count=st.integers(1, 6))
    def sell(self, count: int) -> None:
        self.journal.append(count=count)

    @rule(fates=st.lists(st.sampled_from(FATES), max_size=4))
    def send(self, fates: list[str]) -> None:
        self.central.fates = fates
        self._only_cut(send_receipts(self.workstation))

    @rule(fates=st.lists(st.sampled_from(FATES), max_size=4))
    def make_contact(self, fates: list[str]) -> None:
        self.central.fates = fates
        self._only_cut(contact(self.workstation))

    @rule()
    def what_was_late_arrives(self) -> None:
        self.central.deliver_late()

    @rule()
    def sync_is_killed_and_starts_again(self) -> None:
        self.catalogue.close()
        self.store.close()
        self.store = SyncStore(self.home)
        self._open()

    @invariant()
    def central_holds_a_beginning_of_the_journal_each_entry_once(self) -> None:
        if hasattr(self, "central"):
            held = [(e.sequence, e.hash) for e in self.central.entries.get(1, [])]
            ours = [(e.sequence, e.hash) for e in self.journal.epochs.get(1, [])]
            assert held == ours[: len(held)]

    @invariant()
    def a_mark_is_what_central_holds(self) -> None:
        if hasattr(self, "central") and (mark := self.store.state().mark(1)).sequence:
            held = self.central.entries[1]
            assert held[mark.sequence - 1].hash == mark.hash

    def teardown(self) -> None:
        if not hasattr(self, "central"):
            return
        try:
            self.central.fates = []
            contact(self.workstation)
            ours = self.journal.epochs.get(1, [])
            assert [e.hash for e in self.central.entries.get(1, [])] == [e.hash for e in ours]
            assert self.store.state().mark(1).sequence == len(ours)
        finally:
            sending.BATCH_ENTRIES = self._whole_batch
            self.catalogue.close()
            self.store.close()
            self._folder.cleanup()

    def _only_cut(self, report: RoundReport) -> None:
        assert {trouble.code for trouble in report.troubles} <= {Code.CUT}


def _cut() -> SyncTrouble:
    return SyncTrouble(Code.CUT, "The connection was cut.", "Wait.", again=True)


def test_a_bad_line_loses_doubles_and_invents_nothing() -> None:
    run(Outbox)
