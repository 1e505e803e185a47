"""Intake in any order: overlaps, repeats, gaps, and batches of a copied disk.

The model is a set of entries: of each number the first hash that came in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlalchemy import insert, select

from central_sync.database import tables as t
from central_sync.retail.journal import GENESIS, JournalEntry, chain_hash
from central_sync.server import epochs
from central_sync.server.intake import Proven, Sender, proven_entries, receive, receive_all
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import EntryMessage, JournalReply, JournalRequest
from tests.engine.journal_twin import body
from tests.machines.running import fresh_database, run

AT = "2026-11-22T12:00:00.000Z"
PIECES = st.tuples(st.booleans(), st.integers(0, 12), st.integers(1, 6))


@dataclass
class Disk:
    """A journal, and how to say where it is copied."""

    name: str
    entries: list[JournalEntry] = field(default_factory=list)

    def append(self) -> None:
        before = self.entries[-1].hash if self.entries else GENESIS
        content = body(1, len(self.entries) + 1, self.name).to_bytes()
        number = len(self.entries) + 1
        self.entries.append(JournalEntry(1, number, before, content, chain_hash(before, content)))


class Intake(RuleBasedStateMachine):
    @initialize()
    def begin(self) -> None:
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self.database = fresh_database(Path(self._folder.name))
        self.key = SigningKey.generate()
        self.sender = Sender("s01-1", "s01", self.key.public)
        with self.database.atomic() as connection:
            connection.execute(insert(t.store).values(store_id="s01", kind="store", name="Växjö"))
            connection.execute(
                insert(t.workstation).values(
                    workstation_id="s01-1",
                    label="1",
                    store_id="s01",
                    public_key=self.key.public,
                    status="active",
                    created_at=AT,
                )
            )
            epochs.add_epoch(connection, "s01-1", 1, AT)
        self.disks = [Disk("own"), Disk("copy")]
        self.held: list[bytes] = []

    @rule(count=st.integers(1, 5), of=st.integers(0, 1))
    def sell(self, count: int, of: int) -> None:
        for _ in range(count):
            self.disks[of].append()

    @rule()
    def the_disk_is_copied(self) -> None:
        self.disks[1].entries = list(self.disks[0].entries)

    @rule(piece=PIECES, again=st.booleans())
    def send(self, piece: tuple[bool, int, int], again: bool) -> None:
        is_copy, start, count = piece
        batch = self.disks[is_copy].entries[start : start + count]
        if not batch:
            return
        expected = self._expected(batch)
        reply = self._receive(batch)
        assert reply.status == expected
        if expected == "accepted":
            self.held += [entry.hash for entry in batch if entry.sequence > len(self.held)]
            # Of an older batch too: the newest that is held.
            assert (reply.head.sequence, reply.head.hash) == (len(self.held), self.held[-1])
        elif reply.head.sequence:  # what it is told to go on from is held
            assert self.held[reply.head.sequence - 1] == reply.head.hash
        if again:
            assert self._receive(batch) == reply

    @rule(pieces=st.lists(PIECES, min_size=2, max_size=4))
    def send_together(self, pieces: list[tuple[bool, int, int]]) -> None:
        batches = [self.disks[copy].entries[start : start + n] for copy, start, n in pieces]
        batches = [batch for batch in batches if batch]
        expected = []
        for batch in batches:
            expected.append(self._expected(batch))
            if expected[-1] == "accepted":
                self.held += [entry.hash for entry in batch if entry.sequence > len(self.held)]
        asked = [self._request(batch) for batch in batches]
        proven = [Proven(self.sender, one, proven_entries(self.sender, one)) for one in asked]
        with self.database.atomic() as connection:
            replies = receive_all(connection, proven, AT)
        assert [reply.status for reply in replies] == expected

    def _expected(self, batch: list[JournalEntry]) -> str:
        first = batch[0].sequence
        if first > len(self.held) + 1:
            return "gap"
        before = self.held[first - 2] if first > 1 else GENESIS
        known = zip(batch, self.held[first - 1 :], strict=False)
        is_ours = batch[0].previous_hash == before and all(e.hash == h for e, h in known)
        return "accepted" if is_ours else "fork"

    def _receive(self, batch: list[JournalEntry]) -> JournalReply:
        with self.database.atomic() as connection:
            return receive(connection, self.sender, self._request(batch), AT)

    def _request(self, batch: list[JournalEntry]) -> JournalRequest:
        return JournalRequest(
            epoch=1,
            entries=[
                EntryMessage(
                    sequence=e.sequence,
                    previous_hash=e.previous_hash,
                    hash=e.hash,
                    body=e.body.decode(),
                )
                for e in batch
            ],
            signature=self.key.sign(batch[-1].hash),
        )

    @invariant()
    def what_is_held_is_the_model_and_nothing_of_it_is_aside(self) -> None:
        if not hasattr(self, "held"):
            return
        entry, aside = t.journal_entry.c, t.aside_entry.c
        with self.database.reading() as connection:
            rows = connection.execute(select(entry.hash).order_by(entry.sequence)).scalars().all()
            others = connection.execute(select(aside.hash)).scalars().all()
        assert list(rows) == self.held
        assert not set(others) & set(self.held)

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self._folder.cleanup()


def test_any_order_of_batches_is_the_set_of_their_entries() -> None:
    run(Intake)
