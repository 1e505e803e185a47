"""What tills and web shops ask of the chain's stock.

Inside (tills, keys with stock:read:exact) figures are told, outside bands with their age.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from central_sync.server.asking import TheCentral
from central_sync.server.bodies import body_of, described
from central_sync.server.orders.asking import client_with
from central_sync.server.orders.promise_days import PromiseDays
from central_sync.server.orders.quotes import Client
from central_sync.server.warehouse.availability import answer, changes
from central_sync.server.warehouse.image import StockImage
from central_sync.wire.availability import (
    AvailabilityChanges,
    AvailabilityReply,
    AvailabilityRequest,
)

routes = APIRouter(prefix="/v1", tags=["stock"])

Asker = Annotated[Client, Depends(client_with("stock:read"))]


async def image_of(request: Request) -> StockImage:
    image: StockImage = request.app.state.stock
    return image


async def days_of(request: Request) -> PromiseDays:
    days: PromiseDays = request.app.state.promise_days
    return days


Image = Annotated[StockImage, Depends(image_of)]


@routes.post(
    "/availability",
    response_model=AvailabilityReply,
    openapi_extra=described(AvailabilityRequest),
)
def post_availability(
    asker: Asker,
    image: Image,
    days: Annotated[PromiseDays, Depends(days_of)],
    asked: Annotated[AvailabilityRequest, Depends(body_of(AvailabilityRequest))],
) -> Response:
    """What the chain has of up to a hundred items: in all, and by site, nearest first."""
    content = answer(image, asked, exact=asker.is_inside, promise=days.of)
    return Response(content, media_type="application/json")


@routes.get("/availability/changes")
def get_availability_changes(
    asker: Asker,
    central: TheCentral,
    image: Image,
    since: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> AvailabilityChanges:
    """Items whose stock changed after a sequence, for a shop's own cache.

    Begin with the sequence of an availability answer. `is_gone`: ask for everything again.
    Ages are not told here: they grow by themselves.
    """
    with central.database.reading() as connection:
        found = changes(connection, image, since, exact=asker.is_inside)
    return AvailabilityChanges.model_validate(found)
