"""Finds items as a cashier types: words of the name, a SKU, part of a code.

Works on a connection of its own (the core's reader thread), which another thread
may interrupt; then sqlite3.OperationalError ("interrupted") comes out. Popularity
is the item's rowid, so words need no sorting. Parts of a code are found by a scan
of the barcode table: 55 ms at a million codes, which needs no index on the wire.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from central_sync.retail.folding import match_expression
from central_sync.retail.item import code_key

SHORTEST_CODE_PART = 3

_ITEM = """
SELECT item.sku, item.name, item.gtin, COALESCE(price.price_minor, 0), stock.on_hand,
       item.is_open_price
FROM item LEFT JOIN price USING (sku) LEFT JOIN stock USING (sku)
"""
_BY_SKU = _ITEM + "WHERE item.sku = ? AND NOT item.is_blocked"
_BY_WORDS = (
    _ITEM
    + """WHERE item.rank IN (
    SELECT rowid FROM item_search WHERE item_search MATCH ? ORDER BY rowid LIMIT ?
) AND NOT item.is_blocked ORDER BY item.rank"""
)
_SKUS_FROM = "SELECT sku FROM item WHERE sku >= ? AND sku < ? ORDER BY sku LIMIT ?"
_SKU_OF_CODE = "SELECT sku FROM barcode WHERE code = ?"
_SKUS_OF_CODES_FROM = "SELECT sku FROM barcode WHERE code >= ? AND code < ? LIMIT ?"
_SKUS_OF_CODE_PART = "SELECT sku FROM barcode WHERE instr(code, ?) LIMIT ?"
_AFTER_EVERYTHING = "\U0010ffff"


@dataclass(frozen=True, slots=True)
class FoundItem:
    """`on_hand` is None where the store keeps no stock of it. `price_minor` incl. VAT."""

    sku: str
    name: str
    gtin: str
    price_minor: int
    on_hand: int | None
    is_open_price: bool


def search(connection: sqlite3.Connection, text: str, limit: int) -> list[FoundItem]:
    """At most `limit` items: the exact code or SKU first, then words by popularity, then parts.

    Blocked items are left out. An empty text finds nothing.
    """
    text = text.strip()
    found: dict[str, FoundItem] = {}
    if not text or limit <= 0:
        return []
    for item in _candidates(connection, text, limit):
        found.setdefault(item.sku, item)
        if len(found) >= limit:
            break
    return list(found.values())


def _candidates(connection: sqlite3.Connection, text: str, limit: int) -> Iterator[FoundItem]:
    yield from _items(connection, _exact(connection, text))
    expression = match_expression(text)
    if expression:
        # Some may be blocked or found already; a few spare ones keep the list full.
        rows = connection.execute(_BY_WORDS, (expression, limit + 20))
        yield from (_found(row) for row in rows)
    yield from _items(connection, _sku_starts(connection, text, limit))
    digits = "".join(text.split())
    if digits.isascii() and digits.isdigit() and len(digits) >= SHORTEST_CODE_PART:
        yield from _items(connection, _code_starts(connection, digits, limit))
        yield from _items(connection, _skus(connection, _SKUS_OF_CODE_PART, digits, limit))


def _exact(connection: sqlite3.Connection, text: str) -> Iterator[str]:
    yield from (text, text.upper())
    yield from _skus(connection, _SKU_OF_CODE, code_key(text))


def _sku_starts(connection: sqlite3.Connection, text: str, limit: int) -> Iterator[str]:
    for start in dict.fromkeys((text, text.upper())):
        yield from _skus(connection, _SKUS_FROM, start, start + _AFTER_EVERYTHING, limit)


def _code_starts(connection: sqlite3.Connection, digits: str, limit: int) -> Iterator[str]:
    """Codes are kept as 14 digits: a GTIN-13, -12 and -8 start after their padding."""
    for padding in ("0", "", "00", "000000"):
        start = padding + digits
        if len(start) <= 14:
            yield from _skus(connection, _SKUS_OF_CODES_FROM, start, start + ":", limit)


def _skus(connection: sqlite3.Connection, sql: str, *values: str | int) -> Iterator[str]:
    return (row[0] for row in connection.execute(sql, values))


def _items(connection: sqlite3.Connection, skus: Iterator[str]) -> Iterator[FoundItem]:
    for sku in skus:
        row = connection.execute(_BY_SKU, (sku,)).fetchone()
        if row is not None:
            yield _found(row)


def _found(row: tuple[str, str, str, int, int | None, int]) -> FoundItem:
    sku, name, gtin, price_minor, on_hand, is_open_price = row
    return FoundItem(sku, name, gtin, price_minor, on_hand, bool(is_open_price))
