"""A small chain as master-file rows, and feed rows made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from central_sync.masterfile.build import build_master
from central_sync.retail.item import check_digit
from central_sync.wire.messages import FeedPage, FeedRow

ROWS: dict[str, list[tuple[Any, ...]]] = {
    "item": [
        (1, "LS2-BLA-42", "Löparsko Fjäll 2 blå 42", "9520000000011", "standard", "goods", 0, 0,
         "Löparsko Fjäll 2", "blå", "42"),
        (2, "KANGA-SV-40", "Vinterkänga Älv svart 40", "9520000000028", "standard", "goods", 0, 0,
         "Vinterkänga Älv", "svart", "40"),
        (3, "STRUMPA-RO", "Strumpa Sjö röd", "9520000000035", "standard", "goods", 0, 0,
         "Strumpa Sjö", "röd", ""),
        (4, "CAFE-1", "Idéernas kaffe 42", "", "food", "goods", 0, 1, "", "", ""),
    ],
    "barcode": [
        ("09520000000011", "LS2-BLA-42"),
        ("09520000000028", "KANGA-SV-40"),
        ("09520000000035", "STRUMPA-RO"),
        ("OLD-7", "STRUMPA-RO"),
    ],
    "price": [("KANGA-SV-40", 119900), ("LS2-BLA-42", 89900), ("STRUMPA-RO", 9900)],
    "stock": [("KANGA-SV-40", 2, "{}"), ("LS2-BLA-42", 1, '{"w-1": [1, 7]}')],
    "tax_rate": [("standard", "2000-01-01", 2500)],
    "store": [
        ("s01", "Två Par Växjö", "Två Par AB", "556000-0000", "Storgatan 1", "352 30", "Växjö",
         "SE", "", "")
    ],
}  # fmt: skip


def small_master(path: Path, *, position: int = 10, store_id: str = "s01") -> Path:
    build_master(path, ROWS, positions={"chain": position}, store_id=store_id)
    return path


def many_items(count: int, first: int = 0) -> dict[str, list[tuple[Any, ...]]]:
    """Shoes enough for a catalogue of any size, numbered from `first`."""
    kinds, colours = ("Löparsko", "Känga", "Sandal", "Tröja"), ("blå", "röd", "svart")
    item, barcode, price = [], [], []
    for number in range(first, first + count):
        sku = f"S{number:07}"
        digits = f"952{number:09}"
        gtin = digits + check_digit(digits)
        model = f"{kinds[number % 4]} {number // 40}"
        colour, size = colours[number % 3], str(36 + number % 10)
        name = f"{model} {colour} {size}"
        item.append((number + 1, sku, name, gtin, "standard", "goods", 0, 0, model, colour, size))
        barcode.append((gtin.zfill(14), sku))
        price.append((sku, 9900 + number % 90 * 100))
    return {"item": item, "barcode": barcode, "price": price}


def put(position: int, table: str, key: str, **row: Any) -> FeedRow:
    return FeedRow(position=position, table=table, key=key, op="put", row=row)


def delete(position: int, table: str, key: str) -> FeedRow:
    return FeedRow(position=position, table=table, key=key, op="delete")


def page(*rows: FeedRow, scope: str = "chain", upto: int | None = None) -> FeedPage:
    last = upto if upto is not None else max((row.position for row in rows), default=0)
    return FeedPage(scope=scope, rows=list(rows), next=last)


def item_row(position: int, sku: str, name: str, rank: int, **more: Any) -> FeedRow:
    return put(position, "item", sku, sku=sku, name=name, rank=rank, tax_group="standard", **more)


def contents(connection: Any, tables: Iterable[str]) -> dict[str, list[Any]]:
    return {
        name: connection.execute(f"SELECT * FROM {name} ORDER BY 1, 2").fetchall()
        for name in tables
    }
