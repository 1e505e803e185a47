"""What a contact with central should do, decided from what both sides hold. Pure.

Two decisions: where the marks go (`marks_after`) and what to send and fetch (`plan`).
The thing to get wrong: believing a number. A mark moves only to a (sequence, hash)
that central named and this till holds itself; it moves back as readily as forward,
since a central restored from an older copy has to be filled again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from central_sync.engine.journal import HeadLike
from central_sync.retail.journal import GENESIS

FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Mark:
    """The newest entry of an epoch that central is proven to hold; sequence 0 is none."""

    epoch: int
    sequence: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Central's head cannot be ours: `kind` "fork" (same number, other hash) or "ahead"."""

    kind: str
    epoch: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Have:
    """What this till holds. `positions` are those of its master file, None without one.

    `is_held`: a person has to look at what central sends before more is taken.
    """

    heads: Sequence[HeadLike]
    marks: Mapping[int, Mark]
    store_id: str
    positions: Mapping[str, int] | None
    is_held: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What central answered to the heartbeat: its heads per epoch, its feed positions."""

    heads: Sequence[HeadLike]
    positions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Upload:
    epoch: int
    after: int
    count: int

    def __str__(self) -> str:
        first, last = self.after + 1, self.after + self.count
        return f"send {self.count} journal entries ({self.epoch}:{first} to {self.epoch}:{last})"


@dataclass(frozen=True, slots=True)
class TakeSnapshot:
    why: str

    def __str__(self) -> str:
        return f"fetch the whole catalogue ({self.why})"


@dataclass(frozen=True, slots=True)
class PullFeed:
    scope: str
    after: int
    upto: int

    def __str__(self) -> str:
        return f"fetch {self.upto - self.after} changes of {self.scope} (from {self.after})"


Action = Upload | TakeSnapshot | PullFeed


@dataclass(frozen=True, slots=True)
class Marks:
    marks: Mapping[int, Mark]
    disagreements: Sequence[Disagreement] = field(default=())


def scopes(store_id: str) -> tuple[str, str]:
    """The feed scopes that a till of this store follows."""
    return "chain", f"store:{store_id}"


def marks_after(
    have: Have, said_heads: Iterable[HeadLike], own_hashes: Mapping[tuple[int, int], bytes]
) -> Marks:
    """The marks that central's heads prove, for every epoch of this till.

    `own_hashes` are this till's hashes at the (epoch, sequence) that central named.
    An epoch that central does not name starts again from nothing; one where it
    disagrees keeps its mark.
    """
    said = {head.epoch: head for head in said_heads}
    marks: dict[int, Mark] = {}
    disagreements: list[Disagreement] = []
    for own in have.heads:
        named = said.get(own.epoch)
        known = have.marks.get(own.epoch, Mark(own.epoch))
        if named is None or named.sequence == 0:
            marks[own.epoch] = Mark(own.epoch)
        elif own_hashes.get((named.epoch, named.sequence)) == named.hash:
            marks[own.epoch] = Mark(named.epoch, named.sequence, named.hash)
        else:
            marks[own.epoch] = known
            kind = "ahead" if named.sequence > own.sequence else "fork"
            disagreements.append(Disagreement(kind, own.epoch, named.sequence))
    lost = [head for epoch, head in said.items() if epoch not in marks and head.sequence > 0]
    disagreements += [Disagreement("ahead", head.epoch, head.sequence) for head in lost]
    return Marks(marks, tuple(disagreements))


def plan(have: Have, said: Said, agreed: Marks) -> list[Action]:
    """Receipts up first, oldest epoch first; then what is new at central."""
    return [*uploads(have, agreed), *_downloads(have, said)]


def uploads(have: Have, agreed: Marks) -> list[Upload]:
    """What is above the marks, oldest epoch first, but for epochs under dispute."""
    disputed = {disagreement.epoch for disagreement in agreed.disagreements}
    actions: list[Upload] = []
    for head in have.heads:
        mark = agreed.marks.get(head.epoch, Mark(head.epoch))
        if head.epoch not in disputed and head.sequence > mark.sequence:
            actions.append(Upload(head.epoch, mark.sequence, head.sequence - mark.sequence))
    return actions


def _downloads(have: Have, said: Said) -> list[Action]:
    if have.is_held:
        return []
    if have.positions is None:
        return [TakeSnapshot("there is none yet")]
    for scope in scopes(have.store_id):
        if have.positions.get(scope, 0) > said.positions.get(scope, 0):
            return [TakeSnapshot(f"central went back to an older state of {scope}")]
    return [
        PullFeed(scope, have.positions.get(scope, 0), said.positions[scope])
        for scope in scopes(have.store_id)
        if said.positions.get(scope, 0) > have.positions.get(scope, 0)
    ]


def retry_delay(failures: int, chance: float, wish_seconds: float | None = None) -> float:
    """Seconds until the next try after `failures` in a row: full jitter, doubling to a minute.

    `chance` is uniform in 0..1. Central's own wish (Retry-After) is a floor, spread by
    a quarter so that a thousand tills told the same do not return together.
    """
    ceiling = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * (1 << min(failures, 10)))
    if wish_seconds is not None:
        return wish_seconds * (1 + chance / 4)
    return max(0.2, ceiling * chance)
