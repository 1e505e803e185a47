"""The journal's chain: how one entry proves the one before it.

Pure. hash = SHA-256(previous hash || body), where body is the canonical JSON
(RFC 8785) exactly as it was first written. Never serialise a body again to
check it: the bytes are the fact (sync-reliability 4.3).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

GENESIS = bytes(32)


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One entry as stored and sent. `sequence` counts from 1 within an epoch."""

    epoch: int
    sequence: int
    previous_hash: bytes
    body: bytes
    hash: bytes
    signature: bytes = b""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry that does not follow from the one before, and why."""

    epoch: int
    sequence: int
    reason: str


def chain_hash(previous_hash: bytes, body: bytes) -> bytes:
    return hashlib.sha256(previous_hash + body).digest()


def first_broken(
    entries: Iterable[JournalEntry], *, after: bytes = GENESIS, sequence: int = 0
) -> Broken | None:
    """Walk entries of one epoch in order from a known head; None when all follow."""
    for entry in entries:
        sequence += 1
        if entry.sequence != sequence:
            return Broken(entry.epoch, sequence, "missing")
        if entry.previous_hash != after:
            return Broken(entry.epoch, sequence, "does not follow the entry before")
        if chain_hash(entry.previous_hash, entry.body) != entry.hash:
            return Broken(entry.epoch, sequence, "has been changed")
        after = entry.hash
    return None
