"""Reads master.db: items, prices, operators, tenders, the store. Never writes it.

The sync process changes the file under us and may swap in a new one; `refresh`
(called between sales and once a second) notices both. A file that is not there
yet is an empty shop, not an error: the register then says what to do.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from central_sync.masterfile.check import open_reader
from central_sync.masterfile.swap import Generation, generation
from central_sync.retail.item import Item, ItemKind, SoldBy, code_key
from central_sync.retail.operator import Operator, Role
from central_sync.retail.tax import TaxRate
from central_sync.retail.tender import Tender, TenderKind
from central_sync.retail.transaction import Seller
from pos_client.storage.errors import catalogue_told
from pos_client.storage.tasks import TaskRow, has_tasks, read_task, read_tasks

_ITEM = """
SELECT item.sku, item.name, COALESCE(price.price_minor, 0), item.tax_group, item.gtin, item.kind,
       item.is_open_price, item.is_blocked, item.model, item.colour, item.size, {measures}
  FROM item
  LEFT JOIN price ON price.sku = item.sku
"""
_LENT = "SELECT sku, quantity, lease_until, epoch, is_offered FROM pledge "
_MEASURES = "item.sold_by, item.tare_grams"
_NO_MEASURES = "'piece', 0"
"""Of a file from before goods were sold by weight; it sells on until sync brings a new one."""


@dataclass(frozen=True, slots=True)
class Stock:
    """On hand at the store as central last said, and the last own entry it includes."""

    on_hand: int
    as_of: tuple[int, int]


@dataclass(frozen=True, slots=True)
class LentPieces:
    """Pieces of an item that the store keeps back for the web (retail.stock.pledge)."""

    sku: str
    quantity: int
    lease_until: str
    epoch: int
    is_offered: bool


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What changes rarely and is kept in memory: who sells, tenders, tax rates."""

    seller: Seller
    country: str
    tenders: tuple[Tender, ...]
    tax_rates: tuple[TaxRate, ...]


NO_STORE = StoreFacts(Seller("", "", "", "", "", "", ""), "SE", (), ())


class MasterData:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file: Generation | None = None
        self._version = -1
        self._sql = ""
        self._lends = False
        self.facts = NO_STORE
        self.refresh()

    @property
    def is_loaded(self) -> bool:
        return self._connection is not None

    @catalogue_told()
    def refresh(self) -> bool:
        """Reopen a swapped file and re-read what changed; True when anything did.

        Raises StorageTrouble; what was read before stands then, and the next call tries again.
        """
        file = generation(self._path)
        reopened = file != self._file
        if reopened:
            self._reopen(file)
        if self._connection is None:
            return reopened
        version = self._connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version:
            self.facts = self._read_facts(self._connection)
            self._version = version
            return True
        return False

    def _reopen(self, file: Generation | None) -> None:
        before = self._connection
        opened = open_reader(self._path) if file else None
        try:
            sql = _item_sql(opened) if opened else ""
            lends = opened is not None and _has_table(opened, "pledge")
        except sqlite3.Error:
            assert opened is not None
            opened.close()
            raise
        self._connection, self._sql, self._lends = opened, sql, lends
        self._file, self._version = file, -1
        if before is not None:
            before.close()  # only now: until then the old file keeps its number
        if file is None:
            self.facts = NO_STORE

    def find(self, code: str) -> Item | None:
        """By any of its codes, else by SKU, exactly."""
        return self._item(
            "WHERE item.sku = (SELECT sku FROM barcode WHERE code = :key)",
            {"key": code_key(code)},
        ) or self.item(code)

    def item(self, sku: str) -> Item | None:
        return self._item("WHERE item.sku = :sku", {"sku": sku}) or self._item(
            "WHERE item.sku = :sku", {"sku": sku.upper()}
        )

    @catalogue_told()
    def _item(self, where: str, values: dict[str, str]) -> Item | None:
        if self._connection is None:
            return None
        row = self._connection.execute(self._sql + where, values).fetchone()
        if row is None:
            return None
        sku, name, price, tax_group, gtin, kind, is_open, is_blocked, *rest = row
        model, colour, size, sold_by, tare_grams = rest
        return Item(
            sku=sku,
            name=name,
            price_minor=price,
            tax_group=tax_group,
            gtin=gtin,
            kind=ItemKind(kind),
            open_price=bool(is_open),
            blocked=bool(is_blocked),
            model=model,
            colour=colour,
            size=size,
            sold_by=SoldBy(sold_by),
            tare_grams=tare_grams,
        )

    @catalogue_told()
    def operator(self, number: str) -> Operator | None:
        if self._connection is None:
            return None
        row = self._connection.execute(
            "SELECT number, name, role, pin_hash, language FROM operator WHERE number = :number",
            {"number": number},
        ).fetchone()
        if row is None:
            return None
        return Operator(row[0], row[1], Role(row[2]), row[3], row[4])

    @catalogue_told()
    def stock(self, sku: str, workstation_id: str) -> Stock | None:
        """The store's stock of an item, or None where it keeps none."""
        if self._connection is None:
            return None
        row = self._connection.execute(
            "SELECT on_hand, as_of FROM stock WHERE sku = :sku", {"sku": sku}
        ).fetchone()
        if row is None:
            return None
        epoch, sequence = json.loads(row[1]).get(workstation_id, (0, 0))
        return Stock(row[0], (epoch, sequence))

    @catalogue_told()
    def lent(self) -> list[LentPieces]:
        """All that the store lends, or is asked to; by item."""
        if not self._lends:
            return []
        assert self._connection is not None
        rows = self._connection.execute(_LENT + "ORDER BY sku")
        return [_lent(*row) for row in rows]

    @catalogue_told()
    def lent_of(self, sku: str) -> LentPieces | None:
        if not self._lends:
            return None
        assert self._connection is not None
        row = self._connection.execute(_LENT + "WHERE sku = :sku", {"sku": sku}).fetchone()
        return _lent(*row) if row else None

    @catalogue_told()
    def task(self, task_id: str) -> TaskRow | None:
        """What central asks of the store under that id."""
        if self._connection is None or not has_tasks(self._connection):
            return None
        return read_task(self._connection, task_id)

    @catalogue_told()
    def tasks(self) -> list[TaskRow]:
        """Everything that central asks of the store, the soonest due first."""
        if self._connection is None or not has_tasks(self._connection):
            return []
        return read_tasks(self._connection)

    @catalogue_told()
    def site_name(self, store_id: str) -> str:
        """A store's or warehouse's name, "" where it is not known."""
        if self._connection is None or not _has_table(self._connection, "site"):
            return ""
        row = self._connection.execute(
            "SELECT name FROM site WHERE store_id = :store_id", {"store_id": store_id}
        ).fetchone()
        return str(row[0]) if row else ""

    @catalogue_told()
    def workstation_keys(self, workstation_id: str) -> list[tuple[str, str, str]]:
        """(public key, state, store) of every key that a workstation of the chain has had."""
        if self._connection is None or not _has_table(self._connection, "workstation_key"):
            return []
        return self._connection.execute(
            "SELECT public_key, state, store_id FROM workstation_key"
            " WHERE workstation_id = :workstation_id",
            {"workstation_id": workstation_id},
        ).fetchall()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    @staticmethod
    def _read_facts(connection: sqlite3.Connection) -> StoreFacts:
        store = connection.execute(
            """
            SELECT company, organisation_number, store_id, name, address, postcode, town,
                   phone, footer, country
              FROM store LIMIT 1
            """
        ).fetchone()
        tenders = connection.execute(
            """
            SELECT tender_id, name, kind, is_recorded, opens_drawer
              FROM tender ORDER BY rank, tender_id
            """
        ).fetchall()
        rates = connection.execute(
            "SELECT tax_group, rate_basis_points, valid_from FROM tax_rate"
        ).fetchall()
        return StoreFacts(
            seller=Seller(*store[:9]) if store else NO_STORE.seller,
            country=store[9] if store else "SE",
            tenders=tuple(
                Tender(row[0], row[1], TenderKind(row[2]), bool(row[3]), bool(row[4]))
                for row in tenders
            ),
            tax_rates=tuple(TaxRate(*row) for row in rates),
        )


def _lent(sku: str, quantity: int, lease_until: str, epoch: int, is_offered: int) -> LentPieces:
    return LentPieces(sku, quantity, lease_until, epoch, bool(is_offered))


def _has_table(connection: sqlite3.Connection, name: str) -> bool:
    """Files from before it are read too, until sync brings a new one."""
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = :name"
    return connection.execute(there, {"name": name}).fetchone() is not None


def _item_sql(connection: sqlite3.Connection) -> str:
    columns = {row[1] for row in connection.execute("PRAGMA table_info(item)")}
    return _ITEM.format(measures=_MEASURES if "sold_by" in columns else _NO_MEASURES)
