"""The rules of orders and stock, held against everything that is stored.

Each act checks what it touches (`invariants`); this looks at the whole, for a person who
asks and for the one who does the timed work. The thing to get wrong: calling an order late
whose moment has only just come. The timed work has LATE_SECONDS to see to it.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import Connection, func, select

from central_sync.database import tables as t
from central_sync.database.open import Database
from central_sync.database.write import chunks
from central_sync.retail.orders.invariants import (
    BrokenRule,
    misplaced,
    repeated,
    unbalanced,
    unseen,
)
from central_sync.routing import read_record, replayed
from central_sync.server.orders import decisions, ledger
from central_sync.server.orders.rules import policies
from central_sync.server.orders.timing import later
from central_sync.server.warehouse import rights
from central_sync.server.warehouse.rebuild import broken_rules

LATE_SECONDS = 600
_CHUNK_ORDERS = 200
Progress = Callable[[int, int], None]


def audit_all(database: Database, at: str, progress: Progress) -> list[BrokenRule]:
    """The same in a transaction of its own."""
    with database.reading() as connection:
        return audit(connection, at, progress)


def audit(connection: Connection, at: str, progress: Progress | None = None) -> list[BrokenRule]:
    """I1 to I7 and money, over stock, pledges and every order that is not done.

    `progress` is told (orders done, in all).
    """
    broken = broken_rules(connection) + _sold_twice(connection) + unattended(connection, at)
    ids = _open_orders(connection)
    known, done = policies(connection), 0
    for part in chunks(ids, _CHUNK_ORDERS):
        orders = [stored.order for stored in ledger.find_all(connection, part).values()]
        parcels = [one.parcel_id for each in orders for one in each.parcels if one.is_in_hand]
        broken += misplaced(orders, rights.held_by(connection, parcels))
        for order in orders:
            broken += unbalanced(order) + unseen(order, later(at, -LATE_SECONDS))
            broken += repeated([refund.refund_key for refund in order.refunds])
            for decision_id, _, record in decisions.read(connection, order.order_id):
                policy = known.get(read_record(record).policy)
                if policy is not None and replayed(record, policy) != record:
                    broken.append(BrokenRule("I7", f"{decision_id} of {order.order_id}"))
        done += len(part)
        if progress:
            progress(done, len(ids))
    return broken


def unattended(connection: Connection, at: str) -> list[BrokenRule]:
    """I6: orders whose moment came and passed, and nobody looked: is `central work` running?"""
    row = t.customer_order.c
    found = connection.execute(
        select(row.order_id, row.look_at)
        .where(row.look_at != "", row.look_at <= later(at, -LATE_SECONDS))
        .order_by(row.look_at)
        .limit(1_000)
    )
    return [BrokenRule("I6", f"{one.order_id} was due at {one.look_at}") for one in found]


def _open_orders(connection: Connection) -> list[str]:
    row = t.customer_order.c
    return list(
        connection.execute(
            select(row.order_id).where(row.state != "done").order_by(row.order_id)
        ).scalars()
    )


def _sold_twice(connection: Connection) -> list[BrokenRule]:
    """I4: a quote or a receipt is one order."""
    broken = []
    for column in (t.customer_order.c.quote_id, t.customer_order.c.receipt_id):
        twice = connection.execute(
            select(column).where(column != "").group_by(column).having(func.count() > 1)
        ).scalars()
        broken += [BrokenRule("I4", f"{column.name} {one}") for one in twice]
    return broken
