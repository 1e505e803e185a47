"""How the fleet stands, for people's systems and for Prometheus."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from central_sync.server.asking import TheCentral, key_with
from central_sync.server.auth import ApiKey
from central_sync.server.fleet import Concern, Member, fleet
from central_sync.server.metrics import Traffic, figures
from central_sync.server.safe_heads import backup_concern, newest_backup

routes = APIRouter(tags=["fleet"])


class OwnState(BaseModel):
    """Of central itself: the moment its newest proven backup is of, "" for none."""

    backup_at: str
    concerns: list[Concern]


class Fleet(BaseModel):
    """Every workstation with what wants looking at, the most troubled first."""

    workstations: list[Member]
    central: OwnState


@routes.get("/v1/fleet")
def get_fleet(
    central: TheCentral,
    _key: Annotated[ApiKey, Depends(key_with("workstations:read"))],
    store: Annotated[str, Query(max_length=40)] = "",
) -> Fleet:
    """How every workstation stands, as it was heard last."""
    with central.database.reading() as connection:
        members = fleet(connection, central.now(), version("spindel"), store_id=store)
        backup_at, backup = newest_backup(connection), backup_concern(connection, central.now())
    own = {"backup_at": backup_at, "concerns": [asdict(backup)] if backup else []}
    return Fleet.model_validate({"workstations": [asdict(m) for m in members], "central": own})


@routes.get("/metrics", response_class=PlainTextResponse)
def get_metrics(
    request: Request,
    central: TheCentral,
    _key: Annotated[ApiKey, Depends(key_with("metrics:read"))],
) -> PlainTextResponse:
    """Figures in Prometheus' text format; scrape each process as a target of its own."""
    traffic: Traffic = request.app.state.traffic
    with central.database.reading() as connection:
        stands = figures(connection, central.now(), version("spindel"))
    return PlainTextResponse(stands + traffic.text(), media_type=CONTENT_TYPE_LATEST)
