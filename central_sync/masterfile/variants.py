"""The colours and sizes of a model: what lies beside the size that is missing.

Works on the reader thread's connection, as `search` does. The thing to get wrong: asking
the item table by model. It has no index for that, and needs none: the search index knows
the model's words.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from central_sync.retail.folding import match_expression
from central_sync.retail.item import code_key


@dataclass(frozen=True, slots=True)
class Variant:
    """One colour and size of a model; `on_hand` as in FoundItem."""

    sku: str
    name: str
    colour: str
    size: str
    price_minor: int
    on_hand: int | None


_SKU_OF_CODE = "SELECT sku FROM barcode WHERE code = ?"
_VARIANT = """
SELECT item.sku, item.name, item.colour, item.size, COALESCE(price.price_minor, 0), stock.on_hand
FROM item LEFT JOIN price USING (sku) LEFT JOIN stock USING (sku)
"""
_OF_MODEL = (
    _VARIANT
    + """WHERE item.rank IN (
    SELECT rowid FROM item_search WHERE item_search MATCH ? ORDER BY rowid LIMIT ?
) AND item.model = ? AND NOT item.is_blocked ORDER BY item.rank"""
)
# A short model's words are in other items too; more than this share no family.
_MOST_LOOKED_AT = 5_000


def variants(connection: sqlite3.Connection, code: str, limit: int) -> list[Variant]:
    """The item with this SKU or code, and its sisters of the same model; it comes first."""
    found = connection.execute(_SKU_OF_CODE, (code_key(code),)).fetchone()
    sku = found[0] if found else code.strip()
    own = _own(connection, sku) or _own(connection, sku.upper())
    if own is None:
        return []
    variant, model = own
    if not model:
        return [variant]
    rows = connection.execute(_OF_MODEL, (match_expression(model), _MOST_LOOKED_AT, model))
    sisters = (Variant(*row) for row in rows)
    return [variant, *(sister for sister in sisters if sister.sku != variant.sku)][:limit]


def _own(connection: sqlite3.Connection, sku: str) -> tuple[Variant, str] | None:
    row = connection.execute(_VARIANT + "WHERE item.sku = ?", (sku,)).fetchone()
    if row is None:
        return None
    (model,) = connection.execute("SELECT model FROM item WHERE sku = ?", (sku,)).fetchone()
    return Variant(*row), model
