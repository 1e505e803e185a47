"""Chooses stores for an order's waiting pieces, in memory, before any transaction begins.

A choice counts in the image from the moment it is made; whoever cannot commit it takes it
back. The thing to get wrong: a piece to be collected. Its store is the customer's choice:
first from that store's own shelf, else sent there from the best other store.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from central_sync.retail.money import share_of
from central_sync.retail.orders import CustomerOrder, Mode, OrderLine, Parcel, ParcelLine, pieces
from central_sync.routing import (
    Ask,
    Decision,
    Image,
    Moment,
    Plan,
    PlannedParcel,
    Terms,
    Wanted,
    route,
)
from central_sync.routing.rivals import ranked
from central_sync.server.orders.identities import new_id
from central_sync.server.orders.image import LiveImage
from central_sync.server.orders.stores import Place

# What a piece earns, of its price: for the cost of a shop that misses its last ones.
MARGIN_BASIS_POINTS = 3_000


@dataclass(frozen=True, slots=True)
class Open:
    """Pieces of a line that need a store."""

    line: int
    sku: str
    quantity: int
    mode: Mode
    collect_store_id: str
    gross_minor: int
    passed_over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What is routed together. `not_from` stores are left out while others can do it."""

    order_id: str
    open: tuple[Open, ...]
    place: Place
    not_from: tuple[str, ...] = ()
    most_parcels: int = 0
    deadline_minutes: int = 24 * 60


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision: `decision` None where the customer chose the store."""

    decision_id: str
    decision: Decision | None
    plan: Plan


@dataclass(frozen=True, slots=True)
class Routed:
    """`missing` are (line, pieces) that no store can send now."""

    parcels: tuple[Parcel, ...]
    choices: tuple[Choice, ...]
    missing: tuple[tuple[int, int], ...] = ()


def open_lines(order: CustomerOrder) -> tuple[Open, ...]:
    """What of an order waits for a store."""
    return tuple(
        _open(line, waiting)
        for line in order.lines
        if line.is_carried and (waiting := pieces(order, line).waiting) > 0
    )


class Router:
    """Decides on the live image."""

    def __init__(self, image: LiveImage) -> None:
        self.image = image

    def choose(self, wish: Wish, at: str) -> Routed:
        """Choose and count the choice at once; `undo` takes it back."""
        parcels: list[Parcel] = []
        choices: list[Choice] = []
        missing: list[tuple[int, int]] = []
        with self.image.deciding() as (image, moment):
            for mode, store_id, lines in _groups(wish.open):
                asked = Asking(self.image, image, moment, wish, at)
                routed = (
                    asked.collect(store_id, lines) if mode is Mode.COLLECT else asked.ship(lines)
                )
                parcels += routed.parcels
                choices += routed.choices
                missing += routed.missing
        return Routed(tuple(parcels), tuple(choices), tuple(missing))

    def undo(self, routed: Routed, fresh: Iterable[tuple[str, str, int, int]] = ()) -> None:
        """The choice was not committed; `fresh` are (store, sku, on hand, reserved) as they are."""
        with self.image.deciding() as (image, _):
            for choice in routed.choices:
                image.unassign(choice.plan)
            for store_id, sku, on_hand, reserved in fresh:
                if store_id in image.number:
                    image.level(store_id, sku, on_hand, reserved)

    def others(self, wish: Wish, parcel: Parcel, count: int) -> tuple[str, ...]:
        """The next best stores that could send all of a parcel now, the cheapest first."""
        with self.image.deciding() as (image, moment):
            asked = Asking(self.image, image, moment, wish, "")
            inside = {line.line for line in parcel.lines}
            lines = tuple(line for line in wish.open if line.line in inside)
            silent = self.image.silent
            decision = asked.decide(lines, wish.place, (parcel.store_id, *sorted(silent)))
        return tuple(ranked(decision.inputs, self.image.policy))[:count]

    def ask(self, wish: Wish, lines: Sequence[Open], place: Place, not_from: Sequence[str]) -> Ask:
        return asking(self.image, wish, lines, place, not_from)

    def again(self, wish: Wish, plan: Plan) -> Decision:
        """What would be decided today of a parcel that lies planned; counts nothing."""
        with self.image.deciding() as (image, moment):
            image.lift(plan)
            try:
                ask = asking(self.image, wish, wish.open, wish.place, wish.not_from)
                return route(image, ask, self.image.policy, moment)
            finally:
                image.put_down(plan)


@dataclass(frozen=True, slots=True)
class Asking:
    """One order at the image while it is locked."""

    live: LiveImage
    image: Image
    moment: Moment
    wish: Wish
    at: str

    def ship(self, lines: Sequence[Open]) -> Routed:
        return self._routed(lines, self.wish.place, Mode.SHIP, "")

    def collect(self, store_id: str, lines: Sequence[Open]) -> Routed:
        """From the store's own shelf what it has, the rest sent there."""
        here = [line for line in lines if self._has(store_id, line)]
        found = self._at_once(store_id, here) if here else Routed((), ())
        rest = [line for line in lines if line not in here]
        if not rest:
            return found
        known = self.live.stores.by_id.get(store_id)
        place = known.place if known and known.place else self.wish.place
        sent = self._routed(rest, place, Mode.COLLECT, store_id)
        return Routed(found.parcels + sent.parcels, found.choices + sent.choices, sent.missing)

    def decide(self, lines: Sequence[Open], place: Place, not_from: Sequence[str]) -> Decision:
        ask = asking(self.live, self.wish, lines, place, not_from)
        return route(self.image, ask, self.live.policy, self.moment)

    def _routed(self, lines: Sequence[Open], place: Place, mode: Mode, collect: str) -> Routed:
        decision = self.decide(lines, place, (*self.wish.not_from, *([collect] if collect else [])))
        if decision.plan.missing and self.wish.not_from:
            wider = self.decide(lines, place, [collect] if collect else [])
            decision = wider if len(wider.plan.missing) < len(decision.plan.missing) else decision
        self.image.assign(decision.plan)
        choice = Choice(new_id(self.at), decision, decision.plan)
        parcels = tuple(
            _parcel(planned, mode, collect, choice.decision_id, self.at)
            for planned in decision.plan.parcels
        )
        missing = tuple((line, count) for line, _, count in decision.plan.missing)
        return Routed(parcels, (choice,), missing)

    def _has(self, store_id: str, line: Open) -> bool:
        shelf = self.image.shelves.get(line.sku)
        at = self.image.number.get(store_id)
        row = shelf.at(at) if shelf is not None and at is not None else None
        if shelf is None or row is None or store_id in line.passed_over:
            return False
        taken = sum(o.quantity for o in self.wish.open if o.sku == line.sku and o.mode is line.mode)
        left = int(shelf.on_hand[row] - shelf.reserved[row])
        free = left - int(shelf.minimum[row])
        lent = self.image.lent.get(line.sku, {}).get(int(shelf.store[row]))
        if lent is not None:
            reserved = int(shelf.reserved[row])
            free = lent.free(max(0, free), left, reserved, self.moment.seconds)
        return free >= max(line.quantity, taken if taken else 0)

    def _at_once(self, store_id: str, lines: Sequence[Open]) -> Routed:
        rule = self.live.policy
        work = rule.job_parcel_seconds + rule.job_line_seconds * len(lines)
        carried = tuple((line.line, line.sku, line.quantity) for line in lines)
        plan = Plan((PlannedParcel(store_id, carried, work, Terms()),))
        self.image.assign(plan)
        parcel = _parcel(plan.parcels[0], Mode.COLLECT, store_id, "", self.at)
        return Routed((parcel,), (Choice("", None, plan),))


def asking(
    live: LiveImage, wish: Wish, lines: Sequence[Open], place: Place, not_from: Sequence[str]
) -> Ask:
    """The router's question; stores that are silent are asked only for what they lend."""
    lenders = {
        store_id
        for store_id in live.silent
        if any(live.lent_until(store_id, [line.sku]) for line in lines)
    }
    not_lent = [
        (line.line, store_id)
        for store_id in sorted(lenders)
        for line in lines
        if not live.lent_until(store_id, [line.sku])
    ]
    said_no = [(line.line, store_id) for line in lines for store_id in line.passed_over]
    return Ask(
        order_id=wish.order_id,
        wanted=tuple(Wanted(line.line, line.sku, line.quantity, _margin(line)) for line in lines),
        latitude=place.latitude,
        longitude=place.longitude,
        passed_over=(*said_no, *not_lent),
        not_from=(*not_from, *sorted(live.silent - lenders)),
        deadline_minutes=wish.deadline_minutes,
        most_parcels=wish.most_parcels,
    )


def _groups(lines: Iterable[Open]) -> list[tuple[Mode, str, list[Open]]]:
    found: dict[tuple[Mode, str], list[Open]] = {}
    for line in lines:
        where = line.collect_store_id if line.mode is Mode.COLLECT else ""
        found.setdefault((line.mode, where), []).append(line)
    return [(mode, where, of_group) for (mode, where), of_group in found.items()]


def _open(line: OrderLine, waiting: int) -> Open:
    return Open(
        line.line,
        line.sku,
        waiting,
        line.mode,
        line.collect_store_id,
        line.gross_minor // line.quantity * waiting,
        line.passed_over,
    )


def _margin(line: Open) -> int:
    return share_of(line.gross_minor // max(1, line.quantity), MARGIN_BASIS_POINTS)


def _parcel(planned: PlannedParcel, mode: Mode, collect: str, decision_id: str, at: str) -> Parcel:
    lines: dict[int, ParcelLine] = {}
    for line, sku, count in planned.lines:
        before = lines.get(line)
        lines[line] = ParcelLine(line, sku, count + (before.quantity if before else 0))
    return Parcel(
        parcel_id=new_id(at),
        store_id=planned.store_id,
        mode=mode,
        lines=tuple(lines.values()),
        decision_id=decision_id,
        collect_store_id=collect,
    )
