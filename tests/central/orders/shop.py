"""Builders for tests of orders at central: stores that are heard, goods, quotes, a whole day.

Names and addresses lie in `MemoryPrivate`, a twin of central's own keeping. The thing to get
wrong: stores that no till was ever heard from get nothing; `open_shop` lets them be heard.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.database.trip import Trip
from central_sync.retail.orders import CustomerOrder, ParcelState, commands
from central_sync.server.central import Central
from central_sync.server.orders import deciding, ledger, quoting, selling
from central_sync.server.orders.carrying import Carried
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.wire.orders import AddressWords, OrderPayment, OrderRequest
from central_sync.wire.quotes import QuoteLine, QuoteReply, QuoteRequest
from tests.central.office import Clock, store_row
from tests.central.warehouse import stock

SHOP = Client("key:webshop")
ANNA = AddressWords(
    name="Anna Provsson",
    street="Provgatan 7",
    postcode="411 19",
    town="Göteborg",
    phone="070-174 06 05",
    email="anna@example.se",
)


@dataclass(slots=True)
class MemoryPrivate:
    """Addresses in memory; "sealed" by turning them round."""

    kept: dict[str, AddressWords] = field(default_factory=dict)

    def keep_all(
        self,
        trip: Trip,
        addresses: Sequence[tuple[str, AddressWords, str]],
        at: str,
        country: str,
    ) -> None:
        self.kept |= {address_id: words for address_id, words, _ in addresses}

    def find(self, connection: Connection, address_id: str) -> AddressWords | None:
        return self.kept.get(address_id)

    def seal_for(
        self, connection: Connection, store_id: str, plain: str, about: str, at: str
    ) -> str:
        return f"{store_id}:{plain[::-1]}"


def open_shop(central: Central, goods: dict[str, dict[str, int]], *, stores: int = 4) -> OrderRoom:
    """Stores s01 … with a till each that was just heard; `goods` is sku -> store -> pieces."""
    ids = [f"s{number:02d}" for number in range(1, stores + 1)]
    with central.database.atomic() as connection:
        known = set(connection.execute(select(t.store.c.store_id)).scalars())
        for number, store_id in enumerate(ids):
            if store_id not in known:
                row = store_row(store_id) | {"latitude": f"{57.7 + number / 4:.4f}"}
                connection.execute(insert(t.store).values(row))
            connection.execute(insert(t.workstation).values(_till(store_id, central.timestamp())))
        for sku, places in goods.items():
            _only(connection, sku, places)
    return OrderRoom(central.database, central.now, MemoryPrivate(), b"a secret of central")


def hear(room: OrderRoom, *but: str) -> None:
    """Every store's till was heard just now, but for these."""
    with room.database.atomic() as connection:
        connection.execute(
            update(t.workstation)
            .where(t.workstation.c.store_id.not_in(but))
            .values(last_contact_at=room.timestamp())
        )
    room.router.image.stale()


def quote(
    room: OrderRoom,
    *skus: str,
    mode: str = "ship",
    collect: str = "",
    client: Client = SHOP,
    **changes: Any,
) -> QuoteReply:
    lines = [
        QuoteLine(line=number, sku=sku, mode=mode, collect_store_id=collect)  # type: ignore[arg-type]
        for number, sku in enumerate(skus, 1)
    ]
    values = {"lines": lines, "postcode": "411 19"} | changes
    return quoting.quote(room, QuoteRequest(**values), client)


def order(room: OrderRoom, *skus: str, is_paid: bool = True, **changes: Any) -> CustomerOrder:
    """An order of the web shop, paid whole unless it is paid when it is collected."""
    held = quote(room, *skus, **changes)
    asked = OrderRequest(
        quote_id=held.quote_id,
        address=ANNA,
        payments=[OrderPayment(tender_id="web", amount_minor=held.total_minor)][: int(is_paid)],
    )
    return selling.order(room, asked, changes.get("client", SHOP)).order


def now(room: OrderRoom, order_id: str) -> CustomerOrder:
    with room.database.reading() as connection:
        return ledger.find(connection, order_id).order


def say(room: OrderRoom, order_id: str, command: Any) -> Carried:
    return deciding.act(room, order_id, command)


def pick_all(room: OrderRoom, order_id: str, at: int = 0) -> CustomerOrder:
    """Claim, pick and pack a parcel in the store it was offered to."""
    parcel = now(room, order_id).parcels[at]
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    say(room, order_id, commands.ClaimParcel(*place))
    for line in parcel.lines:
        say(room, order_id, commands.PickLine(*place, line.line, line.quantity))
    return say(room, order_id, commands.PackParcel(*place)).stored.order


def offered(order: CustomerOrder) -> list[tuple[str, str]]:
    """(parcel, store) of every open offer."""
    return [
        (parcel.parcel_id, offer.store_id)
        for parcel in order.parcels
        if parcel.state is ParcelState.OFFERED
        for offer in parcel.open_offers
    ]


def level(room: OrderRoom, store_id: str, sku: str = "SKU-1") -> tuple[int, int]:
    """(on hand, reserved)."""
    row = t.stock_level.c
    with room.database.reading() as connection:
        found = connection.execute(
            select(row.on_hand, row.reserved).where(row.store_id == store_id, row.sku == sku)
        ).first()
    return (found.on_hand, found.reserved) if found else (0, 0)


def tasks(room: OrderRoom, store_id: str) -> dict[str, str]:
    """kind -> state of a store's tasks."""
    row = t.store_task.c
    with room.database.reading() as connection:
        rows = connection.execute(select(row.kind, row.state).where(row.store_id == store_id))
        return {one.kind: one.state for one in rows}


def _only(connection: Connection, sku: str, places: dict[str, int]) -> None:
    """An item lies in these places and nowhere else."""
    row = t.stock_level.c
    had = {
        one.store_id: one.on_hand
        for one in connection.execute(select(row.store_id, row.on_hand).where(row.sku == sku))
    }
    for store_id in sorted({*had, *places}):
        missing = places.get(store_id, 0) - had.get(store_id, 0)
        if missing:
            stock(connection, missing, store_id, sku)


def _till(store_id: str, at: str) -> dict[str, Any]:
    return {
        "workstation_id": f"{store_id}-9",
        "label": "9",
        "store_id": store_id,
        "status": "active",
        "created_at": at,
        "last_contact_at": at,
    }


__all__ = ["ANNA", "SHOP", "Clock", "MemoryPrivate"]
