"""What orders work with in one process: stores, router, private data, carrier, clock.

Made once beside a Central; holds no truth. Tests make one with a clock and twins of theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sqlalchemy import Connection

from central_sync.database.open import Database
from central_sync.database.trip import Trip
from central_sync.server.orders.image import LiveImage
from central_sync.server.orders.router import Router
from central_sync.server.orders.stores import StoreBook, Stores
from central_sync.server.timestamps import Clock, iso
from central_sync.server.together import CommitDesk
from central_sync.server.warehouse.grouping import GrantQueue
from central_sync.wire.orders import AddressWords


class Private(Protocol):
    """Names and addresses, kept sealed and apart from orders."""

    def keep_all(
        self,
        trip: Trip,
        addresses: Sequence[tuple[str, AddressWords, str]],
        at: str,
        country: str,
    ) -> None:
        """Keep new addresses: the id of each, its words, and the customer it belongs to."""

    def find(self, connection: Connection, address_id: str) -> AddressWords | None:
        """None when it is not known (yet), or erased."""

    def seal_for(
        self, connection: Connection, store_id: str, plain: str, about: str, at: str
    ) -> str:
        """Text that only the tills of a store can read; base64."""


@dataclass(frozen=True, slots=True)
class OrderRoom:
    """`secret` is central's own; collect codes follow from it.

    Holds of quotes go through `grants`, orders through `placings`: many in one transaction.
    """

    database: Database
    now: Clock
    private: Private
    secret: bytes
    book: StoreBook = field(default_factory=StoreBook)
    router: Router = field(init=False)
    grants: GrantQueue = field(init=False)
    placings: CommitDesk[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        image = LiveImage(self.database, self.now, self.book)
        object.__setattr__(self, "router", Router(image))
        object.__setattr__(self, "grants", GrantQueue(self.database, self.now))
        object.__setattr__(self, "placings", CommitDesk(self.database, "placing"))

    def timestamp(self) -> str:
        return iso(self.now())

    def stores(self, connection: Connection) -> Stores:
        return self.book.stores(connection, self.now())
