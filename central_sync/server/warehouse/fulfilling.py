"""What an order's events ask of stock, carried out: hold, move, let go, pick, put back, recount.

`carry_out` takes the effects of `retail.orders.effects` in the caller's transaction. The
thing to get wrong: refusing what has happened. A pick takes goods off the shelf even when
its right is gone, and answers whom that left short.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, update

from central_sync.database import tables as t
from central_sync.retail.money import BASIS_POINTS
from central_sync.retail.orders import EffectKind, StockEffect
from central_sync.retail.stock import MovementKind, Reservation
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.warehouse import ledger, pledges, reserving
from central_sync.server.warehouse.reserving import Gone, Missing, Short, Want

# A nil pick moves the learned chance this far, a pick that found its goods back the same way.
_LEARNS_ONE_IN = 8


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """`missing`: what could not be held; the caller takes the whole transaction back.

    `broken`: rights of others that the goods no longer cover.
    """

    missing: tuple[Missing, ...] = ()
    broken: tuple[Reservation, ...] = ()


def carry_out(
    connection: Connection, effects: Sequence[StockEffect], at: str, order_id: str = ""
) -> CarriedOut:
    """Carry out an order's stock effects in their order; stops at the first that is short.

    The stores' feed scopes are taken first, so call it before holding anything else.
    """
    touched = {effect.store_id for effect in effects if effect.kind in _MOVES_GOODS}
    lock_scopes(connection, [store_scope(store_id) for store_id in touched])
    broken: tuple[Reservation, ...] = ()
    for kind, part in _runs(effects):
        if kind is EffectKind.HOLD:
            missing = _hold(connection, part, at)
        elif kind is EffectKind.MOVE:
            missing = _move(connection, part, at)
        else:
            missing = ()
            for effect in part:
                broken += _one(connection, effect, at, order_id)
        if missing:
            return CarriedOut(missing, broken)
    return CarriedOut((), broken)


def pick(
    connection: Connection,
    holder: str,
    store_id: str,
    sku: str,
    quantity: int,
    at: str,
    order_id: str = "",
) -> tuple[Reservation, ...]:
    """Goods left the shelf for an order: its right ends; returns the rights this broke."""
    reserving.end_picked(connection, holder, at, quantity)
    pledges.used(connection, store_id, sku, quantity, at)
    _learn(connection, store_id, sku, is_nil=False)
    movement = ledger.central_movement(
        store_id, sku, MovementKind.PICK, -quantity, at, order_id=order_id
    )
    return ledger.move(connection, store_id, [movement], at)


def put_back(
    connection: Connection, store_id: str, sku: str, quantity: int, at: str, order_id: str = ""
) -> None:
    """Picked goods are on the shelf again."""
    movement = ledger.central_movement(
        store_id, sku, MovementKind.PUT_BACK, quantity, at, order_id=order_id
    )
    ledger.move(connection, store_id, [movement], at)


def recount(
    connection: Connection, store_id: str, sku: str, at: str, order_id: str = ""
) -> tuple[Reservation, ...]:
    """A pick found nothing: the record goes to zero until somebody counts.

    Returns the rights that it breaks; the caller orders the count.
    """
    level = ledger.levels_of(connection, store_id, [sku]).get(sku)
    _learn(connection, store_id, sku, is_nil=True)
    if level is None or level.on_hand <= 0:
        return ()
    movement = ledger.central_movement(
        store_id, sku, MovementKind.COUNT, -level.on_hand, at, reason="nil pick", order_id=order_id
    )
    return ledger.move(connection, store_id, [movement], at)


_MOVES_GOODS = (EffectKind.PICK, EffectKind.PUT_BACK, EffectKind.RECOUNT)


def _runs(effects: Sequence[StockEffect]) -> Iterable[tuple[EffectKind, list[StockEffect]]]:
    """Neighbours of one kind together: two holds of one item are one wish."""
    part: list[StockEffect] = []
    for effect in effects:
        if part and part[-1].kind is not effect.kind:
            yield part[0].kind, part
            part = []
        part.append(effect)
    if part:
        yield part[0].kind, part


def _hold(connection: Connection, effects: Sequence[StockEffect], at: str) -> tuple[Missing, ...]:
    wants = [Want(one.store_id, one.sku, one.quantity, one.holder) for one in effects]
    answer = reserving.grant(connection, wants, "", "", False, at)
    return answer.missing if isinstance(answer, Short) else ()


def _move(connection: Connection, effects: Sequence[StockEffect], at: str) -> tuple[Missing, ...]:
    for effect in effects:
        answer = reserving.transfer(connection, effect.holder, effect.to_store_id, at)
        if isinstance(answer, Short):
            return answer.missing
        if isinstance(answer, Gone):
            # The right was broken or ended meanwhile: then the move is a grant of its own.
            missing = _hold(connection, [_at_its_new_store(effect)], at)
            if missing:
                return missing
    return ()


def _at_its_new_store(effect: StockEffect) -> StockEffect:
    return StockEffect(
        EffectKind.HOLD, effect.holder, effect.to_store_id, effect.sku, effect.quantity
    )


def _one(
    connection: Connection, effect: StockEffect, at: str, order_id: str
) -> tuple[Reservation, ...]:
    place = (effect.store_id, effect.sku)
    match effect.kind:
        case EffectKind.RELEASE:
            reserving.release(connection, effect.holder, at, effect.quantity)
            return ()
        case EffectKind.PICK:
            return pick(connection, effect.holder, *place, effect.quantity, at, order_id)
        case EffectKind.PUT_BACK:
            put_back(connection, *place, effect.quantity, at, order_id)
            return ()
        case _:
            return recount(connection, *place, at, order_id)


def _learn(connection: Connection, store_id: str, sku: str, *, is_nil: bool) -> None:
    """The chance that this record is wrong, from what pickers find."""
    level = t.stock_level.c
    nil = level.nil_basis_points
    towards = BASIS_POINTS - nil if is_nil else -nil
    connection.execute(
        update(t.stock_level)
        .where(level.store_id == store_id, level.sku == sku)
        .values(nil_basis_points=nil + towards // _LEARNS_ONE_IN)
    )
