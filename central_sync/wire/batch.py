"""A batch of a journal on its way up: the bodies as the bytes that were hashed, signed as one.

    {"epoch":1,"first":501,"hash":"…","previous_hash":"…","signature":"…","sizes":[812,…]}\\n
    and then the bodies, one behind the other, with nothing between them

Hashes between the first and the last are not sent: who receives a batch makes them from the
bodies, and the last one, with the place of the batch, is what the signature covers. The thing
to get wrong: taking `hash` for proven before it was made again from the bodies.

Tills and centrals of before revision 2 speak `messages.JournalRequest` instead, whose signature
covers the last hash alone.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Annotated

from pydantic import Field, ValidationError

from central_sync.retail.journal import JournalEntry, chain_hash
from central_sync.wire.canonical import canonical
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import Base64, EntryMessage, Epoch, Hex, JournalRequest, Message

MEDIA_TYPE = "application/vnd.spindel.journal"
# The first revision of the protocol that knows this form.
SINCE_REVISION = 2
MOST_ENTRIES = 1000
LARGEST_BODY_BYTES = 4_000_000


class BadBatch(ValueError):
    """The bytes are no batch; says why in a sentence for whoever sent them."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Bodies of one epoch in order from sequence `first` on; `hash` is the last one's.

    `signature` covers `statement`; `hash_signature`, for a central of before, `hash` alone.
    """

    epoch: int
    first: int
    previous_hash: bytes
    bodies: Sequence[bytes]
    hash: bytes
    signature: bytes
    hash_signature: bytes = b""

    @property
    def last(self) -> int:
        return self.first + len(self.bodies) - 1

    def entries(self) -> list[JournalEntry]:
        """The bodies with the hashes that they make; whether the last is `hash`, is not said."""
        made = []
        before = self.previous_hash
        for sequence, body in enumerate(self.bodies, self.first):
            after = chain_hash(before, body)
            made.append(JournalEntry(self.epoch, sequence, before, body, after))
            before = after
        return made

    def to_bytes(self) -> bytes:
        head = {
            "epoch": self.epoch,
            "first": self.first,
            "hash": self.hash.hex(),
            "previous_hash": self.previous_hash.hex(),
            "signature": base64.b64encode(self.signature).decode(),
            "sizes": [len(body) for body in self.bodies],
        }
        return b"".join((canonical(head), b"\n", *self.bodies))

    @staticmethod
    def from_bytes(content: bytes) -> Batch:
        """Read what `to_bytes` wrote; raises BadBatch."""
        told, _, rest = content.partition(b"\n")
        head = _head(told)
        ends = list(accumulate(head.sizes, initial=0))
        if ends[-1] != len(rest):
            raise BadBatch(f"sizes: they make {ends[-1]} bytes, and {len(rest)} came")
        bodies = [rest[start:end] for start, end in pairwise(ends)]
        _check_text(bodies, head.first)
        return Batch(head.epoch, head.first, head.previous_hash, bodies, head.hash, head.signature)

    def request(self) -> JournalRequest:
        """The same for a central of before revision 2."""
        entries = [
            EntryMessage(
                sequence=one.sequence,
                previous_hash=one.previous_hash,
                hash=one.hash,
                body=one.body.decode(),
            )
            for one in self.entries()
        ]
        return JournalRequest(epoch=self.epoch, entries=entries, signature=self.hash_signature)


class _Head(Message):
    epoch: Epoch
    first: Annotated[int, Field(ge=1, le=2**53 - MOST_ENTRIES)]
    hash: Hex
    previous_hash: Hex
    signature: Base64
    sizes: Annotated[
        list[Annotated[int, Field(ge=0, le=LARGEST_BODY_BYTES)]],
        Field(min_length=1, max_length=MOST_ENTRIES),
    ]


def signed_batch(entries: Sequence[JournalEntry], key: SigningKey, workstation_id: str) -> Batch:
    """Entries that follow from one another, at least one, signed by their workstation."""
    first, last = entries[0], entries[-1]
    said = statement(
        workstation_id, first.epoch, first.sequence, last.sequence, first.previous_hash, last.hash
    )
    return Batch(
        first.epoch,
        first.sequence,
        first.previous_hash,
        [entry.body for entry in entries],
        last.hash,
        key.sign(said),
        key.sign(last.hash),
    )


def statement(
    workstation_id: str, epoch: int, first: int, last: int, previous_hash: bytes, last_hash: bytes
) -> bytes:
    """What a batch's signature covers: whose it is, its place in the journal, and both its ends."""
    return canonical(
        {
            "epoch": epoch,
            "first": first,
            "hash": last_hash.hex(),
            "is": "spindel journal batch",
            "last": last,
            "previous_hash": previous_hash.hex(),
            "workstation": workstation_id,
        }
    )


def _head(told: bytes) -> _Head:
    try:
        return _Head.model_validate_json(told)
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_input=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the first line"
        raise BadBatch(f"{where}: {first['msg']}") from problem


def _check_text(bodies: Sequence[bytes], first: int) -> None:
    """Bodies are JSON and so UTF-8: another form of them would not hold anything else."""
    for sequence, body in enumerate(bodies, first):
        try:
            body.decode()
        except UnicodeDecodeError as problem:
            raise BadBatch(f"entry {sequence} is no text: {problem.reason}") from problem
