"""Central's masters as rows of master.db: what a store's tills get, by snapshot or by feed.

The one place that knows which table goes to whom. Column names are the same on both
sides, so a new column needs a migration and a line in schema.sql, and nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal

from sqlalchemy import Connection, Select, Table, literal, or_, select

from central_sync.database import tables as t
from central_sync.masterfile.tables import tables as master_tables
from central_sync.server.feed import CHAIN, Change, store_scope
from central_sync.server.warehouse import pledges

# The same for every store of the chain.
CHAIN_TABLES: Mapping[str, Table] = {
    **{table.name: table for table in (t.item, t.barcode, t.price, t.tax_rate, t.tender)},
    "site": t.store,
    "workstation_key": t.workstation_key,
}


def master_rows(connection: Connection, store_id: str) -> dict[str, Iterable[Sequence[Any]]]:
    """Every row of a store's master file, by table, in column and key order, as they are read."""
    rows: dict[str, Iterable[Sequence[Any]]] = {
        name: _stream(connection, _columns(name, table), _key(name, table))
        for name, table in CHAIN_TABLES.items()
    }
    rows["item"] = _ranked(connection)
    rows["stock"] = _stream(
        connection,
        _columns("stock", t.stock_level).where(t.stock_level.c.store_id == store_id),
        [t.stock_level.c.sku],
    )
    rows["pledge"] = (tuple(row.values()) for row in pledges.told_rows(connection, store_id))
    rows["operator"] = _stream(connection, operators_of(store_id), [t.operator.c.number])
    rows["store"] = _stream(connection, store_row(store_id), [])
    own = t.customer_store.c
    rows["customer"] = _stream(
        connection,
        _columns("customer", t.customer_store).where(own.store_id == store_id, own.sealed != ""),
        [own.customer_id],
    )
    for name, told in (("task", t.store_task), ("customer_order", t.store_order)):
        key = _key(name, told)
        rows[name] = _stream(
            connection, _columns(name, told).where(told.c.store_id == store_id), key
        )
    return rows


def chain_change(table: str, row: Mapping[str, Any]) -> Change:
    """The feed's word of one row that all stores have."""
    master = master_tables()[table]
    plain = {column: row[column] for column in master.columns}
    return Change(CHAIN, table, master.key_of(plain), plain)


def operators_of(store_id: str) -> Select[Any]:
    """Who may sign on in a store, as master.db rows."""
    here = select(t.operator_store.c.number).where(t.operator_store.c.store_id == store_id)
    return _columns("operator", t.operator).where(
        or_(t.operator.c.is_everywhere == 1, t.operator.c.number.in_(here))
    )


def operator_changes(
    connection: Connection, numbers: Sequence[str], stores: Sequence[str]
) -> list[Change]:
    """The state of these operators in these stores: there, or (no longer) not there."""
    changes = []
    for store_id in stores:
        found = connection.execute(operators_of(store_id).where(t.operator.c.number.in_(numbers)))
        rows = {row["number"]: dict(row) for row in found.mappings()}
        for number in numbers:
            row = rows.get(number)
            op: Literal["put", "delete"] = "delete" if row is None else "put"
            changes.append(Change(store_scope(store_id), "operator", number, row, op))
    return changes


def store_row(store_id: str) -> Select[Any]:
    """The store and the company that owns it, as one master.db row."""
    places = {
        "company": t.chain.c.company,
        "organisation_number": t.chain.c.organisation_number,
        "country": t.chain.c.country,
    }
    columns = [
        places[name] if name in places else t.store.c[name]
        for name in master_tables()["store"].columns
    ]
    return select(*columns).join(t.chain, literal(1) == 1).where(t.store.c.store_id == store_id)


def store_change(connection: Connection, store_id: str) -> Change | None:
    """The feed's word of a store; None while the chain itself is not known."""
    row = connection.execute(store_row(store_id)).mappings().first()
    return Change(store_scope(store_id), "store", store_id, dict(row)) if row else None


def _columns(master: str, table: Table) -> Select[Any]:
    return select(*(table.c[name] for name in master_tables()[master].columns))


def _key(master: str, table: Table) -> list[Any]:
    return [table.c[name] for name in master_tables()[master].key]


def _ranked(connection: Connection) -> Iterator[Sequence[Any]]:
    """Items by rank. In a master file a rank is had once; a tie here moves the later one down."""
    columns = master_tables()["item"].columns
    rank_at, last = columns.index("rank"), 0
    ordered = [t.item.c.rank, t.item.c.sku]
    for row in _stream(connection, _columns("item", t.item), ordered):
        last = max(row[rank_at], last + 1)
        yield row if row[rank_at] == last else (*row[:rank_at], last, *row[rank_at + 1 :])


def _stream(
    connection: Connection, query: Select[Any], order: Sequence[Any]
) -> Iterator[Sequence[Any]]:
    ordered = query.order_by(*order).execution_options(yield_per=5_000)
    result = connection.execute(ordered)
    for part in result.partitions():
        yield from (tuple(row) for row in part)
