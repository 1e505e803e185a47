"""What an order's tasks need besides the order: names, reasons, labels, the hash of a code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.trip import Reply, Trip, among
from central_sync.retail.orders import CustomerOrder, Parcel, ParcelState
from central_sync.server.orders.decisions import (
    ASKED_AT_ONCE,
    COLLECTED_HERE,
    ask_sentences,
    kept_sentences,
    read_sentences,
)
from central_sync.server.orders.identities import collect_code
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.tasks import ItemWords, Words
from central_sync.wire.tasks import hash_of_code

_ITEMS = select(
    t.item.c.sku, t.item.c.name, t.item.c.model, t.item.c.colour, t.item.c.size, t.item.c.gtin
).where(among(t.item.c.sku, "skus"))


def words_for(
    room: OrderRoom, connection: Connection, orders: Sequence[CustomerOrder]
) -> list[Words]:
    """For each order; what they need is looked up for all of them at once."""
    trip = Trip(connection)
    asked = ask(trip, orders)
    trip.go()
    return words_from(room, connection, asked, orders)


@dataclass(frozen=True, slots=True)
class AskedWords:
    items: Reply
    why: Reply


def ask(trip: Trip, orders: Sequence[CustomerOrder]) -> AskedWords:
    """In a trip with other questions; `words_from` reads what it answers."""
    skus = {line.sku for order in orders for line in order.lines}
    decided = (parcel.decision_id for order in orders for parcel in order.parcels)
    return AskedWords(trip.ask(_ITEMS, skus=sorted(skus)), ask_sentences(trip, decided))


def words_from(
    room: OrderRoom, connection: Connection, asked: AskedWords, orders: Sequence[CustomerOrder]
) -> list[Words]:
    parcels = [parcel for order in orders for parcel in order.parcels]
    shared = Words(
        store_names=room.stores(connection).names,
        items=_items(asked.items),
        why=_reasons(read_sentences(asked.why), parcels),
        labels=_labels(connection, parcels),
        code_hashes={
            parcel.parcel_id: hash_of_code(
                parcel.parcel_id, collect_code(room.secret, parcel.parcel_id)
            )
            for parcel in parcels
            if parcel.collect_store_id
        },
    )
    return [replace(shared, receipt_number=_receipt_number(connection, one)) for one in orders]


def reasons(connection: Connection, parcels: Iterable[Parcel]) -> dict[str, tuple[str, str]]:
    """Why a store has or is offered a parcel: by "parcel/store", in Swedish and English."""
    parcels = list(parcels)
    kept = kept_sentences(connection, (parcel.decision_id for parcel in parcels))
    return _reasons(kept, parcels)


def _reasons(
    kept: Mapping[str, dict[str, tuple[str, str]]], parcels: Iterable[Parcel]
) -> dict[str, tuple[str, str]]:
    found = {}
    for parcel in parcels:
        told = kept.get(parcel.decision_id, {})
        for store_id in {parcel.store_id, *(offer.store_id for offer in parcel.offers)}:
            other = ASKED_AT_ONCE if parcel.decision_id else COLLECTED_HERE
            found[f"{parcel.parcel_id}/{store_id}"] = told.get(store_id, other)
    return found


def items(connection: Connection, skus: Iterable[str]) -> dict[str, ItemWords]:
    trip = Trip(connection)
    asked = trip.ask(_ITEMS, skus=sorted(skus))
    trip.go()
    return _items(asked)


def _items(asked: Reply) -> dict[str, ItemWords]:
    return {
        one.sku: ItemWords(one.name, one.model, one.colour, one.size, one.gtin)
        for one in asked.rows
    }


def _labels(connection: Connection, parcels: Iterable[Parcel]) -> dict[str, tuple[str, str]]:
    """(tracking, sealed labels) that the carrier gave."""
    packed = [parcel.parcel_id for parcel in parcels if parcel.state is ParcelState.PACKED]
    if not packed:
        return {}
    row = t.outgoing.c
    rows = connection.execute(
        select(row.parcel_id, row.result).where(
            row.kind == "label", row.state == "sent", row.parcel_id.in_(packed)
        )
    )
    booked = {parcel_id: json.loads(result) for parcel_id, result in rows}
    return {
        parcel_id: (one["tracking"], one.get("labels", "")) for parcel_id, one in booked.items()
    }


def _receipt_number(connection: Connection, order: CustomerOrder) -> str:
    is_asked = order.refunds or any(line.escalated for line in order.lines)
    if not order.receipt_id or not is_asked:
        return ""
    row = t.receipt.c
    found = connection.execute(
        select(row.receipt_number).where(row.receipt_id == order.receipt_id)
    ).scalar()
    return found or ""
