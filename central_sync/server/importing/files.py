"""The CSV files of an import: their columns, and how a file is read row by row.

Pure but for reading the files. UTF-8, comma, a header row; columns may stand in any
order. A file with a wrong header is not read further: every row would be wrong.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from central_sync.retail.item import ItemKind
from central_sync.retail.operator import Role
from central_sync.retail.tender import TenderKind
from central_sync.server.importing import fields
from central_sync.server.importing.fields import BadValue, Read

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadCell:
    """`line` counts from 1 with the header; `column` "" stands for the whole row."""

    file: str
    line: int
    column: str
    value: str
    allowed: str


@dataclass(frozen=True, slots=True)
class Column:
    """`absent` is what a cell holds when the file has no such column; None: it must have it."""

    name: str
    read: Read
    absent: str | None = None


@dataclass(frozen=True, slots=True)
class FileKind:
    """`key` columns together may come once."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def file(self) -> str:
        return f"{self.name}.csv"


def _values(kind: Any) -> list[str]:
    return [member.value for member in kind]


def _cost(cell: str) -> int | None:
    """What a piece costs, VAT not included; an empty cell says nothing."""
    return fields.money_minor(cell) if cell.strip() else None


_PLACE = (
    Column("address", fields.text(200), ""),
    Column("postcode", fields.text(20), ""),
    Column("town", fields.text(100), ""),
)

# In the order in which they are read: what is referred to comes first.
FILES = (
    FileKind(
        "chain",
        ("chain",),
        (
            Column("chain", fields.text(100, required=True)),
            Column("country", fields.country, "SE"),
            Column("company", fields.text(100, required=True)),
            Column("organisation_number", fields.text(30, required=True)),
        ),
    ),
    FileKind(
        "stores",
        ("store_id",),
        (
            Column("store_id", fields.name),
            Column("kind", fields.choice("store", "warehouse", default="store"), ""),
            Column("name", fields.text(100, required=True)),
            *_PLACE,
            Column("latitude", fields.coordinate, ""),
            Column("longitude", fields.coordinate, ""),
            Column("phone", fields.text(40), ""),
            Column("opening_hours", fields.text(300), ""),
            Column("footer", fields.text(300), ""),
        ),
    ),
    FileKind(
        "tax_rates",
        ("tax_group", "valid_from"),
        (
            Column("tax_group", fields.name),
            Column("valid_from", fields.day),
            Column("rate", fields.rate_basis_points),
        ),
    ),
    FileKind(
        "tenders",
        ("tender_id",),
        (
            Column("tender_id", fields.name),
            Column("name", fields.text(40, required=True)),
            Column("kind", fields.choice(*_values(TenderKind))),
            Column("is_recorded", fields.flag, "1"),
            Column("opens_drawer", fields.flag, "0"),
            Column("rank", fields.whole(0, 1000), "0"),
        ),
    ),
    FileKind(
        "items",
        ("sku",),
        (
            Column("sku", fields.text(64, required=True)),
            Column("name", fields.text(200, required=True)),
            Column("gtin", fields.gtin, ""),
            Column("price", lambda cell: fields.money_minor(cell) if cell.strip() else None),
            Column("tax_group", fields.name),
            Column("kind", fields.choice(*_values(ItemKind), default="goods"), ""),
            Column("open_price", fields.flag, "0"),
            Column("blocked", fields.flag, "0"),
            Column("model", fields.text(100), ""),
            Column("colour", fields.text(60), ""),
            Column("size", fields.text(30), ""),
            Column("rank", fields.whole_or_none(1, 2**31), ""),
            Column("unit", fields.unit, ""),
            Column("tare_grams", fields.whole_or_none(0, 30_000), ""),
        ),
    ),
    FileKind(
        "barcodes",
        ("code",),
        (
            Column("code", fields.text(48, required=True)),
            Column("sku", fields.text(64, required=True)),
        ),
    ),
    FileKind(
        "stock",
        ("store_id", "sku"),
        (
            Column("store_id", fields.name),
            Column("sku", fields.text(64, required=True)),
            Column("on_hand", fields.whole(-(10**9), 10**9)),
            Column("minimum", fields.whole_or_none(0, 10**9), ""),
        ),
    ),
    FileKind(
        "deliveries",
        ("store_id", "reference", "sku"),
        (
            Column("store_id", fields.name),
            Column("reference", fields.text(60, required=True)),
            Column("supplier", fields.text(100), ""),
            Column("expected_on", fields.day_or_none, ""),
            Column("sku", fields.text(64, required=True)),
            Column("quantity", fields.whole(0, 10**6)),
            Column("cost", _cost, ""),
        ),
    ),
    FileKind(
        "supplier_invoices",
        ("supplier", "invoice", "sku"),
        (
            Column("store_id", fields.name),
            Column("supplier", fields.text(100, required=True)),
            Column("invoice", fields.text(60, required=True)),
            Column("reference", fields.text(60, required=True)),
            Column("sku", fields.text(64, required=True)),
            Column("quantity", fields.whole(0, 10**6)),
            Column("cost", _cost, ""),
        ),
    ),
    FileKind(
        "postcodes",
        ("postcode",),
        (
            Column("postcode", fields.text(12, required=True)),
            Column("latitude", fields.coordinate),
            Column("longitude", fields.coordinate),
        ),
    ),
    FileKind(
        "operators",
        ("number",),
        (
            Column("number", fields.digits(1, 10)),
            Column("name", fields.text(100, required=True)),
            Column("role", fields.choice(*_values(Role))),
            Column("pin", fields.digits(4, 12, required=False), ""),
            Column("language", fields.choice("sv", "en", default="sv"), ""),
            Column("stores", fields.names, ""),
        ),
    ),
    FileKind(
        "customers",
        ("member_number",),
        (
            Column("member_number", fields.text(30, required=True)),
            Column("name", fields.text(100, required=True)),
            Column("email", fields.text(200), ""),
            Column("phone", fields.text(40), ""),
            *_PLACE,
        ),
    ),
)


def read_file(
    path: Path, kind: FileKind, bad: Callable[[BadCell], None], seen: Callable[[int], None]
) -> Iterator[tuple[int, list[str], Row]]:
    """Rows whose cells can be read: line, the cells as they stand, the values by column.

    `bad` is told of every other cell, `seen` how many bytes were read. Raises OSError.
    """
    with path.open("rb") as file:
        reader = csv.reader(_lines(file, kind, bad, seen), strict=True)
        try:
            header = [name.strip().lower() for name in next(reader, [])]
            places = _places(header, kind, bad)
            if places is None:
                return
            for cells in reader:
                row = (
                    _row(cells, len(header), places, kind, reader.line_num, bad) if cells else None
                )
                if row is not None:
                    yield reader.line_num, cells, row
        except csv.Error as problem:
            bad(BadCell(kind.file, reader.line_num, "", "", f"readable CSV ({problem})"))


def _lines(
    file: Any, kind: FileKind, bad: Callable[[BadCell], None], seen: Callable[[int], None]
) -> Iterator[str]:
    for number, raw in enumerate(file, 1):
        seen(len(raw))
        try:
            yield raw.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError:
            shown = raw[:60].decode("utf-8", "replace").strip()
            bad(BadCell(kind.file, number, "", shown, "text in UTF-8"))


def _places(
    header: list[str], kind: FileKind, bad: Callable[[BadCell], None]
) -> list[tuple[Column, int]] | None:
    """Where each column stands (-1: nowhere); None when the header cannot be used."""
    known = [column.name for column in kind.columns]
    unknown = [name for name in header if name not in known]
    missing = [c.name for c in kind.columns if c.absent is None and c.name not in header]
    for name in unknown:
        bad(BadCell(kind.file, 1, name, name, f"columns are {', '.join(known)}"))
    for name in missing:
        bad(BadCell(kind.file, 1, name, "", "this column must be there"))
    for name in {name for name in header if header.count(name) > 1}:
        bad(BadCell(kind.file, 1, name, name, "a column may come once"))
    if unknown or missing or len(set(header)) < len(header):
        return None
    return [(c, header.index(c.name) if c.name in header else -1) for c in kind.columns]


def _row(
    cells: list[str],
    width: int,
    places: list[tuple[Column, int]],
    kind: FileKind,
    line: int,
    bad: Callable[[BadCell], None],
) -> Row | None:
    if len(cells) != width:
        bad(BadCell(kind.file, line, "", ",".join(cells)[:60], f"{width} cells, as in the header"))
        return None
    row: Row = {}
    is_good = True
    for column, place in places:
        cell = cells[place] if place >= 0 else column.absent or ""
        try:
            row[column.name] = column.read(cell)
        except BadValue as problem:
            bad(BadCell(kind.file, line, column.name, cell[:60], str(problem)))
            is_good = False
    return row if is_good else None
