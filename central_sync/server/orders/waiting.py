"""Orders whose pieces nobody could send: looked at again as soon as somebody may.

Goods were received, a store that was cut off is heard again. The thing to get wrong: trying
every such order every few seconds. What could send it is compared with what could before, and
only a store that is new there is a reason to try; the slow retry of `timing` stays beneath,
also for what stores said no to: that is a person's now.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.server.orders import ledger
from central_sync.server.orders.image import LiveImage
from central_sync.server.orders.placing import NO_STOCK
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.router import Open, open_lines

# The oldest first; the others are tried when their own time comes.
MOST_ORDERS = 1_000


@dataclass(frozen=True, slots=True)
class _Waits:
    """What an order of one version waits for, and who could send any of it when last asked."""

    version: int
    open: tuple[Open, ...]
    known: frozenset[tuple[int, str]] = frozenset()


class Waiting:
    """Remembers who could have sent what; one thread."""

    def __init__(self, room: OrderRoom) -> None:
        self._room = room
        self._waits: dict[str, _Waits] = {}

    def call(self) -> int:
        """Make orders due now for whose pieces a store has turned up; returns how many."""
        at, image = self._room.timestamp(), self._room.router.image
        with self._room.database.reading() as connection:
            self._waits = {
                order_id: self._of(connection, order_id, version)
                for order_id, version in _escalated(connection, at)
            }
        if not self._waits:
            return 0
        image.refresh()
        found = [order_id for order_id in self._waits if self._has_more(order_id, image)]
        if found:
            with self._room.database.atomic() as connection:
                for order_id in found:
                    ledger.look_again(connection, order_id, at)
        return len(found)

    def _of(self, connection: Connection, order_id: str, version: int) -> _Waits:
        kept = self._waits.get(order_id)
        if kept is not None and kept.version == version:
            return kept
        try:
            order = ledger.find(connection, order_id).order
        except ValueError:  # what is stored of it is damaged; `following` tells of it
            return _Waits(version, ())
        nobody_had = {line.line for line in order.lines if line.escalated == NO_STOCK}
        lines = (line for line in open_lines(order) if line.line in nobody_had)
        return _Waits(version, tuple(lines))

    def _has_more(self, order_id: str, image: LiveImage) -> bool:
        """Could a store send a line now that could not before? Remembers who could."""
        waits = self._waits[order_id]
        able = frozenset(
            (line.line, store_id)
            for line in waits.open
            for store_id in image.heard_with(line.sku)
            if store_id not in line.passed_over
        )
        self._waits[order_id] = _Waits(waits.version, waits.open, able)
        return bool(able - waits.known)


def _escalated(connection: Connection, at: str) -> list[tuple[str, int]]:
    """Orders that a person was told of and that nobody looks at now: (id, version)."""
    row = t.customer_order.c
    found = connection.execute(
        select(row.order_id, row.version)
        .where(row.look_at > at, row.look_at != "", row.state == "escalated")
        .order_by(row.placed_at)
        .limit(MOST_ORDERS)
    )
    return [(order_id, version) for order_id, version in found]
