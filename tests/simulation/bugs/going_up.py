"""Bugs in how a till sends its journal and believes that it was heard."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from central_sync.engine import plan as planning
from central_sync.engine import round as rounds
from central_sync.engine import upload as sending
from central_sync.engine.plan import Mark
from central_sync.engine.trouble import SyncTrouble
from central_sync.retail.journal import GENESIS, JournalEntry
from tests.simulation import edge, network
from tests.simulation.bugs.planted import changed, planted
from tests.simulation.replacing import part


@planted
def marked_when_sent() -> Iterator[None]:
    """The mark moves before the answer has come."""

    def request(workstation: Any, epoch: int, batch: Any) -> Any:
        newest = batch[-1]
        workstation.store.set_marks({epoch: Mark(epoch, newest.sequence, newest.hash)})
        return plain(workstation, epoch, batch)

    plain = sending._request
    yield from changed((sending, "_request", request))


@planted
def acknowledged_by_count() -> Iterator[None]:
    """The mark moves by how many were accepted, whatever hash came with it."""

    def proven(workstation: Any, reply: Any, epoch: int) -> Mark:
        at = workstation.store.state().mark(epoch).sequence + reply.accepted
        entry = workstation.journal.entry(epoch, at)
        return Mark(epoch, at, entry.hash if entry else GENESIS)

    yield from changed((sending, "_proven", proven))


@planted
def acknowledged_by_number() -> Iterator[None]:
    """The mark takes the number that central says; the hash is not compared."""

    def proven(workstation: Any, reply: Any, epoch: int) -> Mark:
        return Mark(epoch, max(reply.head.sequence, workstation.store.state().mark(epoch).sequence))

    yield from changed((sending, "_proven", proven))


@planted
def one_entry_is_skipped() -> Iterator[None]:
    def batch(workstation: Any, mark: Mark) -> Any:
        found = plain(workstation, mark)
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

    def message(entry: JournalEntry) -> Any:
        import json

        made = plain(entry)
        body = json.dumps(dict(reversed(json.loads(made.body).items())), ensure_ascii=False)
        digest = part(sending, "chain_hash")(entry.previous_hash, body.encode())
        return made.model_copy(update={"body": body, "hash": digest})

    plain = sending._message
    yield from changed((sending, "_message", message))


@planted
def a_refusal_counts_as_sent() -> Iterator[None]:
    """Whatever central answers, the batch is not sent again."""

    def journal(self: Any, request: Any) -> Any:
        try:
            return plain(self, request)
        except SyncTrouble:
            last = request.entries[-1]
            head = {"epoch": request.epoch, "sequence": last.sequence, "hash": last.hash}
            return part(edge, "JournalReply").model_validate({"status": "accepted", "head": head})

    plain = network.Line.journal
    yield from changed((network.Line, "journal", journal))
