"""The day on which goods that a store sends now are at a customer's door, kept for a minute.

By the very rules that quotes go by. The thing to get wrong: working it out for every store
in every answer; it changes by the minute at most.
"""

from __future__ import annotations

from datetime import datetime

from central_sync.server.orders.promising import shipped_by
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.rules import OrderRules, order_rules
from central_sync.server.orders.stores import Stores
from central_sync.server.warehouse.sites import KnownSite


class PromiseDays:
    """Safe for many threads: what is kept is replaced as a whole."""

    def __init__(self, room: OrderRoom) -> None:
        self._room = room
        self._kept: tuple[str, OrderRules, Stores, dict[str, str]] | None = None

    def of(self, site: KnownSite) -> str:
        """YYYY-MM-DD in the chain's own time."""
        at = self._room.timestamp()
        kept = self._kept
        if kept is None or kept[0] != at[:16]:
            with self._room.database.reading() as connection:
                kept = (at[:16], order_rules(connection), self._room.stores(connection), {})
            self._kept = kept
        _, rules, stores, days = kept
        if site.store_id not in days:
            by = datetime.fromisoformat(shipped_by(stores.calendar(site.store_id), rules, at))
            days[site.store_id] = by.astimezone(stores.zone).date().isoformat()
        return days[site.store_id]
