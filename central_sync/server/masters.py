"""Writes to the masters: the row and its word on the feed in one transaction.

Whoever changes a price, by API, command or import, comes through here; so no till can
miss it. What is equal already is not written and not told. The thing to get wrong:
changing a master table by any other road.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, tuple_

from central_sync.database import tables as t
from central_sync.database.write import chunks, upsert
from central_sync.retail.operator import Role
from central_sync.retail.stock import MovementKind, Reservation
from central_sync.server.catalogue import chain_change, operator_changes
from central_sync.server.facts import OperatorWrite, StockAdjustment
from central_sync.server.feed import CHAIN, append, lock_scopes, store_scope
from central_sync.server.reading import LARGEST_QUANTITY
from central_sync.server.refused import invalid, not_found
from central_sync.server.warehouse import ledger
from central_sync.wire.pins import hash_pin

LARGEST_PRICE_MINOR = 10**10
LANGUAGES = ("sv", "en")
Row = Mapping[str, Any]


def set_price(connection: Connection, sku: str, price_minor: int, at: str) -> bool:
    """Change one item's price in all stores; raises Refused. True when it was another."""
    if not 0 <= price_minor <= LARGEST_PRICE_MINOR:
        raise invalid(f"a price is 0 to {LARGEST_PRICE_MINOR} in minor units")
    if connection.execute(select(t.item.c.sku).where(t.item.c.sku == sku)).first() is None:
        raise not_found(f"there is no item {sku}")
    return put_chain_rows(connection, t.price, [{"sku": sku, "price_minor": price_minor}], at) > 0


def put_chain_rows(connection: Connection, table: Table, rows: Sequence[Row], at: str) -> int:
    """Make rows of a table that all stores have equal to these; returns how many changed."""
    lock_scopes(connection, [CHAIN])
    changed = changed_rows(connection, table, rows)
    upsert(connection, table, changed)
    append(connection, [chain_change(table.name, row) for row in changed], at)
    return len(changed)


def put_operator(connection: Connection, number: str, wish: OperatorWrite, at: str) -> None:
    """Add or change an operator and tell every store; raises Refused 422."""
    all_stores = store_ids(connection)
    lock_scopes(connection, [store_scope(store_id) for store_id in all_stores])
    row = _operator_row(connection, number, wish, all_stores)
    upsert(connection, t.operator, [row])
    link_operator(connection, number, wish.stores)
    append(connection, operator_changes(connection, [number], all_stores), at)


def link_operator(connection: Connection, number: str, stores: Iterable[str]) -> None:
    """Make these the stores of an operator; none means all of them."""
    connection.execute(delete(t.operator_store).where(t.operator_store.c.number == number))
    links = [{"number": number, "store_id": store_id} for store_id in sorted(set(stores))]
    if links:
        connection.execute(insert(t.operator_store), links)


def adjust_stock(connection: Connection, wish: StockAdjustment, at: str) -> tuple[Reservation, ...]:
    """Add a movement that no receipt made; returns the rights it broke. Raises Refused."""
    if wish.store_id not in store_ids(connection):
        raise not_found(f"there is no store {wish.store_id}")
    if connection.execute(select(t.item.c.sku).where(t.item.c.sku == wish.sku)).first() is None:
        raise not_found(f"there is no item {wish.sku}")
    if not wish.delta or abs(wish.delta) > LARGEST_QUANTITY or not wish.reason.strip():
        raise invalid("an adjustment is a number of pieces other than 0, with a reason")
    lock_scopes(connection, [store_scope(wish.store_id)])
    movement = ledger.central_movement(
        wish.store_id, wish.sku, MovementKind.ADJUSTMENT, wish.delta, at, reason=wish.reason
    )
    return ledger.move(connection, wish.store_id, [movement], at)


def changed_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> list[Row]:
    """The rows that are not there yet, or other than they are there."""
    return [row for part in chunks(rows) for row in _changed(connection, table, part)]


def store_ids(connection: Connection) -> list[str]:
    return list(connection.execute(select(t.store.c.store_id).order_by("store_id")).scalars())


def _changed(connection: Connection, table: Table, rows: Sequence[Row]) -> list[Row]:
    keys = list(table.primary_key)
    names = list(rows[0])
    asked = [tuple(row[key.name] for key in keys) for row in rows]
    is_wanted = (
        keys[0].in_([values[0] for values in asked]) if len(keys) == 1 else tuple_(*keys).in_(asked)
    )
    found = connection.execute(select(*keys, *(table.c[name] for name in names)).where(is_wanted))
    there = {tuple(row[: len(keys)]): tuple(row[len(keys) :]) for row in found}
    return [
        row
        for key, row in zip(asked, rows, strict=True)
        if there.get(key) != tuple(row[name] for name in names)
    ]


def _operator_row(
    connection: Connection, number: str, wish: OperatorWrite, all_stores: Sequence[str]
) -> dict[str, Any]:
    if not (number.isascii() and number.isdigit() and len(number) <= 10):
        raise invalid("an operator's number is one to ten digits")
    if wish.role not in [role.value for role in Role]:
        raise invalid(f"role is one of {', '.join(role.value for role in Role)}")
    if wish.language not in LANGUAGES:
        raise invalid(f"language is one of {', '.join(LANGUAGES)}")
    unknown = sorted(set(wish.stores) - set(all_stores))
    if unknown:
        raise invalid(f"there is no store {unknown[0]}")
    return {
        "number": number,
        "name": _name(wish.name),
        "role": wish.role,
        "pin_hash": _pin_hash(connection, number, wish.pin),
        "language": wish.language,
        "is_everywhere": int(not wish.stores),
    }


def _name(name: str) -> str:
    plain = " ".join(name.split())
    if not plain.isprintable() or not 1 <= len(plain) <= 100:
        raise invalid("a name is one to a hundred printable characters")
    return plain


def _pin_hash(connection: Connection, number: str, pin: str) -> str:
    if pin:
        if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 12):
            raise invalid("a PIN is four to twelve digits")
        return hash_pin(pin)
    there = connection.execute(
        select(t.operator.c.pin_hash).where(t.operator.c.number == number)
    ).scalar()
    if not there:
        raise invalid("a new operator needs a PIN")
    return str(there)
