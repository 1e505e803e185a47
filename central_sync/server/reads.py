"""What people and systems may read, as plain functions of a connection."""

from __future__ import annotations

import json
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection, Select, Table, func, select

from central_sync.database import tables as t
from central_sync.server import aside
from central_sync.server.bookkeeping import waiting
from central_sync.server.facts import (
    ParkedFact,
    ReceiptFact,
    ReceiptPage,
    Status,
    StockFact,
    StockPage,
    StoreFact,
    WholeReceipt,
    WorkstationFact,
)
from central_sync.server.refused import not_found
from central_sync.server.safe_heads import newest_backup
from central_sync.server.storable import storable

LARGEST_PAGE = 1_000


def stores(connection: Connection) -> list[StoreFact]:
    rows = connection.execute(select(t.store).order_by(t.store.c.store_id)).mappings()
    return [StoreFact.model_validate(dict(row)) for row in rows]


def workstations(connection: Connection) -> list[WorkstationFact]:
    received = (
        select(t.epoch.c.workstation_id, func.sum(t.epoch.c.head_sequence).label("received"))
        .group_by(t.epoch.c.workstation_id)
        .subquery()
    )
    rows = connection.execute(
        select(t.workstation, func.coalesce(received.c.received, 0).label("received"))
        .outerjoin(received, received.c.workstation_id == t.workstation.c.workstation_id)
        .order_by(t.workstation.c.store_id, t.workstation.c.label)
    ).mappings()
    return [WorkstationFact.model_validate(dict(row)) for row in rows]


def receipts(
    connection: Connection,
    *,
    store: str = "",
    workstation: str = "",
    day: str = "",
    after: str = "",
    limit: int = LARGEST_PAGE,
) -> ReceiptPage:
    """Oldest first by id, which begins with the time; "" asks for all."""
    columns = t.receipt.c
    query = select(t.receipt).order_by(columns.receipt_id)
    wanted = {
        columns.store_id: store,
        columns.workstation_id: workstation,
        columns.business_day: day,
    }
    for column, value in wanted.items():
        query = query.where(column == storable(value)) if value else query
    query = query.where(columns.receipt_id > storable(after)) if after else query
    found = _limited(connection, query, limit)
    rows = [ReceiptFact.model_validate(dict(row)) for row in found[:limit]]
    return ReceiptPage(receipts=rows, next=rows[-1].receipt_id if len(found) > limit else "")


def receipt(connection: Connection, receipt_id: str) -> WholeReceipt:
    """One receipt with the till's own words; raises Refused 404."""
    entry = t.journal_entry
    row = (
        connection.execute(
            select(t.receipt, entry.c.body)
            .join(
                entry,
                (entry.c.workstation_id == t.receipt.c.workstation_id)
                & (entry.c.epoch == t.receipt.c.epoch)
                & (entry.c.sequence == t.receipt.c.sequence),
            )
            .where(t.receipt.c.receipt_id == storable(receipt_id))
        )
        .mappings()
        .first()
    )
    if row is None:
        raise not_found("there is no such receipt")
    return WholeReceipt(**dict(row), transaction=json.loads(row["body"])["payload"])


def stock(
    connection: Connection,
    *,
    store: str = "",
    sku: str = "",
    after: str = "",
    limit: int = LARGEST_PAGE,
) -> StockPage:
    """By store and SKU; `after` is "store|sku" of the last row had."""
    level = t.stock_level.c
    query = select(t.stock_level).order_by(level.store_id, level.sku)
    query = query.where(level.store_id == storable(store)) if store else query
    query = query.where(level.sku == storable(sku)) if sku else query
    last_store, has_cursor, last_sku = storable(after).partition("|")
    if has_cursor:
        later = (level.store_id == last_store) & (level.sku > last_sku)
        query = query.where((level.store_id > last_store) | later)
    found = _limited(connection, query, limit)
    rows = [StockFact.model_validate(dict(row)) for row in found[:limit]]
    is_more = len(found) > limit
    return StockPage(stock=rows, next=f"{rows[-1].store_id}|{rows[-1].sku}" if is_more else "")


def parked(connection: Connection) -> list[ParkedFact]:
    entry = t.journal_entry.c
    rows = connection.execute(
        select(*(entry[name] for name in ParkedFact.model_fields if name != "line"))
        .where(entry.state == "parked")
        .order_by(entry.received_at, entry.workstation_id, entry.epoch, entry.sequence)
        .limit(LARGEST_PAGE)
    ).mappings()
    entries = [ParkedFact.model_validate(dict(row)) for row in rows]
    return entries + _parked_lines(connection)


def _parked_lines(connection: Connection) -> list[ParkedFact]:
    """Lines of deliveries and counts whose item is not known."""
    document, line = t.stock_document, t.stock_document_line
    rows = connection.execute(
        select(document, line.c.line, line.c.reason.label("why"))
        .join(line, line.c.document_id == document.c.document_id)
        .where(line.c.state == "parked")
        .order_by(document.c.at, document.c.document_id, line.c.line)
        .limit(LARGEST_PAGE)
    )
    return [
        ParkedFact(
            store_id=row.store_id,
            workstation_id=row.workstation_id,
            epoch=row.epoch,
            sequence=row.sequence,
            received_at=row.at,
            line=row.line,
            reason=f"line {row.line} of a document ({row.kind}): {row.why}",
        )
        for row in rows
    ]


def status(connection: Connection) -> Status:
    chain = connection.execute(select(t.chain.c.chain)).scalar()
    parked_entries = select(func.count()).where(t.journal_entry.c.state == "parked")
    return Status(
        version=version("spindel"),
        database=connection.dialect.name,
        chain=chain or "",
        stores=_count(connection, t.store),
        items=_count(connection, t.item),
        operators=_count(connection, t.operator),
        customers=_count(connection, t.customer),
        receipts=_count(connection, t.receipt),
        journal_entries=connection.execute(
            select(func.coalesce(func.sum(t.epoch.c.head_sequence), 0))
        ).scalar_one(),
        waiting=sum(waiting(connection).values()),
        parked=connection.execute(parked_entries).scalar_one(),
        aside=aside.count(connection),
        forks=_open_forks(connection),
        backup_at=newest_backup(connection),
        workstations=workstations(connection),
    )


def _limited(connection: Connection, query: Select[Any], limit: int) -> list[Any]:
    """One row more than asked for, so that it is known whether there are more."""
    return list(connection.execute(query.limit(limit + 1)).mappings())


def _open_forks(connection: Connection) -> int:
    query = select(func.count()).select_from(t.fork).where(t.fork.c.settled_at == "")
    return int(connection.execute(query).scalar_one())


def _count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()
