"""What a row must agree with: the rows before it, the other files, what central has.

A row that was read well may still name a store that is not there, or come twice. The
thing to get wrong: checking a file against the database alone; a whole chain comes in
at once, and its stock names items of the file beside it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select

from central_sync.countries import COUNTRIES
from central_sync.database import tables as t
from central_sync.retail.item import code_key
from central_sync.server.goods.expected import LARGEST_TASK_LINES
from central_sync.server.importing.files import FileKind, Row

Fault = tuple[str, str]


@dataclass(slots=True)
class Known:
    """Ids that rows may refer to; rows that pass add theirs.

    `skus` numbers the items, so that the stock rows seen are a byte per item and store
    and not millions of pairs; `codes` maps a code to its SKU.
    """

    stores: set[str] = field(default_factory=set)
    skus: dict[str, int] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    tax_groups: set[str] = field(default_factory=set)
    operators: set[str] = field(default_factory=set)
    last_rank: int = 0
    _seen: dict[str, set[object]] = field(default_factory=dict)
    _counted: dict[str, bytearray] = field(default_factory=dict)
    _delivered: dict[tuple[str, str], int] = field(default_factory=dict)

    def faults(self, kind: FileKind, row: Row) -> list[Fault]:
        """(column, what is allowed) of everything wrong; a row without any is remembered."""
        if kind.name == "stock":
            return [*self._stock(kind, row)]
        found = [*self._twice(kind, row), *self._dangling(kind.name, row)]
        if not found:
            self._remember(kind.name, row)
        return found

    def _twice(self, kind: FileKind, row: Row) -> Iterator[Fault]:
        values = tuple(row[column] for column in kind.key)
        seen = self._seen.setdefault(kind.name, set())
        if values in seen:
            yield kind.key[-1], f"each {' and '.join(kind.key)} once in {kind.file}"
        seen.add(values)
        if kind.name == "chain" and len(seen) > 1:
            yield "chain", "one chain in a central"
        if kind.name == "deliveries":
            yield from self._delivery(row)

    def _dangling(self, name: str, row: Row) -> Iterator[Fault]:
        if name == "items":
            yield from self._item(row)
        elif name == "barcodes":
            yield from self._sku(row)
            yield from self._code("code", row["code"], row["sku"])
        elif name in ("deliveries", "supplier_invoices"):
            yield from self._store("store_id", row["store_id"])
            yield from self._sku(row)
        elif name == "operators":
            for store_id in row["stores"]:
                yield from self._store("stores", store_id)
            if not row["pin"] and row["number"] not in self.operators:
                yield "pin", "a new operator needs a PIN of 4 to 12 digits"

    def _stock(self, kind: FileKind, row: Row) -> Iterator[Fault]:
        yield from self._store("store_id", row["store_id"])
        yield from self._sku(row)
        number = self.skus.get(row["sku"])
        if number is not None:
            counted = self._counted.setdefault(row["store_id"], bytearray(len(self.skus)))
            if counted[number]:
                yield "sku", f"each {' and '.join(kind.key)} once in {kind.file}"
            counted[number] = 1

    def _item(self, row: Row) -> Iterator[Fault]:
        if row["tax_group"] not in self.tax_groups:
            yield "tax_group", f"one of {', '.join(sorted(self.tax_groups))}"
        if row["price"] is None and not row["open_price"]:
            yield "price", "an amount such as 199,00 (empty only with open_price)"
        if row["gtin"]:
            yield from self._code("gtin", row["gtin"], row["sku"])
        rank = row["rank"]
        if rank is not None:
            ranks = self._seen.setdefault("rank", set())
            if rank in ranks:
                yield "rank", "each rank once"
            ranks.add(rank)

    def _delivery(self, row: Row) -> Iterator[Fault]:
        """A till counts against so many items at most."""
        place = (row["store_id"], row["reference"])
        self._delivered[place] = self._delivered.get(place, 0) + 1
        if self._delivered[place] > LARGEST_TASK_LINES:
            yield "reference", f"at most {LARGEST_TASK_LINES} items a delivery"

    def _code(self, column: str, code: str, sku: str) -> Iterator[Fault]:
        owner = self.codes.get(code_key(code), sku)
        if owner != sku:
            yield column, f"a code of one item; {owner} has this one"

    def _sku(self, row: Row) -> Iterator[Fault]:
        if row["sku"] not in self.skus:
            yield "sku", "the SKU of an item"

    def _store(self, column: str, store_id: str) -> Iterator[Fault]:
        if store_id not in self.stores:
            yield column, "the id of a store"

    def _remember(self, name: str, row: Row) -> None:
        if name == "stores":
            self.stores.add(row["store_id"])
        elif name == "tax_rates":
            self.tax_groups.add(row["tax_group"])
        elif name == "items":
            self.skus.setdefault(row["sku"], len(self.skus))
            if row["rank"] is None:
                row["rank"] = self.last_rank + 1
            self.last_rank = max(self.last_rank, row["rank"])
            if row["gtin"]:
                self.codes[code_key(row["gtin"])] = row["sku"]
        elif name == "barcodes":
            self.codes[code_key(row["code"])] = row["sku"]


def known_of(connection: Connection, *, has_tax_rates: bool) -> Known:
    """What central has already; `has_tax_rates`: the import brings its own."""
    chain = connection.execute(select(t.chain.c.country)).scalar() or "SE"
    tax_groups = set(connection.execute(select(t.tax_rate.c.tax_group)).scalars())
    if not tax_groups and not has_tax_rates:
        tax_groups = {rate.group for rate in COUNTRIES[chain].tax_rates}
    return Known(
        stores=set(connection.execute(select(t.store.c.store_id)).scalars()),
        skus={
            sku: number
            for number, sku in enumerate(connection.execute(select(t.item.c.sku)).scalars())
        },
        codes={row.code: row.sku for row in connection.execute(select(t.barcode))},
        tax_groups=tax_groups,
        operators=set(connection.execute(select(t.operator.c.number)).scalars()),
        last_rank=connection.execute(select(func.max(t.item.c.rank))).scalar() or 0,
    )
