"""Where tills' batches come in: those that arrive together share one transaction.

A till alone is committed at once. In a rush the batches of many wait while one group is made
durable, and go together in the next: one look for the keys, one set of statements, one sync
of the disk. The thing to get wrong: letting one batch answer for another. What proves
nothing is refused before the group's transaction begins, what cannot be kept is answered
alone (`together`), and nobody hears a yes before the commit.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from central_sync.server.auth import Till, tills_of
from central_sync.server.batches import batch_of
from central_sync.server.bodies import Received
from central_sync.server.bookkeeper import Books
from central_sync.server.central import Central
from central_sync.server.heartbeat import heard_all
from central_sync.server.intake import Proven, Sent, keep_aside, proven_entries, receive_all
from central_sync.server.refused import Refused, revoked
from central_sync.server.together import Gathering, Spoiled, Waiting, commit_together
from central_sync.wire.messages import JournalReply

# Groups that are proven and made durable at once. One writes to SQLite at a time, while
# another one is proven.
_HANDS = {True: 2, False: 4}
# A group ends with the batch that makes it larger than the one, as it came, or than the
# other, unpacked: what a hand has in memory.
LARGEST_GROUP_BYTES = 256 * 1024
LARGEST_TRANSACTION_BYTES = 4 * 1024 * 1024
# What came with a batch that is not its body is worth so many bytes of a group.
_EACH_BYTES = 1024

# A refusal: it was kept, aside.
Answer = JournalReply | Refused


@dataclass(frozen=True, slots=True)
class Arrival:
    """A batch as it came, from `till` or, where nobody has looked yet, whom `token` proves."""

    body: Received
    token: str = ""
    till: Till | None = None


@dataclass(frozen=True, slots=True)
class Brought:
    """A batch that is proven; of a revoked till it is kept aside for a person."""

    batch: Proven
    is_revoked: bool


def brought(till: Till, request: Sent) -> Brought:
    """Raises Refused for what proves nothing."""
    entries = proven_entries(till.sender, request)
    return Brought(Proven(till.sender, request, entries), till.is_revoked)


def keep(central: Central, books: Books, group: Sequence[Waiting[Brought, Answer]]) -> None:
    """Make a group durable, answer each of it, and tell the books."""

    def kept(connection: Connection, works: Sequence[Brought]) -> list[Answer]:
        return _keep(connection, works, central)

    # What is only kept is news to nobody; its booking is.
    commit_together(central.database, group, kept, is_news=False)
    for one in group:
        answer = None if one.future.exception() else one.future.result()
        if isinstance(answer, JournalReply):
            sender = one.work.batch.sender
            books.received(sender.workstation_id, answer.head.epoch, answer.accepted)


class IntakeDesk(Gathering[Arrival, Answer]):
    """One for a process: `submit` from anywhere, answers come after the commit."""

    def __init__(self, central: Central, books: Books, *, hands: int = 0) -> None:
        """`hands`: groups at once; 0 for what suits the database."""
        hands = hands or _HANDS[central.database.is_sqlite]
        super().__init__("intake", hands=hands, largest_weight=LARGEST_GROUP_BYTES)
        self._central, self._books = central, books

    def submit(self, arrival: Arrival) -> Future[Answer]:
        """The reply, or the refusal of what is kept aside, once that is durable."""
        return self._enter(arrival, len(arrival.body.content) + _EACH_BYTES)

    def _carry_out(self, group: Sequence[Waiting[Arrival, Answer]]) -> None:
        for part in _parts(self._proven(group)):
            keep(self._central, self._books, part)

    def _proven(
        self, group: Sequence[Waiting[Arrival, Answer]]
    ) -> Iterator[Waiting[Brought, Answer]]:
        """Those that prove what they say; the others are answered at once."""
        for one, till in zip(group, self._tills(group), strict=True):
            try:
                if isinstance(till, Exception):
                    raise till
                yield Waiting(brought(till, batch_of(one.work.body)), one.future)
            except (Refused, SQLAlchemyError) as problem:
                one.future.set_exception(problem)

    def _tills(self, group: Sequence[Waiting[Arrival, Answer]]) -> list[Till | Exception]:
        """Whose each is, by one look at their keys."""
        tokens = [one.work.token for one in group if one.work.till is None]
        try:
            found = iter(self._looked_up(tokens))
        except SQLAlchemyError as problem:
            found = iter([problem] * len(tokens))
        return [one.work.till or next(found) for one in group]

    def _looked_up(self, tokens: Sequence[str]) -> Sequence[Till | Exception]:
        if not tokens:
            return []
        with self._central.database.glancing() as connection:
            return tills_of(connection, tokens, self._central.timestamp())


def _parts(
    group: Iterable[Waiting[Brought, Answer]],
) -> Iterator[list[Waiting[Brought, Answer]]]:
    """What goes into one transaction, by its size."""
    part: list[Waiting[Brought, Answer]] = []
    size = 0
    for one in group:
        part.append(one)
        size += sum(len(entry.body) for entry in one.work.batch.entries)
        if size >= LARGEST_TRANSACTION_BYTES:
            yield part
            part, size = [], 0
    if part:
        yield part


def _keep(connection: Connection, works: Sequence[Brought], central: Central) -> list[Answer]:
    at = central.timestamp()
    places = [place for place, work in enumerate(works) if not work.is_revoked]
    taken = [works[place].batch for place in places]
    try:
        replies = receive_all(connection, taken, at)
    except Spoiled as spoiled:
        raise Spoiled({places[at]: why for at, why in spoiled.problems.items()}) from spoiled
    heard_all(
        connection,
        [(batch.sender, reply.accepted) for batch, reply in zip(taken, replies, strict=True)],
        at,
    )
    _keep_revoked(connection, works, at)
    by_place = dict(zip(places, replies, strict=True))
    return [by_place.get(place) or revoked() for place in range(len(works))]


def _keep_revoked(connection: Connection, works: Sequence[Brought], at: str) -> None:
    problems: dict[int, Exception] = {}
    for place, work in enumerate(works):
        if work.is_revoked:
            try:
                keep_aside(connection, work.batch.sender, work.batch.entries, "revoked", at)
            except Refused as problem:
                problems[place] = problem
    if problems:
        raise Spoiled(problems)
