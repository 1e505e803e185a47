"""Central's HTTP API: a thin shell around plain functions.

Handlers live in the modules called ..._routes. The thing to get wrong: putting a rule in a
handler, where the simulator cannot reach it.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match, Route
from starlette.types import Scope

from central_sync.server import (
    customer_routes,
    fleet_routes,
    people_routes,
    stock_routes,
    till_routes,
)
from central_sync.server.bodies import NESTED
from central_sync.server.bookkeeper import Bookkeeper, Books
from central_sync.server.central import Central
from central_sync.server.describing import described_whole
from central_sync.server.guesses import Guesses
from central_sync.server.intake_desk import IntakeDesk
from central_sync.server.metrics import Measured, Traffic
from central_sync.server.nudging import Nudges
from central_sync.server.orders.deciding import settle_all
from central_sync.server.orders.desk_routes import routes as desk_routes
from central_sync.server.orders.offer_routes import routes as offer_routes
from central_sync.server.orders.opening import open_orders
from central_sync.server.orders.promise_days import PromiseDays
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.routes import routes as order_routes
from central_sync.server.problems import add_problem_handlers
from central_sync.server.protocol import ProtocolHeader
from central_sync.server.shedding import Shedding
from central_sync.server.warehouse.image import StockImage

# A small chain's file is made while the till waits; for a large one it comes back.
SNAPSHOT_WAIT_SECONDS = 3.0

_DESCRIPTION = """\
The master of a chain: takes in what its tills sold, and tells them items, prices,
operators and stock. Tills send a token signed with their key, people and systems a key
made with `spindel central key add`. Every failure is a problem document (RFC 9457).
"""


def create_app(
    central: Central,
    *,
    nudges: Nudges | None = None,
    snapshot_wait_seconds: float = SNAPSHOT_WAIT_SECONDS,
    orders: OrderRoom | None = None,
    books: Books | None = None,
) -> FastAPI:
    """The API of one central; closing the central, and what else is given, is the caller's."""
    app = _bare()
    app.state.central = central
    app.state.guesses = Guesses()
    app.state.traffic = Traffic()
    app.state.stock = StockImage(central.database, central.now)
    app.state.nudges = nudges or Nudges(central.database)
    app.state.snapshot_wait_seconds = snapshot_wait_seconds
    app.state.orders = orders or open_orders(central)
    app.state.books = books or bookkeeper(central, app.state.orders)
    app.state.intake = IntakeDesk(central, app.state.books)
    app.state.promise_days = PromiseDays(app.state.orders)
    return app


def bookkeeper(central: Central, room: OrderRoom) -> Bookkeeper:
    """Books what comes in, and has what it says of orders decided."""
    return Bookkeeper(central, lambda store_id: settle_all(room, store_id))


def openapi() -> dict[str, Any]:
    """The API as an OpenAPI document; needs no central."""
    return _bare().openapi()


def _bare() -> FastAPI:
    app = FastAPI(
        title="Spindel central",
        version=version("spindel"),
        description=_DESCRIPTION,
        generate_unique_id_function=_operation_id,
        redoc_url=None,
    )
    # What comes in floods goes straight to its handler: what FastAPI does on the way costs a tenth
    # of the request. Its twin among the routes of tills is what OpenAPI describes.
    app.router.routes.insert(
        0, _Short("/v1/journal", till_routes.receive_journal, methods=["POST"])
    )
    app.include_router(till_routes.routes)
    app.include_router(people_routes.routes)
    app.include_router(order_routes)
    app.include_router(offer_routes)
    app.include_router(desk_routes)
    app.include_router(customer_routes.routes)
    app.include_router(stock_routes.routes)
    app.include_router(fleet_routes.routes)
    app.add_middleware(Shedding)
    app.add_middleware(ProtocolHeader)
    app.add_middleware(Measured)
    add_problem_handlers(app)
    of_routes = app.openapi
    app.openapi = lambda: _whole(of_routes())  # type: ignore[method-assign]
    return app


class _Short(Route):
    """Says which route it is, as FastAPI's own do: requests are counted by it."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        return match, {**child_scope, "route": self}


def _whole(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    # FastAPI knows nothing of bodies that are read by hand, nor of what stands inside them.
    document["components"]["schemas"] = NESTED | schemas
    return described_whole(document)


def _operation_id(route: APIRoute) -> str:
    return route.name
