"""Bugs in how a till sends its journal and believes that it was heard."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from central_sync.engine import plan as planning
from central_sync.engine import round as rounds
from central_sync.engine import upload as sending
from central_sync.engine.plan import Mark
from central_sync.engine.trouble import SyncTrouble
from central_sync.retail.journal import GENESIS, chain_hash
from tests.simulation import edge, network
from tests.simulation.bugs.planted import changed, planted
from tests.simulation.replacing import part


@planted
def marked_when_sent() -> Iterator[None]:
    """The mark moves before the answer has come."""

    def request(workstation: Any, entries: Any) -> Any:
        newest = entries[-1]
        mark = Mark(newest.epoch, newest.sequence, newest.hash)
        workstation.store.set_marks({newest.epoch: mark})
        return plain(workstation, entries)

    plain = sending._request
    yield from changed((sending, "_request", request))


@planted
def acknowledged_by_count() -> Iterator[None]:
    """The mark moves by how many were accepted, whatever hash came with it."""

    def proven(workstation: Any, reply: Any, newest: Mark) -> Mark:
        epoch = newest.epoch
        at = workstation.store.state().mark(epoch).sequence + reply.accepted
        entry = workstation.journal.entry(epoch, at)
        return Mark(epoch, at, entry.hash if entry else GENESIS)

    yield from changed((sending, "_proven", proven))


@planted
def acknowledged_by_number() -> Iterator[None]:
    """The mark takes the number that central says; the hash is not compared."""

    def proven(workstation: Any, reply: Any, newest: Mark) -> Mark:
        epoch = newest.epoch
        return Mark(epoch, max(reply.head.sequence, workstation.store.state().mark(epoch).sequence))

    yield from changed((sending, "_proven", proven))


@planted
def one_entry_is_skipped() -> Iterator[None]:
    def batch(workstation: Any, mark: Mark, limit: int) -> Any:
        found = plain(workstation, mark, limit)
        return found[1:] if mark.sequence and len(found) > 3 else found

    plain = sending._batch
    yield from changed((sending, "_batch", batch))


@planted
def a_failed_upload_waits_for_the_next_sale() -> Iterator[None]:
    def uploads(have: Any, agreed: Any) -> Any:
        found = plain(have, agreed)
        heads = (have.store_id, tuple((h.epoch, h.sequence) for h in have.heads))
        if not found or heads in tried:
            return []
        tried.add(heads)
        return found

    tried: set[Any] = set()
    plain = planning.uploads
    yield from changed((planning, "uploads", uploads), (rounds, "uploads", uploads))


@planted
def the_bodies_are_written_anew() -> Iterator[None]:
    """A body is read and serialised again on its way up, in another order of keys."""

    def request(workstation: Any, entries: Any) -> Any:
        made, before = [], entries[0].previous_hash
        for entry in entries:
            plain_body = dict(reversed(json.loads(entry.body).items()))
            body = json.dumps(plain_body, ensure_ascii=False).encode()
            after = chain_hash(before, body)
            made.append(replace(entry, previous_hash=before, body=body, hash=after))
            before = after
        return plain(workstation, made)

    plain = part(sending, "_request")
    yield from changed((sending, "_request", request))


@planted
def a_refusal_counts_as_sent() -> Iterator[None]:
    """Whatever central answers, the batch is not sent again."""

    def journal(self: Any, batch: Any, *meanwhile: Any) -> Any:
        try:
            return plain(self, batch, *meanwhile)
        except SyncTrouble:
            head = {"epoch": batch.epoch, "sequence": batch.last, "hash": batch.hash}
            return part(edge, "JournalReply").model_validate({"status": "accepted", "head": head})

    plain = network.Line.journal
    yield from changed((network.Line, "journal", journal))
