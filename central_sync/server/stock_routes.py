"""What tills and web shops ask of the chain's stock.

Inside (tills, keys with stock:read:exact) figures are told, outside bands with their age.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from central_sync.server.asking import Authorization, TheCentral, active_till
from central_sync.server.auth import KEY_PREFIX, api_key_of, bearer, till_of
from central_sync.server.bodies import body_of, described
from central_sync.server.warehouse.availability import answer, changes
from central_sync.server.warehouse.image import StockImage
from central_sync.wire.availability import (
    AvailabilityChanges,
    AvailabilityReply,
    AvailabilityRequest,
)

routes = APIRouter(prefix="/v1", tags=["stock"])

EXACT = "stock:read:exact"


def is_told_exactly(central: TheCentral, authorization: Authorization = "") -> bool:
    """Whether figures are told: to a till and to a key with that scope; raises Refused."""
    token = bearer(authorization)
    with central.database.reading() as connection:
        if not token.startswith(KEY_PREFIX):
            active_till(till_of(connection, token))
            return True
        return EXACT in api_key_of(connection, token, "stock:read").scopes


Exactly = Annotated[bool, Depends(is_told_exactly)]


def image_of(request: Request) -> StockImage:
    image: StockImage = request.app.state.stock
    return image


Image = Annotated[StockImage, Depends(image_of)]


@routes.post(
    "/availability",
    response_model=AvailabilityReply,
    openapi_extra=described(AvailabilityRequest),
)
def post_availability(
    exact: Exactly,
    image: Image,
    asked: Annotated[AvailabilityRequest, Depends(body_of(AvailabilityRequest))],
) -> Response:
    """What the chain has of up to a hundred items: in all, and by site, nearest first."""
    return Response(answer(image, asked, exact=exact), media_type="application/json")


@routes.get("/availability/changes")
def get_availability_changes(
    exact: Exactly,
    central: TheCentral,
    image: Image,
    since: Annotated[int, Query(ge=0, le=2**62)] = 0,
) -> AvailabilityChanges:
    """Items whose stock changed after a sequence, for a shop's own cache.

    Begin with the sequence of an availability answer. `is_gone`: ask for everything again.
    Ages are not told here: they grow by themselves.
    """
    with central.database.reading() as connection:
        return AvailabilityChanges.model_validate(changes(connection, image, since, exact=exact))
