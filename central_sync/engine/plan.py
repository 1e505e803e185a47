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
class Fork:
    """An epoch that central holds otherwise, and the newest entry that both hold the same.

    What this till has above goes on in another epoch. `why` is "fork", "ahead" or "numbers"
    (central has seen higher receipt numbers of the epoch than this till has printed).
    """

    why: str
    epoch: int
    sequence: int = 0
    hash: bytes = GENESIS


@dataclass(frozen=True, slots=True)
class Have:
    """What this till holds. `positions` are those of its master file, None without one.

    `is_held`: a person has to look at what central sends before more is taken. `limits`: per
    forked epoch the newest entry that is sent under it. `writing`: the epoch that the register
    writes in, 0 for none. `numbers`: per epoch the highest receipt number printed here.
    `hashes`: the feed's, hex, at each of `positions` where it is known.
    """

    heads: Sequence[HeadLike]
    marks: Mapping[int, Mark]
    store_id: str
    positions: Mapping[str, int] | None
    is_held: bool = False
    limits: Mapping[int, Mark] = field(default_factory=dict)
    writing: int = 0
    numbers: Mapping[int, int] = field(default_factory=dict)
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Said:
    """What central answered to the heartbeat: its heads per epoch, its feed positions.

    `common`: of the heads that this till named, those that central holds just so. `numbers`:
    per epoch the highest receipt number that it has seen. `can_heal`: it grants epochs. `hashes`:
    the feed's, hex, at each of `positions`.
    """

    heads: Sequence[HeadLike]
    positions: Mapping[str, int]
    common: Sequence[HeadLike] = ()
    numbers: Mapping[int, int] = field(default_factory=dict)
    can_heal: bool = False
    hashes: Mapping[str, str] = field(default_factory=dict)


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


@dataclass(frozen=True, slots=True)
class Heal:
    """Go on in a new epoch, since central's copy of this one is another."""

    disagreement: Disagreement

    def __str__(self) -> str:
        epoch, sequence = self.disagreement.epoch, self.disagreement.sequence
        return f"go on in a new epoch (central has another {epoch}:{sequence})"


Action = Heal | Upload | TakeSnapshot | PullFeed


@dataclass(frozen=True, slots=True)
class Marks:
    marks: Mapping[int, Mark]
    disagreements: Sequence[Disagreement] = field(default=())


def scopes(store_id: str) -> tuple[str, str]:
    """The feed scopes that a till of this store follows."""
    return "chain", f"store:{store_id}"


def heads_to_name(have: Have) -> list[Mark]:
    """What the heartbeat names: the newest entry that this till stands for in each epoch."""
    named = []
    for head in have.heads:
        limit = have.limits.get(head.epoch)
        if limit is None or limit.sequence > head.sequence:
            named.append(Mark(head.epoch, head.sequence, head.hash))
        else:
            named.append(limit)
    return named


def marks_after(
    have: Have,
    said_heads: Iterable[HeadLike],
    own_hashes: Mapping[tuple[int, int], bytes],
    common: Iterable[HeadLike] = (),
) -> Marks:
    """The marks that central's heads prove, for every epoch of this till.

    `own_hashes` are this till's hashes at the (epoch, sequence) that central named; `common`
    what central holds just as this till named it. An epoch that central does not name starts
    again from nothing; one where it disagrees keeps its mark. What a fork has left behind is
    no disagreement any more: there both agree up to the limit.
    """
    said = {head.epoch: head for head in said_heads}
    agreed = {head.epoch: Mark(head.epoch, head.sequence, head.hash) for head in common}
    marks: dict[int, Mark] = {}
    disagreements: list[Disagreement] = []
    for own in have.heads:
        named = said.get(own.epoch)
        known = have.marks.get(own.epoch, Mark(own.epoch))
        limit = have.limits.get(own.epoch)
        if named is None or named.sequence == 0:
            marks[own.epoch] = Mark(own.epoch)
        elif own_hashes.get((named.epoch, named.sequence)) == named.hash:
            marks[own.epoch] = Mark(named.epoch, named.sequence, named.hash)
        elif limit is not None and (limit.sequence == 0 or agreed.get(own.epoch) == limit):
            marks[own.epoch] = limit
        else:
            marks[own.epoch] = agreed.get(own.epoch, known)
            kind = "ahead" if named.sequence > own.sequence else "fork"
            disagreements.append(Disagreement(kind, own.epoch, named.sequence))
    missing = said.get(have.writing)
    if missing is not None and have.writing not in marks and missing.sequence > 0:
        disagreements.append(Disagreement("ahead", have.writing, missing.sequence))
    return Marks(marks, tuple(disagreements))


def outnumbered(have: Have, said: Said) -> bool:
    """Central has seen higher receipt numbers of the epoch written in than this till printed.

    They were printed in a life that this disk has forgotten, or by its copy.
    """
    return said.numbers.get(have.writing, 0) > have.numbers.get(have.writing, 0)


def probes(low: int, high: int, most: int) -> list[int]:
    """Where to ask next for the last entry in common: above `low`, which is, up to `high`."""
    span = high - low
    if span <= most:
        return list(range(low + 1, high + 1))
    return sorted({low + span * step // most for step in range(1, most + 1)})


def narrowed(low: int, high: int, asked: Iterable[int], equal: Iterable[int]) -> tuple[int, int]:
    """The bounds after an answer: of those `asked`, the `equal` ones are the same here and there.

    Each entry's hash follows from all before it, so one that is equal proves them all, and
    one that is not excludes all behind it.
    """
    same = set(equal)
    low = max([low, *same])
    high = min([high, *(at - 1 for at in asked if at not in same and at > low)])
    return low, max(low, high)


def plan(have: Have, said: Said, agreed: Marks) -> list[Action]:
    """Forks first; then receipts up, oldest epoch first; then what is new at central."""
    heals = [Heal(each) for each in agreed.disagreements] if said.can_heal else []
    return [*heals, *uploads(have, agreed), *_downloads(have, said)]


def uploads(have: Have, agreed: Marks) -> list[Upload]:
    """What is above the marks, oldest epoch first, but for epochs under dispute.

    Of a forked epoch only what both sides share is sent under its name.
    """
    disputed = {disagreement.epoch for disagreement in agreed.disagreements}
    actions: list[Upload] = []
    for head in have.heads:
        mark = agreed.marks.get(head.epoch, Mark(head.epoch))
        limit = have.limits.get(head.epoch)
        upto = head.sequence if limit is None else min(limit.sequence, head.sequence)
        if head.epoch not in disputed and upto > mark.sequence:
            actions.append(Upload(head.epoch, mark.sequence, upto - mark.sequence))
    return actions


def _downloads(have: Have, said: Said) -> list[Action]:
    if have.is_held:
        return []
    if have.positions is None:
        return [TakeSnapshot("there is none yet")]
    for scope in scopes(have.store_id):
        if have.positions.get(scope, 0) > said.positions.get(scope, 0):
            return [TakeSnapshot(f"central went back to an older state of {scope}")]
        if _tells_otherwise(have, said, scope):
            return [TakeSnapshot(f"central tells another history of {scope}")]
    return [
        PullFeed(scope, have.positions.get(scope, 0), said.positions[scope])
        for scope in scopes(have.store_id)
        if said.positions.get(scope, 0) > have.positions.get(scope, 0)
    ]


def _tells_otherwise(have: Have, said: Said, scope: str) -> bool:
    """At the same number and not the same: a central that was restored has gone on since.

    Behind central's number the feed itself compares, when it is asked to go on.
    """
    assert have.positions is not None
    if have.positions.get(scope, 0) != said.positions.get(scope, 0):
        return False
    ours, theirs = have.hashes.get(scope), said.hashes.get(scope)
    return bool(ours and theirs) and ours != theirs


def retry_delay(failures: int, chance: float, wish_seconds: float | None = None) -> float:
    """Seconds until the next try after `failures` in a row: full jitter, doubling to a minute.

    `chance` is uniform in 0..1. Central's own wish (Retry-After) is a floor, spread by
    a quarter so that a thousand tills told the same do not return together.
    """
    ceiling = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * (1 << min(failures, 10)))
    if wish_seconds is not None:
        return wish_seconds * (1 + chance / 4)
    return max(0.2, ceiling * chance)
