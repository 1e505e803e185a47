"""The order desk over HTTP, for tills alone: find an order or a receipt, claim a refund.

Every look-up by a person's words is written down. The thing to get wrong: a rule in here.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from central_sync.server.asking import ActiveTill, TheCentral
from central_sync.server.bodies import body_of, described
from central_sync.server.orders import desk
from central_sync.server.orders.asking import TheRoom
from central_sync.server.people_access import note_access
from central_sync.wire.desk import ClaimRequest, DeskOrders, DeskReceipt, RefundClaim

routes = APIRouter(prefix="/v1/desk", tags=["tills"])


@routes.get("/orders")
def get_desk_orders(
    central: TheCentral,
    room: TheRoom,
    till: ActiveTill,
    q: Annotated[str, Query(min_length=2, max_length=200)],
) -> DeskOrders:
    """Orders of all stores and channels by number, receipt, phone, e-mail or name."""
    with central.database.reading() as connection:
        found = desk.find(room, connection, central.data_keys, q)
    who = f"till {till.workstation_id}"
    with central.database.atomic() as connection:
        note_access(
            connection,
            who=who,
            why="at the till",
            what="find orders",
            customers=desk.seen(found.orders),
            at=central.timestamp(),
        )
    return found


@routes.get("/receipts/{number}")
def get_desk_receipt(
    central: TheCentral, room: TheRoom, till: ActiveTill, number: str
) -> DeskReceipt:
    """A receipt of any till, what came back of it, and its order."""
    with central.database.reading() as connection:
        return desk.receipt(room, connection, number)


@routes.post("/refunds/claim", openapi_extra=described(ClaimRequest))
def post_refund_claim(
    room: TheRoom,
    till: ActiveTill,
    asked: Annotated[ClaimRequest, Depends(body_of(ClaimRequest))],
) -> RefundClaim:
    """The right to pay a refund out now; 409 when it is paid, or another till is at it."""
    return desk.claim(room, asked.order_id, asked.refund_key, till.workstation_id)
