"""The journal in memory: the twin of the register's real one, held to the same contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from central_sync.engine.journal import HeadLike
from central_sync.engine.plan import Mark
from central_sync.engine.workstation import iso
from central_sync.retail.journal import GENESIS, JournalEntry, chain_hash
from central_sync.wire.entries import EntryBody, EntryKind
from central_sync.wire.keys import SigningKey

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class MemoryJournal:
    def __init__(self, key: SigningKey | None = None) -> None:
        self.key = key or SigningKey.generate()
        self.epochs: dict[int, list[JournalEntry]] = {}
        self.carried_above: dict[int, int] = {}
        self.numbers: dict[int, int] = {}

    def append(self, epoch: int = 1, note: str = "", count: int = 1) -> JournalEntry:
        """Write `count` drawer openings; returns the last."""
        entries = self.epochs.setdefault(epoch, [])
        for _ in range(count):
            before = entries[-1].hash if entries else GENESIS
            sequence = len(entries) + 1
            content = body(epoch, sequence, note).to_bytes()
            digest = chain_hash(before, content)
            entries.append(
                JournalEntry(epoch, sequence, before, content, digest, self.key.sign(digest))
            )
        return entries[-1]

    def damage(self, epoch: int, sequence: int) -> None:
        entry = self.epochs[epoch][sequence - 1]
        self.epochs[epoch][sequence - 1] = replace(entry, body=entry.body.replace(b"2026", b"2025"))

    def heads(self) -> Sequence[HeadLike]:
        return [
            Mark(epoch, entries[-1].sequence, entries[-1].hash)
            for epoch, entries in sorted(self.epochs.items())
            if entries
        ]

    def entries_after(
        self, epoch: int, sequence: int, limit: int, max_bytes: int
    ) -> Sequence[JournalEntry]:
        found: list[JournalEntry] = []
        for entry in self.epochs.get(epoch, [])[sequence : sequence + limit]:
            if found and sum(len(e.body) for e in found) + len(entry.body) > max_bytes:
                break
            found.append(entry)
        return found

    def entry(self, epoch: int, sequence: int) -> JournalEntry | None:
        entries = self.epochs.get(epoch, [])
        return entries[sequence - 1] if 0 < sequence <= len(entries) else None

    def count_after(self, epoch: int, sequence: int) -> tuple[int, str]:
        newer = self.epochs.get(epoch, [])[sequence:]
        return len(newer), EntryBody.from_bytes(newer[0].body).at if newer else ""

    def carried(self) -> Mapping[int, int]:
        return self.carried_above

    def highest_number(self, epoch: int) -> int:
        return self.numbers.get(epoch, 0)

    def close(self) -> None:
        return None


def body(epoch: int, sequence: int, note: str) -> EntryBody:
    return EntryBody(
        id=f"entry-{epoch}-{sequence}-{note}",
        kind=EntryKind.DRAWER_OPENED,
        at=iso(NOON + timedelta(seconds=sequence)),
        business_day="2026-11-22",
        store="s01",
        workstation="s01-1",
        operator="1001",
        payload={"reason": "växel"},
    )
