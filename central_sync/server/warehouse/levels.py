"""The guard on every promise: `reserved` is changed here, by conditional updates, only.

Whatever was read before, the database decides at the moment of writing. The thing to get
wrong: the order. Rows are taken in key order, releases and grants of one step together, or
two moves in opposite directions wait for one another for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Update, and_, bindparam, case, update

from central_sync.database import tables as t
from central_sync.database.changes import changed
from central_sync.database.trip import Reply, Trip
from central_sync.retail.stock import Figure, available, spare
from central_sync.server.warehouse.figures import Place


class LedgerBroken(RuntimeError):
    """Stored rights and `reserved` no longer agree (I2): a bug of ours; nothing was written."""


def hold(
    connection: Connection, changes: Mapping[Place, int], figures: Mapping[Place, Figure]
) -> dict[Place, int] | None:
    """Add to `reserved`, or take away where negative: all of it, or None and nothing.

    What is added must be available at this very moment. Returns, per place, what was
    available before. Raises LedgerBroken when more is let go than is held.
    """
    believed: dict[Place, int] = {}
    done: list[Place] = []
    for place in sorted(changes):
        available = _change(connection, place, changes[place], figures.get(place))
        if available is None:
            for earlier in reversed(done):
                _change(connection, earlier, -changes[earlier], None)
            return None
        believed[place] = available
        done.append(place)
    return believed


@dataclass(frozen=True, slots=True)
class Taken:
    """`believed` is what was available before, per place; `told` what a trip makes of it."""

    believed: Mapping[Place, int]
    told: Sequence[Reply]

    def check(self) -> None:
        """After the trip; raises LedgerBroken."""
        if any(reply.count != 1 for reply in self.told):
            raise LedgerBroken("a locked stock row changed under its lock")


def hold_locked(trip: Trip, changes: Mapping[Place, int], figures: Mapping[Place, Figure]) -> Taken:
    """The same in a trip, for rows that the caller holds locked and has counted out."""
    told = [
        trip.ask(
            _GUARDED,
            p_store=store_id,
            p_sku=sku,
            p_pieces=pieces,
            p_spare=spare(figures[store_id, sku]),
            p_pledge=figures[store_id, sku].pledge_epoch,
        )
        for (store_id, sku), pieces in sorted(changes.items())
        if pieces
    ]
    return Taken({place: available(figures[place]) for place in changes}, told)


def _guarded() -> Update:
    """No more than is there, and no more than is lent where anything is.

    Of another pledge than the one that was read nothing is taken: it is read again.
    """
    level = t.stock_level.c
    there = level.on_hand - bindparam("p_spare")
    is_less = and_(level.pledged.is_not(None), level.pledged < there)
    most = case((is_less, level.pledged), else_=there)
    return (
        update(t.stock_level)
        .where(level.store_id == bindparam("p_store"), level.sku == bindparam("p_sku"))
        .where(level.pledge_epoch == bindparam("p_pledge"))
        .where(most - level.reserved >= bindparam("p_pieces"))
        .values(reserved=level.reserved + bindparam("p_pieces"), changed=changed())
    )


def _let_go() -> Update:
    level = t.stock_level.c
    return (
        update(t.stock_level)
        .where(level.store_id == bindparam("p_store"), level.sku == bindparam("p_sku"))
        .where(level.reserved + bindparam("p_pieces") >= 0)
        .values(reserved=level.reserved + bindparam("p_pieces"), changed=changed())
    )


# Made once: to build and compile a statement costs more than to run it.
_AFTER = (t.stock_level.c.on_hand, t.stock_level.c.reserved, t.stock_level.c.pledged)
_GUARDED = _guarded()
_GUARDED_TOLD = _guarded().returning(*_AFTER)
_LET_GO_TOLD = _let_go().returning(*_AFTER)


def _change(connection: Connection, place: Place, pieces: int, figure: Figure | None) -> int | None:
    """What was available before; None when there is too little. Without a figure: no guard."""
    values: dict[str, Any] = {"p_store": place[0], "p_sku": place[1], "p_pieces": pieces}
    kept = spare(figure) if figure else 0
    if pieces > 0 and figure is not None:
        guarded = {"p_spare": kept, "p_pledge": figure.pledge_epoch}
        row = connection.execute(_GUARDED_TOLD, values | guarded).first()
    else:
        row = connection.execute(_LET_GO_TOLD, values).first()
        if row is None:
            raise LedgerBroken(f"{place[0]} {place[1]}: more is let go than is held")
    if row is None:
        return None
    there = row.on_hand - kept
    most = there if row.pledged is None else min(there, row.pledged)
    return int(most - (row.reserved - pieces))
