"""What stores lend to the web: offered, agreed to, used up, broken, ended; and told to the tills.

The ledger is the truth (`retail.stock.pledge`), the row and what it limits on the stock level
are made from it. The thing to get wrong: whose yes it takes. Every till that may be selling
has to know, or one that was cut off sells what central promises; so one that was heard of in
the last SELLERS_DAYS and has not answered keeps an offer waiting.

Whoever changes a pledge holds the store's feed scope (`feed.lock_scopes`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, or_, select, update

from central_sync.database import tables as t
from central_sync.database.changes import changed
from central_sync.database.write import chunks, upsert
from central_sync.retail.stock import (
    Pledge,
    PledgeEvent,
    PledgeKind,
    PledgeState,
    evolve_pledge,
    is_over,
)
from central_sync.server.feed import Change, append, lock_scopes, store_scope
from central_sync.server.refused import Refused, invalid, not_found
from central_sync.server.timestamps import iso

SELLERS_DAYS = 7
Place = tuple[str, str]


def find(connection: Connection, store_id: str, sku: str) -> Pledge:
    """The pledge as it stands; an ended one where there was none."""
    return _of_store(connection, store_id, [sku]).get(sku) or Pledge(store_id, sku)


def listed(connection: Connection, store_id: str = "", *, with_ended: bool = False) -> list[Pledge]:
    """Pledges of a store, or of all, by place."""
    row = t.pledge.c
    query = select(t.pledge).order_by(row.store_id, row.sku)
    query = query.where(row.store_id == store_id) if store_id else query
    found = [read_pledge(one) for one in connection.execute(query)]
    return [one for one in found if with_ended or one.state is not PledgeState.ENDED]


def read_pledge(row: Any) -> Pledge:
    values = {name: getattr(row, name) for name in Pledge.__slots__}
    return Pledge(**values | {"is_agreed": bool(row.is_agreed)})


def offer(
    connection: Connection,
    store_id: str,
    sku: str,
    quantity: int,
    lease_until: str,
    at: str,
    *,
    who: str = "",
    reason: str = "",
) -> Pledge:
    """Ask a store to lend pieces; less than it lends now counts at once, more from its yes.

    Raises Refused: 404 where the store has no such record, 409 where it has fewer pieces, or
    where more are held than are to be lent.
    """
    if quantity <= 0 or lease_until <= at:
        raise invalid("a pledge is one piece or more, for a time that is still to come")
    lock_scopes(connection, [store_scope(store_id)])
    level = _level(connection, store_id, sku)
    if quantity > level.on_hand:
        raise _conflict(f"{store_id} has {level.on_hand} pieces of {sku}")
    before = find(connection, store_id, sku)
    event = PledgeEvent(
        *(store_id, sku, before.epoch + 1, PledgeKind.OFFER, at),
        quantity=quantity,
        lease_until=lease_until,
        who=who,
        reason=reason,
    )
    after = evolve_pledge(before, event)
    if not _limit(connection, after, unless_held=True):
        raise _conflict(
            f"more pieces of {sku} are held in {store_id} for orders; lend more, or wait"
        )
    _keep(connection, [after], [event])
    append(connection, [told(after)], at)
    _agree(connection, [after], at)
    return find(connection, store_id, sku)


def acknowledge(
    connection: Connection,
    store_id: str,
    workstation_id: str,
    seen: Iterable[tuple[str, int]],
    at: str,
) -> None:
    """A till keeps these back from now on: (sku, epoch). What it says of older epochs is late."""
    epochs = dict(seen)
    if not epochs:
        return
    lock_scopes(connection, [store_scope(store_id)])
    known = _of_store(connection, store_id, sorted(epochs))
    waiting = [one for one in known.values() if one.is_waiting and one.epoch == epochs[one.sku]]
    said = _said_yes(connection, waiting)
    new = [one for one in waiting if workstation_id not in said.get(_offer(one), ())]
    _tell(connection, [_event(one, PledgeKind.ACKNOWLEDGE, at, who=workstation_id) for one in new])
    _agree(connection, waiting, at)


def override(
    connection: Connection,
    store_id: str,
    operator: str,
    sold: Iterable[tuple[str, int, int]],
    reason: str,
    at: str,
) -> None:
    """A cashier sold what was kept back: (sku, pieces, epoch). Kept beside what it broke."""
    events = [
        PledgeEvent(
            *(store_id, sku, epoch, PledgeKind.OVERRIDE, at),
            quantity=pieces,
            who=operator,
            reason=reason,
        )
        for sku, pieces, epoch in sold
    ]
    _tell(connection, events)


def used(connection: Connection, store_id: str, sku: str, quantity: int, at: str) -> None:
    """Pieces were picked for an order: so many fewer are lent."""
    pledge = find(connection, store_id, sku)
    if pledge.state is not PledgeState.ENDED:
        _step(connection, [_event(pledge, PledgeKind.USE, at, quantity=quantity)], [pledge], at)


def uncovered(
    connection: Connection, store_id: str, left: Mapping[str, int], at: str, why: str = ""
) -> list[Change]:
    """The shelf holds fewer than are lent there: no more than these are. The feed's words."""
    known = _of_store(connection, store_id, sorted(left))
    broken = [one for one in known.values() if one.quantity > max(0, left[one.sku])]
    events = [
        _event(one, PledgeKind.BREAK, at, quantity=max(0, left[one.sku]), reason=why)
        for one in broken
    ]
    return _stepped(connection, events, broken)


def lift(
    connection: Connection, places: Sequence[Place], at: str, *, who: str = "", reason: str = ""
) -> int:
    """Give pieces back to their stores, at once; returns how many pledges ended."""
    lock_scopes(connection, {store_scope(store_id) for store_id, _ in places})
    ended = [one for place in sorted(set(places)) if (one := find(connection, *place)).quantity]
    events = [_event(one, PledgeKind.LIFT, at, who=who, reason=reason) for one in ended]
    _step(connection, events, ended, at)
    return len(ended)


def end_leases(connection: Connection, at: str) -> int:
    """End what has run out by central's clock; returns how many."""
    row = t.pledge.c
    rows = connection.execute(
        select(t.pledge)
        .where(row.lease_until != "")
        .where(or_(row.lease_until <= at, (row.lent_until != "") & (row.lent_until <= at)))
        .order_by(row.store_id, row.sku)
    )
    places = [(one.store_id, one.sku) for one in rows]
    lock_scopes(connection, {store_scope(store_id) for store_id, _ in places})
    over = [one for place in places if is_over(one := find(connection, *place), at)]
    _step(connection, [_event(one, PledgeKind.EXPIRE, at) for one in over], over, at)
    return len(over)


def settle_waiting(connection: Connection, at: str) -> int:
    """Offers that wait for a till which is no seller any more; returns how many are agreed."""
    waiting = [one for one in listed(connection) if one.is_waiting]
    lock_scopes(connection, {store_scope(one.store_id) for one in waiting})
    fresh = [find(connection, one.store_id, one.sku) for one in waiting]
    return _agree(connection, [one for one in fresh if one.is_waiting], at)


def told(pledge: Pledge) -> Change:
    """The feed's word of a pledge."""
    scope = store_scope(pledge.store_id)
    if not pledge.quantity:
        return Change(scope, "pledge", pledge.sku, None, "delete")
    return Change(scope, "pledge", pledge.sku, _told_row(pledge))


def told_rows(connection: Connection, store_id: str) -> Iterator[dict[str, Any]]:
    """What a store's master file has of them, by item."""
    return (_told_row(one) for one in listed(connection, store_id) if one.quantity)


def write(connection: Connection, pledges: Sequence[Pledge]) -> None:
    """Make the rows these, and what they limit; the ledger is left as it is."""
    for pledge in pledges:
        _limit(connection, pledge)
    _keep(connection, pledges, ())


def events_of(connection: Connection, store_id: str = "") -> Iterator[PledgeEvent]:
    """The ledger in its order, of one store or of all."""
    row = t.pledge_event.c
    query = select(t.pledge_event).order_by(row.event_id)
    query = query.where(row.store_id == store_id) if store_id else query
    for one in connection.execute(query):
        yield PledgeEvent(
            *(one.store_id, one.sku, one.epoch, PledgeKind(one.kind), one.at),
            *(one.quantity, one.lease_until, one.who, one.reason),
        )


def _told_row(pledge: Pledge) -> dict[str, Any]:
    return {
        "sku": pledge.sku,
        "quantity": pledge.quantity,
        "lease_until": pledge.lease_until,
        "epoch": pledge.epoch,
        "is_offered": int(pledge.is_waiting),
    }


def _of_store(connection: Connection, store_id: str, skus: Sequence[str]) -> dict[str, Pledge]:
    row = t.pledge.c
    found: dict[str, Pledge] = {}
    for part in chunks(skus):
        rows = connection.execute(
            select(t.pledge).where(row.store_id == store_id, row.sku.in_(part)).order_by(row.sku)
        )
        found.update((one.sku, read_pledge(one)) for one in rows)
    return found


def _level(connection: Connection, store_id: str, sku: str) -> Any:
    row = t.stock_level.c
    found = connection.execute(
        select(row.on_hand, row.reserved).where(row.store_id == store_id, row.sku == sku)
    ).first()
    if found is None:
        raise not_found(f"{store_id} keeps no {sku}")
    return found


def _conflict(sentence: str) -> Refused:
    return Refused(409, "cannot_lend", sentence)


def _agree(connection: Connection, waiting: Sequence[Pledge], at: str) -> int:
    """Offers that every till of their store knows are in force."""
    said = _said_yes(connection, waiting)
    sellers = {one.store_id: _sellers(connection, one.store_id, at) for one in waiting}
    agreed = [
        one
        for one in waiting
        if (needed := sellers[one.store_id]) and needed <= said.get(_offer(one), set())
    ]
    _step(connection, [_event(one, PledgeKind.AGREE, at) for one in agreed], agreed, at)
    for one in agreed:
        on_hand = _level(connection, one.store_id, one.sku).on_hand
        append(connection, uncovered(connection, one.store_id, {one.sku: on_hand}, at), at)
    return len(agreed)


def _offer(pledge: Pledge) -> tuple[str, str, int]:
    return pledge.store_id, pledge.sku, pledge.epoch


def _said_yes(
    connection: Connection, waiting: Sequence[Pledge]
) -> dict[tuple[str, str, int], set[str]]:
    """Workstations that acknowledged, by offer; the offers are of one store or few."""
    row = t.pledge_event.c
    found: dict[tuple[str, str, int], set[str]] = {}
    for store_id in sorted({one.store_id for one in waiting}):
        skus = sorted({one.sku for one in waiting if one.store_id == store_id})
        for part in chunks(skus):
            rows = connection.execute(
                select(row.sku, row.epoch, row.who).where(
                    row.store_id == store_id,
                    row.sku.in_(part),
                    row.kind == PledgeKind.ACKNOWLEDGE.value,
                )
            )
            for one in rows:
                found.setdefault((store_id, one.sku, one.epoch), set()).add(one.who)
    return found


def _sellers(connection: Connection, store_id: str, at: str) -> set[str]:
    """Tills that may be selling now."""
    since = iso(datetime.fromisoformat(at) - timedelta(days=SELLERS_DAYS))
    row = t.workstation.c
    return set(
        connection.execute(
            select(row.workstation_id).where(
                row.store_id == store_id, row.status == "active", row.last_contact_at >= since
            )
        ).scalars()
    )


def _event(
    pledge: Pledge,
    kind: PledgeKind,
    at: str,
    *,
    quantity: int = 0,
    who: str = "",
    reason: str = "",
) -> PledgeEvent:
    place = (pledge.store_id, pledge.sku, pledge.epoch)
    return PledgeEvent(*place, kind, at, quantity, who=who, reason=reason)


def _step(
    connection: Connection, events: Sequence[PledgeEvent], before: Sequence[Pledge], at: str
) -> None:
    append(connection, _stepped(connection, events, before), at)


def _stepped(
    connection: Connection, events: Sequence[PledgeEvent], before: Sequence[Pledge]
) -> list[Change]:
    """Fold an event into each, keep them, and say what the feed has to tell."""
    after = [evolve_pledge(one, event) for one, event in zip(before, events, strict=True)]
    for one in after:
        _limit(connection, one)
    _keep(connection, after, events)
    return [told(new) for old, new in zip(before, after, strict=True) if told(old) != told(new)]


def _limit(connection: Connection, pledge: Pledge, *, unless_held: bool = False) -> bool:
    """What may be held there from now on; False when more is held already than may be."""
    row = t.stock_level.c
    is_ended = pledge.state is PledgeState.ENDED
    query = update(t.stock_level).where(row.store_id == pledge.store_id, row.sku == pledge.sku)
    if unless_held:
        query = query.where(row.reserved <= pledge.lent)
    found = connection.execute(
        query.values(
            pledged=None if is_ended else pledge.lent,
            pledge_epoch=0 if is_ended else pledge.epoch,
            lent_until=pledge.lent_until,
            changed=changed(),
        )
    )
    return found.rowcount == 1


def _keep(connection: Connection, pledges: Sequence[Pledge], events: Sequence[PledgeEvent]) -> None:
    rows = [{name: getattr(one, name) for name in Pledge.__slots__} for one in pledges]
    upsert(connection, t.pledge, [row | {"is_agreed": int(row["is_agreed"])} for row in rows])
    _tell(connection, events)


def _tell(connection: Connection, events: Sequence[PledgeEvent]) -> None:
    rows = [{name: getattr(one, name) for name in PledgeEvent.__slots__} for one in events]
    if rows:
        plain = [row | {"kind": row["kind"].value} for row in rows]
        connection.execute(insert(t.pledge_event), plain)
