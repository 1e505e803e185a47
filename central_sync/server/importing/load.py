"""Writes checked rows to the masters, and tells the feed what became of them.

What is equal already is neither written nor told, so an import of yesterday's files
with three new prices tells the tills three prices. When too much changes, or a chain
comes in for the first time, no rows are told: the tills take a new master file.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, insert, select, update

from central_sync.countries import COUNTRIES
from central_sync.database import tables as t
from central_sync.database.changes import changed as changed_mark
from central_sync.database.write import chunks, upsert
from central_sync.retail.item import code_key
from central_sync.retail.stock import MovementKind, Reservation
from central_sync.server import feed
from central_sync.server.catalogue import chain_change, operator_changes, store_change
from central_sync.server.importing.files import Row
from central_sync.server.importing.goods import GoodsLoader
from central_sync.server.masters import changed_rows, link_operator, store_ids
from central_sync.server.plain_people import put_rows
from central_sync.server.warehouse import ledger
from central_sync.server.warehouse.sites import postcode_key
from central_sync.wire.pins import hash_pin, pin_matches
from central_sync.wire.sealing import KeySet

# Above this a master file is quicker for a till than the rows of its feed.
LARGEST_NEWS_ROWS = 20_000


class Loader:
    """Writes rows of the files in one transaction; `finish` tells the feed.

    `data_keys` are what customers are sealed under; without them no customers are written.
    """

    def __init__(self, connection: Connection, at: str, data_keys: KeySet | None = None) -> None:
        self._connection, self._at, self._data_keys = connection, at, data_keys
        self._news: dict[str, list[feed.Change]] = {}
        self._rebuilt: set[str] = set()
        self._stores_changed: set[str] = set()
        self._goods = GoodsLoader(connection, at)
        self.broken: tuple[Reservation, ...] = ()
        self.is_first = connection.execute(select(t.item.c.sku).limit(1)).first() is None
        self._empty = {table.name for table in _BULK if _is_empty(connection, table)}
        # Taken first and in order, as everybody does: nobody waits for us who we wait for.
        feed.lock_scopes(connection, [feed.CHAIN, *map(feed.store_scope, store_ids(connection))])

    def write(self, name: str, rows: Sequence[Row]) -> int:
        """Write rows of the file `name`; returns how many rows changed anything."""
        writers: dict[str, Callable[[Sequence[Row]], int]] = {
            "chain": self._chain,
            "stores": self._stores,
            "tax_rates": self._tax_rates,
            "tenders": lambda rows: self._put(t.tender, rows),
            "items": self._items,
            "barcodes": self._barcodes,
            "stock": self._stock,
            "deliveries": self._goods.deliveries,
            "supplier_invoices": self._goods.invoices,
            "postcodes": self._postcodes,
            "operators": self._operators,
            "customers": self._customers,
        }
        return writers[name](rows)

    def finish(self) -> None:
        """Give what changed its place on the feed; call it last, in the same transaction."""
        self._country_tax_rates()
        for store_id in sorted(self._stores_changed):
            change = store_change(self._connection, store_id)
            self._tell([change] if change else [])
        if self.is_first:
            scopes = map(feed.store_scope, store_ids(self._connection))
            self._rebuilt.update((feed.CHAIN, *scopes))
        told = [
            change
            for scope, changes in sorted(self._news.items())
            if scope not in self._rebuilt
            for change in changes
        ]
        feed.append(self._connection, told, self._at)
        feed.raise_floor(self._connection, self._rebuilt, self._at)
        self._goods.finish()

    def _chain(self, rows: Sequence[Row]) -> int:
        changed = changed_rows(self._connection, t.chain, rows)
        if changed:
            self._connection.execute(delete(t.chain))
            upsert(self._connection, t.chain, changed)
            self._stores_changed.update(store_ids(self._connection))
        return len(changed)

    def _stores(self, rows: Sequence[Row]) -> int:
        changed = changed_rows(self._connection, t.store, rows)
        upsert(self._connection, t.store, changed)
        self._stores_changed.update(row["store_id"] for row in changed)
        if not self.is_first:
            self._tell([chain_change("site", row) for row in changed])
        return len(changed)

    def _tax_rates(self, rows: Sequence[Row]) -> int:
        return self._put(
            t.tax_rate,
            [
                {
                    "tax_group": row["tax_group"],
                    "valid_from": row["valid_from"],
                    "rate_basis_points": row["rate"],
                }
                for row in rows
            ],
        )

    def _items(self, rows: Sequence[Row]) -> int:
        items = [
            {
                "sku": row["sku"],
                "rank": row["rank"],
                "name": row["name"],
                "gtin": row["gtin"],
                "tax_group": row["tax_group"],
                "kind": row["kind"],
                "is_open_price": row["open_price"],
                "is_blocked": row["blocked"],
                "model": row["model"],
                "colour": row["colour"],
                "size": row["size"],
                "sold_by": row["unit"],
                "tare_grams": row["tare_grams"] or 0,
            }
            for row in rows
        ]
        prices = [{"sku": row["sku"], "price_minor": row["price"] or 0} for row in rows]
        codes = [{"code": row["gtin"], "sku": row["sku"]} for row in rows if row["gtin"]]
        changed = self._put(t.item, items)
        repriced = self._put(t.price, prices)
        self._barcodes(codes)
        return max(changed, repriced)

    def _barcodes(self, rows: Sequence[Row]) -> int:
        by_code = {code_key(row["code"]): row["sku"] for row in rows}
        return self._put(t.barcode, [{"code": code, "sku": sku} for code, sku in by_code.items()])

    def _customers(self, rows: Sequence[Row]) -> int:
        assert self._data_keys is not None, "customers are written sealed"
        return put_rows(self._connection, self._data_keys, rows, self._at)

    def _put(self, table: Table, rows: Sequence[Row]) -> int:
        """Rows of a table that all stores have."""
        # A GTIN may stand in both items.csv and barcodes.csv, so codes are never simply inserted.
        if table.name in self._empty and table is not t.barcode:
            changed: Sequence[Any] = rows
            if rows:
                self._connection.execute(insert(table), list(rows))
        else:
            changed = changed_rows(self._connection, table, rows)
            upsert(self._connection, table, changed)
        if not self.is_first:
            self._tell([chain_change(table.name, row) for row in changed])
        return len(changed)

    def _stock(self, rows: Sequence[Row]) -> int:
        by_store: dict[str, dict[str, int]] = {}
        for row in rows:
            by_store.setdefault(row["store_id"], {})[row["sku"]] = row["on_hand"]
        changed = sum(self._count(store_id, counts) for store_id, counts in by_store.items())
        return changed + self._keep_minimums(rows)

    def _keep_minimums(self, rows: Sequence[Row]) -> int:
        """What stays for walk-ins, where the file says so."""
        level = t.stock_level.c
        wanted = [
            {"p_store": row["store_id"], "p_sku": row["sku"], "p_minimum": row["minimum"]}
            for row in rows
            if row.get("minimum") is not None
        ]
        if not wanted:
            return 0
        found = self._connection.execute(
            update(t.stock_level)
            .where(level.store_id == bindparam("p_store"), level.sku == bindparam("p_sku"))
            .where(level.minimum != bindparam("p_minimum"))
            .values(minimum=bindparam("p_minimum"), changed=changed_mark()),
            wanted,
        )
        return max(0, found.rowcount)

    def _postcodes(self, rows: Sequence[Row]) -> int:
        places = [row | {"postcode": postcode_key(row["postcode"])} for row in rows]
        changed = changed_rows(self._connection, t.postcode, places) if places else []
        upsert(self._connection, t.postcode, changed)
        return len(changed)

    def _count(self, store_id: str, counts: dict[str, int]) -> int:
        """Make a store's stock what the file says, by movements."""
        there = self._levels(store_id, list(counts))
        deltas = {
            sku: on_hand - there.get(sku, 0)
            for sku, on_hand in counts.items()
            if sku not in there or on_hand != there[sku]
        }
        kind = MovementKind.OPENING if self.is_first else MovementKind.ADJUSTMENT
        reason = "" if self.is_first else "import"
        movements = [
            ledger.central_movement(store_id, sku, kind, delta, self._at, reason=reason)
            for sku, delta in deltas.items()
        ]
        if "stock_level" in self._empty:
            ledger.open_levels(self._connection, movements)
            return len(deltas)
        moved = ledger.enter(self._connection, store_id, movements, self._at)
        self._tell(moved.changes)
        self.broken += moved.broken
        return len(deltas)

    def _levels(self, store_id: str, skus: Sequence[str]) -> dict[str, int]:
        if "stock_level" in self._empty:
            return {}
        level = t.stock_level.c
        found: dict[str, int] = {}
        for part in chunks(skus):
            rows = self._connection.execute(
                select(level.sku, level.on_hand).where(
                    level.store_id == store_id, level.sku.in_(part)
                )
            )
            found.update((row.sku, row.on_hand) for row in rows)
        return found

    def _operators(self, rows: Sequence[Row]) -> int:
        numbers = [row["number"] for row in rows]
        there = _operators_there(self._connection, numbers)
        with ThreadPoolExecutor() as threads:  # argon2 leaves the interpreter's lock alone
            hashes = list(threads.map(lambda row: _pin_hash(row, there), rows))
        changed: list[str] = []
        for row, pin_hash in zip(rows, hashes, strict=True):
            wanted = {
                "number": row["number"],
                "name": row["name"],
                "role": row["role"],
                "pin_hash": pin_hash,
                "language": row["language"],
                "is_everywhere": int(not row["stores"]),
            }
            if there.get(row["number"]) != (wanted, set(row["stores"])):
                upsert(self._connection, t.operator, [wanted])
                link_operator(self._connection, row["number"], row["stores"])
                changed.append(row["number"])
        if changed and not self.is_first:
            everywhere = store_ids(self._connection)
            self._tell(operator_changes(self._connection, changed, everywhere))
        return len(changed)

    def _country_tax_rates(self) -> None:
        """A chain without rates of its own has its country's."""
        country = self._connection.execute(select(t.chain.c.country)).scalar()
        if country and _is_empty(self._connection, t.tax_rate):
            rates = COUNTRIES[country].tax_rates
            self._put(
                t.tax_rate,
                [
                    {
                        "tax_group": rate.group,
                        "valid_from": rate.valid_from,
                        "rate_basis_points": rate.rate_basis_points,
                    }
                    for rate in rates
                ],
            )

    def _tell(self, changes: Sequence[feed.Change]) -> None:
        for change in changes:
            if change.scope not in self._rebuilt:
                news = self._news.setdefault(change.scope, [])
                news.append(change)
                if len(news) > LARGEST_NEWS_ROWS:
                    self._rebuilt.add(change.scope)
                    del self._news[change.scope]


# Tables that may be so large that an empty one is filled without asking what is there.
_BULK = (t.item, t.price, t.stock_level)


def _is_empty(connection: Connection, table: Table) -> bool:
    return connection.execute(select(*table.primary_key).limit(1)).first() is None


def _operators_there(
    connection: Connection, numbers: Sequence[str]
) -> dict[str, tuple[dict[str, Any], set[str]]]:
    """Operators as rows, and the stores that each is tied to."""
    operators = connection.execute(select(t.operator).where(t.operator.c.number.in_(numbers)))
    found: dict[str, tuple[dict[str, Any], set[str]]] = {
        row["number"]: (dict(row), set()) for row in operators.mappings()
    }
    links = select(t.operator_store).where(t.operator_store.c.number.in_(numbers))
    for number, store_id in connection.execute(links):
        found[number][1].add(store_id)
    return found


def _pin_hash(row: Row, there: dict[str, tuple[dict[str, Any], set[str]]]) -> str:
    """The hash that is there, as long as it is of this PIN."""
    before = there[row["number"]][0]["pin_hash"] if row["number"] in there else ""
    is_same = before and (not row["pin"] or pin_matches(before, row["pin"]))
    return str(before) if is_same else hash_pin(row["pin"])
