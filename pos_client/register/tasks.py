"""A store's task as this till sees it: what central says, and what was done here since.

Pure. Central's row comes late or, without a network, not at all; so what this till has said
is laid over it. The thing to get wrong: adding the two. A row may hold a pick already, so
the larger figure counts, and words of an older assignment (epoch) count for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from central_sync.retail.orders import commands as order_commands
from central_sync.retail.orders.commands import OrderCommand, read_command

OFFERED, ACCEPTED, PICKING, PACKED, READY, DONE = (
    "offered",
    "accepted",
    "picking",
    "packed",
    "ready",
    "done",
)
REJECTED = "rejected"
_ORDER = (OFFERED, ACCEPTED, PICKING, PACKED, READY, DONE)


@dataclass(frozen=True, slots=True)
class TaskLine:
    """`quantity` is still to be found or handed out in this task, `picked` and `collected`
    of it were; `short` were not there. `place` is where to walk: shelf, else model."""

    line: int
    sku: str
    name: str
    quantity: int
    picked: int = 0
    short: int = 0
    collected: int = 0
    unpaid_minor: int = 0
    place: str = ""

    @property
    def left(self) -> int:
        return max(0, self.quantity - self.picked)


@dataclass(frozen=True, slots=True)
class Task:
    """`state` is central's word or REJECTED; `is_mine`: this till has worked on it.

    `who` is for whom, as address lines, empty while it cannot be unsealed. `has_labels`: the
    carrier's labels are here; `is_packed_here`: this till has packed it, and labels it.
    `awaits_central`: by central's own word it is still an offer, which may go to another store.
    """

    task_id: str
    kind: str
    state: str
    due_at: str = ""
    offered_until: str = ""
    order_id: str = ""
    number: str = ""
    parcel_id: str = ""
    epoch: int = 0
    claimed_epoch: int = 0
    mode: str = ""
    collect_store_id: str = ""
    collect_store_name: str = ""
    lines: tuple[TaskLine, ...] = ()
    why_sv: str = ""
    why_en: str = ""
    reason: str = ""
    shelf_place: str = ""
    hold_until: str = ""
    code_hash: str = ""
    tracking: str = ""
    refund_key: str = ""
    shares: tuple[tuple[str, int], ...] = ()
    amount_minor: int = 0
    receipt_number: str = ""
    who: tuple[str, ...] = ()
    is_mine: bool = False
    is_seen: bool = False
    has_labels: bool = False
    is_packed_here: bool = False
    awaits_central: bool = False
    told_epoch: int = 0

    @property
    def is_open(self) -> bool:
        return self.state in (OFFERED, ACCEPTED, PICKING, PACKED, READY)

    @property
    def working_epoch(self) -> int:
        """The epoch that this store works under, once it has claimed the parcel."""
        is_offer = self.state == OFFERED and self.claimed_epoch
        return self.claimed_epoch if is_offer else self.epoch

    @property
    def offer_epoch(self) -> int:
        """The epoch that central's own word carries: what a claim or a no has to name."""
        return self.told_epoch or self.epoch

    def goes_to(self, store_name: str) -> str:
        """The other store in which the customer collects what `store_name` picks, or ""."""
        is_elsewhere = self.kind == "pick" and self.collect_store_name != store_name
        return self.collect_store_name if is_elsewhere else ""

    def leaves(self, store_name: str) -> bool:
        """Given to the carrier when it is packed, not laid on this store's own shelf."""
        return self.mode != "collect" or bool(self.goes_to(store_name))

    def deadline(self, store_name: str) -> tuple[str, str]:
        """What ends when: (until | held | arrives | due, ISO moment), or two times nothing.

        The time to answer may be longer than the promise: the customer's comes first.
        """
        is_due_first = "" < self.due_at < self.offered_until
        if self.state == OFFERED and self.offered_until and not is_due_first:
            return "until", self.offered_until
        if self.kind == "collect" and self.hold_until:
            return "held", self.hold_until
        if not self.due_at:
            return "", ""
        is_sent = self.kind == "pick" and self.leaves(store_name)
        return ("arrives" if is_sent else "due"), self.due_at

    @property
    def pieces_left(self) -> int:
        return sum(line.left for line in self.lines)

    @property
    def pieces_here(self) -> int:
        """What the task is still about: found, to find or to hand out, but not handed out."""
        return sum(line.quantity - line.collected for line in self.lines)

    @property
    def pieces_picked(self) -> int:
        return sum(line.picked for line in self.lines)


@dataclass(frozen=True, slots=True)
class ParcelLabels:
    """How a parcel is labelled: address lines and codes, and the carrier's own ZPL or ""."""

    tracking: str
    label: str = ""
    sender: tuple[str, ...] = ()
    receiver: tuple[str, ...] = ()
    return_tracking: str = ""
    return_label: str = ""


@dataclass(frozen=True, slots=True)
class TaskAct:
    """What this till said of a task: an order command (tagged), or its end with an outcome."""

    task_id: str
    epoch: int
    order_id: str = ""
    command: dict[str, Any] | None = None
    outcome: str = ""
    reason: str = ""

    @property
    def order_command(self) -> OrderCommand | None:
        return read_command(self.command) if self.command is not None else None


@dataclass(frozen=True, slots=True)
class _Said:
    state: str = OFFERED
    is_rejected: bool = False
    picked: tuple[tuple[int, int], ...] = ()
    short: tuple[tuple[int, int], ...] = ()
    collected: tuple[tuple[int, int], ...] = ()


def with_acts(task: Task, acts: Iterable[TaskAct]) -> Task:
    """The task with what this till has done to its present assignment laid over it."""
    mine = [act for act in acts if act.epoch == task.working_epoch]
    if not mine:
        return task
    said = _Said()
    for act in mine:
        said = _hear(said, act)
    lines = tuple(_line(line, said) for line in task.lines)
    done = replace(
        task,
        is_mine=any(not isinstance(act.order_command, order_commands.SeeOffer) for act in mine),
        is_seen=True,
        is_packed_here=any(
            isinstance(act.order_command, order_commands.PackParcel) for act in mine
        ),
        epoch=task.working_epoch,
        told_epoch=task.epoch,
        claimed_epoch=0,
        lines=lines,
        state=max(task.state, said.state, key=_rank),
    )
    if said.is_rejected and _rank(task.state) <= _rank(PICKING):
        return replace(done, state=REJECTED)
    return replace(done, state=DONE) if _is_used_up(done) else done


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)


def _is_used_up(task: Task) -> bool:
    """Nothing of it was there, or all of it has been handed out."""
    if task.kind == "collect":
        return all(line.collected >= line.quantity for line in task.lines)
    return task.kind == "pick" and not any(line.quantity for line in task.lines)


def _hear(said: _Said, act: TaskAct) -> _Said:
    command = act.order_command
    match command:
        case None:
            return replace(said, state=DONE)
        case order_commands.RejectParcel():
            return replace(said, is_rejected=True)
        case order_commands.PickLine(line=line, quantity=quantity):
            return replace(_up(said, PICKING), picked=(*said.picked, (line, quantity)))
        case order_commands.ShortLine(line=line, quantity=quantity):
            return replace(_up(said, PICKING), short=(*said.short, (line, quantity)))
        case order_commands.CollectPieces(pieces=pieces):
            return replace(said, collected=(*said.collected, *pieces))
    return _up(said, _REACHED.get(type(command), OFFERED))


def _up(said: _Said, state: str) -> _Said:
    return replace(said, state=max(said.state, state, key=_rank))


_REACHED: dict[type[Any], str] = {
    order_commands.ClaimParcel: ACCEPTED,
    order_commands.PackParcel: PACKED,
    order_commands.HandOver: DONE,
    order_commands.MakeReady: DONE,
    order_commands.NoShow: DONE,
}


def _line(line: TaskLine, said: _Said) -> TaskLine:
    whole = line.quantity + line.short
    short = max(line.short, _sum(said.short, line.line))
    quantity = max(0, whole - short)
    return replace(
        line,
        short=short,
        quantity=quantity,
        picked=min(quantity, max(line.picked, _sum(said.picked, line.line))),
        collected=min(quantity, max(line.collected, _sum(said.collected, line.line))),
    )


def _sum(parts: Iterable[tuple[int, int]], number: int) -> int:
    return sum(pieces for line, pieces in parts if line == number)
