"""What people and systems ask of central, each with a key that has the scope."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from central_sync.server import aside, masters, reads
from central_sync.server.asking import TheCentral, key_with
from central_sync.server.auth import ApiKey
from central_sync.server.bodies import body_of, described
from central_sync.server.facts import (
    AsideFact,
    Attended,
    OperatorWrite,
    ParkedFact,
    PriceWrite,
    ReceiptPage,
    Settle,
    Status,
    StockAdjustment,
    StockPage,
    StoreFact,
    WholeReceipt,
    WorkstationFact,
    Written,
)
from central_sync.server.settled import Decided, settle_parked
from central_sync.server.storable import storable

routes = APIRouter(prefix="/v1")

_WORKSTATIONS = [Depends(key_with("workstations:read"))]
_RECEIPTS = [Depends(key_with("receipts:read"))]
_STOCK = [Depends(key_with("stock:read"))]
_MASTERS = [Depends(key_with("masters:write"))]
WorkstationsWriter = Annotated[ApiKey, Depends(key_with("workstations:write"))]
Limit = Annotated[int, Query(ge=1, le=reads.LARGEST_PAGE)]


@routes.get("/status", dependencies=_WORKSTATIONS, tags=["central"])
def get_status(central: TheCentral) -> Status:
    """Counts, and every workstation with its last contact."""
    with central.database.reading() as connection:
        return reads.status(connection)


@routes.get("/stores", dependencies=_WORKSTATIONS, tags=["central"])
def get_stores(central: TheCentral) -> list[StoreFact]:
    """All stores and warehouses."""
    with central.database.reading() as connection:
        return reads.stores(connection)


@routes.get("/workstations", dependencies=_WORKSTATIONS, tags=["central"])
def get_workstations(central: TheCentral) -> list[WorkstationFact]:
    """All workstations, what central holds of them and what they still have to send."""
    with central.database.reading() as connection:
        return reads.workstations(connection)


@routes.get("/parked", dependencies=_WORKSTATIONS, tags=["central"])
def get_parked(central: TheCentral) -> list[ParkedFact]:
    """Journal entries that could not be booked, oldest first."""
    with central.database.reading() as connection:
        return reads.parked(connection)


@routes.post("/parked/{entry_id}/settle", tags=["central"], openapi_extra=described(Settle))
def post_parked_settle(
    central: TheCentral,
    entry_id: str,
    key: WorkstationsWriter,
    wish: Annotated[Settle, Depends(body_of(Settle))],
) -> Attended:
    """Leave a parked entry unbooked: it goes off the list and stays in the journal."""
    with central.database.atomic() as connection:
        by = Decided(key.name, wish.note, central.timestamp())
        settle_parked(connection, entry_id, by)
    return Attended(settled=1)


@routes.get("/aside", dependencies=_WORKSTATIONS, tags=["central"])
def get_aside(central: TheCentral) -> list[AsideFact]:
    """What forked, revoked and replaced workstations sent and nobody has decided on."""
    with central.database.reading() as connection:
        return aside.listed(connection)


@routes.post("/aside/{aside_id}/take", tags=["central"], openapi_extra=described(Settle))
def post_aside_take(
    central: TheCentral,
    aside_id: str,
    key: WorkstationsWriter,
    wish: Annotated[Settle, Depends(body_of(Settle))],
) -> Attended:
    """Book what is kept aside; what is known already counts once."""
    with central.database.atomic() as connection:
        by = Decided(key.name, wish.note, central.timestamp())
        return aside.take(connection, aside_id, by, central.on_shortfall)


@routes.post("/aside/{aside_id}/settle", tags=["central"], openapi_extra=described(Settle))
def post_aside_settle(
    central: TheCentral,
    aside_id: str,
    key: WorkstationsWriter,
    wish: Annotated[Settle, Depends(body_of(Settle))],
) -> Attended:
    """Leave what is kept aside unbooked: it goes off the list and stays where it is."""
    with central.database.atomic() as connection:
        by = Decided(key.name, wish.note, central.timestamp())
        return Attended(settled=aside.settle(connection, aside_id, by))


@routes.get("/receipts", dependencies=_RECEIPTS, tags=["receipts"])
def get_receipts(
    central: TheCentral,
    store: str = "",
    workstation: str = "",
    day: str = "",
    after: str = "",
    limit: Limit = 100,
) -> ReceiptPage:
    """Receipts by store, workstation and business day, oldest first."""
    with central.database.reading() as connection:
        return reads.receipts(
            connection, store=store, workstation=workstation, day=day, after=after, limit=limit
        )


@routes.get("/receipts/{receipt_id}", dependencies=_RECEIPTS, tags=["receipts"])
def get_receipt(central: TheCentral, receipt_id: str) -> WholeReceipt:
    """One receipt, with everything that stood on it."""
    with central.database.reading() as connection:
        return reads.receipt(connection, receipt_id)


@routes.get("/stock", dependencies=_STOCK, tags=["stock"])
def get_stock(
    central: TheCentral, store: str = "", sku: str = "", after: str = "", limit: Limit = 100
) -> StockPage:
    """Pieces on hand by store and item."""
    with central.database.reading() as connection:
        return reads.stock(connection, store=store, sku=sku, after=after, limit=limit)


@routes.post(
    "/stock-adjustments",
    dependencies=_MASTERS,
    tags=["stock"],
    openapi_extra=described(StockAdjustment),
)
def post_adjustment(
    central: TheCentral, wish: Annotated[StockAdjustment, Depends(body_of(StockAdjustment))]
) -> Written:
    """Add or take away pieces in a store, with a reason."""
    with central.database.atomic() as connection:
        broken = masters.adjust_stock(connection, wish, central.timestamp())
        if broken:
            central.on_shortfall(connection, broken, central.timestamp())
    return Written(changed=True)


@routes.put(
    "/items/{sku}/price",
    dependencies=_MASTERS,
    tags=["masters"],
    openapi_extra=described(PriceWrite),
)
def put_price(
    central: TheCentral,
    sku: str,
    wish: Annotated[PriceWrite, Depends(body_of(PriceWrite))],
) -> Written:
    """Change an item's price; the tills get it on their feed."""
    with central.database.atomic() as connection:
        changed = masters.set_price(
            connection, storable(sku), wish.price_minor, central.timestamp()
        )
    return Written(changed=changed)


@routes.put(
    "/operators/{number}",
    dependencies=_MASTERS,
    tags=["masters"],
    openapi_extra=described(OperatorWrite),
)
def put_operator(
    central: TheCentral,
    number: str,
    wish: Annotated[OperatorWrite, Depends(body_of(OperatorWrite))],
) -> Written:
    """Add or change an operator; the tills get it on their feed."""
    with central.database.atomic() as connection:
        masters.put_operator(connection, number, wish, central.timestamp())
    return Written(changed=True)
