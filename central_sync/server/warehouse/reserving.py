"""Rights to pieces: given, prolonged, made firm, moved, let go, expired. One path for all.

Every function works in the caller's transaction and leaves nothing half done: all wants are
granted or none. The thing to get wrong: two lines of one item are one wish for the sum, and
a move is a grant: both are checked like the first.

A right's holder is the line of a quote or of a parcel ("ID/LINE"); where a function takes a
holder, "ID" stands for all its lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from central_sync.database.trip import Trip
from central_sync.retail.stock import (
    Reservation,
    ReservationEvent,
    ReservationKind,
    ReservationState,
)
from central_sync.server.warehouse import rights
from central_sync.server.warehouse.figures import Place, figures_of
from central_sync.server.warehouse.levels import LedgerBroken, Taken, hold, hold_locked
from central_sync.server.warehouse.wishing import Gone as Gone
from central_sync.server.warehouse.wishing import Granted as Granted
from central_sync.server.warehouse.wishing import Missing as Missing
from central_sync.server.warehouse.wishing import Shared, missing_of, shared_out
from central_sync.server.warehouse.wishing import Short as Short
from central_sync.server.warehouse.wishing import Want as Want
from central_sync.server.warehouse.wishing import Wish as Wish

EXPIRED_AT_ONCE = 500


def grant(
    connection: Connection,
    wants: Sequence[Want],
    holder: str,
    expires_at: str,
    soft: bool,
    at: str,
) -> Granted | Short:
    """Hold pieces for a holder: all wants, or none of them."""
    return grant_all(connection, [Wish(tuple(wants), holder, expires_at, soft)], at)[0]


def grant_all(connection: Connection, wishes: Sequence[Wish], at: str) -> list[Granted | Short]:
    """Each wish on its own, first come first served, in one transaction."""
    return begin(Trip(connection), wishes, at).end()


@dataclass(frozen=True, slots=True)
class Granting:
    """Wishes that are answered under lock; what is written of them waits in the trip."""

    trip: Trip
    answers: list[Granted | Short]
    taken: Taken

    def end(self) -> list[Granted | Short]:
        self.trip.go()
        self.taken.check()
        return self.answers


def begin(trip: Trip, wishes: Sequence[Wish], at: str) -> Granting:
    """Lock the records of all wishes and count them out; the caller may add to the trip."""
    places = {(want.store_id, want.sku) for wish in wishes for want in wish.wants}
    figures = figures_of(trip.connection, places, at, lock=True)
    shared = shared_out(wishes, figures)
    taken = hold_locked(trip, shared.taken, figures)
    return Granting(trip, _entered(trip, wishes, shared, taken.believed, at), taken)


def held(connection: Connection, holder: str) -> tuple[Reservation, ...]:
    """The live rights of a holder, oldest first."""
    return rights.held(connection, holder)


def extend(connection: Connection, holder: str, expires_at: str, at: str) -> int:
    """Prolong soft rights; returns how many there still are."""
    count = 0
    for reservation in rights.held(connection, holder, lock=True):
        is_soft = reservation.state is ReservationState.SOFT
        if is_soft and rights.step(connection, reservation, expires_at=expires_at):
            event = _event(reservation, ReservationKind.EXTEND, at, expires_at=expires_at)
            rights.tell(connection, [event])
            count += 1
    return count


def firm(
    connection: Connection, holder: str, at: str, renamed: Mapping[str, str] | None = None
) -> Granted | Gone:
    """Make soft rights hard, all or none; expiry and order race, exactly one of them wins.

    `renamed` maps every holder that must still be live to the one it is held for from now
    on (a quote's line to a parcel's); without it whatever the holder has is made firm.
    """
    live = {one.holder: one for one in rights.held(connection, holder, lock=True)}
    lost = tuple(name for name in renamed or {} if name not in live)
    if lost or not live:
        return Gone(lost or (holder,))
    wanted = [live[name] for name in renamed] if renamed else list(live.values())
    return Granted(tuple(_firm(connection, one, renamed or {}, at) for one in wanted))


def transfer(
    connection: Connection, holder: str, to_store_id: str, at: str
) -> Granted | Short | Gone:
    """Move rights to another store, which must have the pieces; all or none."""
    live = rights.held(connection, holder, lock=True)
    moving = [one for one in live if one.store_id != to_store_id]
    if not live:
        return Gone((holder,))
    wish = Wish(tuple(Want(to_store_id, one.sku, one.quantity) for one in moving), holder)
    places = {(to_store_id, one.sku) for one in moving}
    figures = figures_of(connection, places | {_place(one) for one in moving}, at)
    shared = shared_out([wish], {place: figures[place] for place in places & figures.keys()})
    if shared.short[0]:
        return Short(shared.short[0])
    changes = dict(shared.taken)
    for one in moving:
        changes[_place(one)] = changes.get(_place(one), 0) - one.quantity
    believed = hold(connection, changes, figures)
    if believed is None:
        fresh = figures_of(connection, places, at, lock=True)
        return Short(missing_of(shared.taken, fresh))
    moved = {one.reservation_id: _move(connection, one, to_store_id) for one in moving}
    _tell_moves(connection, moving, to_store_id, believed, at)
    return Granted(tuple(moved.get(one.reservation_id, one) for one in live))


def release(connection: Connection, holder: str, at: str, quantity: int = 0) -> int:
    """Let go all pieces of a holder, or `quantity` of them; returns how many were held."""
    return _end(connection, rights.held(connection, holder, lock=True), "release", at, quantity)


def expire(
    connection: Connection, at: str, limit: int = EXPIRED_AT_ONCE
) -> tuple[Reservation, ...]:
    """End rights whose time is over; returns them as they were."""
    over = rights.run_out(connection, at, limit, lock=True)
    _end(connection, over, "expire", at)
    return over


def expiring(
    connection: Connection, at: str, limit: int = EXPIRED_AT_ONCE
) -> tuple[Reservation, ...]:
    """Live rights whose time is over by `at`, longest over first; changes nothing."""
    return rights.run_out(connection, at, limit)


def end_picked(connection: Connection, holder: str, at: str, quantity: int) -> int:
    """End a right whose pieces left the shelf (`picking.pick` also moves the goods)."""
    return _end(connection, rights.held(connection, holder, lock=True), "pick", at, quantity)


def _entered(
    trip: Trip,
    wishes: Sequence[Wish],
    shared: Shared,
    believed: Mapping[Place, int],
    at: str,
) -> list[Granted | Short]:
    left = dict(believed)
    answers: list[Granted | Short] = []
    entered: list[Reservation] = []
    events: list[ReservationEvent] = []
    for wish, missing in zip(wishes, shared.short, strict=True):
        if missing:
            answers.append(Short(missing))
            continue
        new = [_new(wish, number, want, at) for number, want in enumerate(wish.wants, 1)]
        events += [_granted(one, wish, left, at) for one in new]
        entered += new
        answers.append(Granted(tuple(new)))
    rights.enter(trip, entered)
    rights.enter_events(trip, events)
    return answers


def _new(wish: Wish, number: int, want: Want, at: str) -> Reservation:
    return Reservation(
        rights.new_id(at),
        want.holder or f"{wish.holder}/{number}",
        want.store_id,
        want.sku,
        want.quantity,
        ReservationState.SOFT if wish.soft else ReservationState.HARD,
        wish.expires_at if wish.soft else "",
    )


def _granted(one: Reservation, wish: Wish, left: dict[Place, int], at: str) -> ReservationEvent:
    place = _place(one)
    _check_promise(one, left[place])
    event = _event(
        one,
        ReservationKind.GRANT,
        at,
        quantity=one.quantity,
        holder=one.holder,
        expires_at=one.expires_at,
        believed=left[place],
        is_soft=wish.soft,
    )
    left[place] -= one.quantity
    return event


def _check_promise(one: Reservation, believed: int) -> None:
    """I1, at run time: no right beyond what was available when it was given."""
    if one.quantity > believed:
        raise LedgerBroken(f"{one.holder} was given {one.quantity} of {believed} in {one.store_id}")


def _firm(
    connection: Connection, one: Reservation, renamed: Mapping[str, str], at: str
) -> Reservation:
    holder = renamed.get(one.holder, one.holder)
    values = {"state": "hard", "expires_at": "", "holder": holder}
    if not rights.step(connection, one, owner=rights.owner_of(holder), **values):
        raise LedgerBroken(f"the right of {one.holder} changed under its lock")
    told = holder if holder != one.holder else ""
    rights.tell(connection, [_event(one, ReservationKind.FIRM, at, holder=told)])
    hard = replace(one, state=ReservationState.HARD, holder=holder)
    return replace(hard, expires_at="", version=one.version + 1)


def _move(connection: Connection, one: Reservation, to_store_id: str) -> Reservation:
    if not rights.step(connection, one, store_id=to_store_id):
        raise LedgerBroken(f"the right of {one.holder} changed under its lock")
    return replace(one, store_id=to_store_id, version=one.version + 1)


def _tell_moves(
    connection: Connection,
    moving: Iterable[Reservation],
    to_store_id: str,
    believed: Mapping[Place, int],
    at: str,
) -> None:
    left = dict(believed)
    events = []
    for one in moving:
        place = (to_store_id, one.sku)
        _check_promise(one, left[place])
        event = _event(one, ReservationKind.TRANSFER, at, quantity=one.quantity)
        events.append(replace(event, store_id=to_store_id, believed=left[place]))
        left[place] -= one.quantity
    rights.tell(connection, events)


_ENDS = {
    "release": (ReservationKind.RELEASE, "released"),
    "expire": (ReservationKind.EXPIRE, "expired"),
    "pick": (ReservationKind.PICK, "picked"),
}


def _end(
    connection: Connection, live: Sequence[Reservation], how: str, at: str, quantity: int = 0
) -> int:
    """End these rights, or `quantity` pieces of them; what was held is free again."""
    kind, ended = _ENDS[how]
    left = quantity or sum(one.quantity for one in live)
    freed: dict[Place, int] = {}
    events = []
    for one in live:
        pieces = min(left, one.quantity)
        rest = one.quantity - pieces
        state = one.state.value if rest else ended
        if pieces and rights.step(connection, one, state=state, quantity=rest):
            events.append(_event(one, kind, at, quantity=pieces))
            freed[_place(one)] = freed.get(_place(one), 0) - pieces
            left -= pieces
    hold(connection, freed, {})
    rights.tell(connection, events)
    return -sum(freed.values())


def _place(one: Reservation) -> Place:
    return one.store_id, one.sku


def _event(
    one: Reservation,
    kind: ReservationKind,
    at: str,
    *,
    quantity: int = 0,
    holder: str = "",
    expires_at: str = "",
    believed: int = 0,
    is_soft: bool = False,
) -> ReservationEvent:
    return ReservationEvent(
        reservation_id=one.reservation_id,
        kind=kind,
        at=at,
        quantity=quantity,
        store_id=one.store_id,
        sku=one.sku,
        holder=holder,
        expires_at=expires_at,
        believed=believed,
        is_soft=is_soft,
    )
