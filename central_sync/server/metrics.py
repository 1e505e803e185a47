"""Central's figures for Prometheus: what its database holds, and the requests of this process.

What is read from the database is the same in every process; requests are counted by each for
itself, as its own target. A newcomer would label requests by path: a receipt's number would be a
series of its own, so the label is the route's pattern.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import Column, Connection, func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central_sync.database import tables as t
from central_sync.server import reads
from central_sync.server.fleet import fleet
from central_sync.server.safe_heads import newest_backup

# Seconds; a heartbeat takes milliseconds, a first load's page tenths of a second.
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_CONCERNS = ("silent", "lost", "outbox", "fork", "clock", "version", "waiting")


class Traffic:
    """Requests of one process: how many, how long, how many under way."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter(
            "spindel_http_requests", "requests answered", labels, registry=self.registry
        )
        self.seconds = Histogram(
            "spindel_http_request_seconds",
            "from the first byte asked to the last byte answered",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.under_way = Gauge(
            "spindel_http_requests_under_way", "not answered yet", registry=self.registry
        )

    def text(self) -> str:
        return generate_latest(self.registry).decode("utf-8")


class Measured:
    """Pure ASGI around everything else, so that refusals are counted too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        traffic: Traffic | None = getattr(scope["app"].state, "traffic", None)
        if scope["type"] != "http" or traffic is None:
            await self._app(scope, receive, send)
            return
        status = 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begun = time.perf_counter()
        with traffic.under_way.track_inprogress():
            try:
                await self._app(scope, receive, noting)
            finally:
                route = getattr(scope.get("route"), "path", "none")
                traffic.requests.labels(_method(scope), route, f"{status // 100}xx").inc()
                if route != "/v1/events":  # a stream stays open by design
                    traffic.seconds.labels(route).observe(time.perf_counter() - begun)


def _method(scope: Scope) -> str:
    """A stranger's own words make no series."""
    method = str(scope["method"])
    return method if method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD") else "other"


def figures(connection: Connection, now: datetime, version: str) -> str:
    """What the database says, as text exposition; read anew at each scrape."""
    registry = CollectorRegistry()
    for name, says, label, samples in _figures(connection, now, version):
        gauge = Gauge(f"spindel_{name}", says, (label,) if label else (), registry=registry)
        for value_of, value in samples.items():
            (gauge.labels(value_of) if label else gauge).set(value)
    return generate_latest(registry).decode("utf-8")


def _figures(
    connection: Connection, now: datetime, version: str
) -> Iterator[tuple[str, str, str, dict[str, int]]]:
    """(name, help, label or "", value of the label -> figure)."""
    held = reads.status(connection)
    members = fleet(connection, now, version)
    by_status = {"active": 0, "waiting": 0, "revoked": 0}
    by_concern = dict.fromkeys(_CONCERNS, 0)
    for member in members:
        by_status[member.status] = by_status.get(member.status, 0) + 1
        for concern in member.concerns:
            by_concern[concern.key] += 1
    yield "workstations", "workstations by state", "status", by_status
    yield "workstations_concerning", "that want looking at, by reason", "concern", by_concern
    unsent = sum(member.outbox for member in members if member.status == "active")
    yield "unsent_entries", "entries that tills said are waiting at them", "", {"": unsent}
    yield "journal_entries", "entries held", "", {"": held.journal_entries}
    yield "receipts", "receipts booked", "", {"": held.receipts}
    yield "parked_entries", "entries that could not be booked", "", {"": held.parked}
    yield "aside_entries", "of copied or revoked workstations", "", {"": held.aside}
    backup_at = newest_backup(connection)
    made = round(datetime.fromisoformat(backup_at).timestamp()) if backup_at else 0
    yield "backup_timestamp_seconds", "of the newest proven backup, 0 for none", "", {"": made}
    orders = _counted(connection, t.customer_order.c.state, ("open", "escalated"))
    yield "orders", "orders that are not done, by state", "state", orders
    inbox = _counted(connection, t.order_inbox.c.state, ("waiting", "early"))
    yield "order_inbox", "words of tills about orders, by state", "state", inbox
    outgoing = _counted(connection, t.outgoing.c.state, ("waiting", "dead"))
    yield "outgoing", "messages, labels and webhooks by state", "state", outgoing


def _counted(connection: Connection, state: Column[str], states: tuple[str, ...]) -> dict[str, int]:
    """Rows by state, 0 where there are none: a series that comes and goes alarms nobody."""
    query = select(state, func.count()).where(state.in_(states)).group_by(state)
    return dict.fromkeys(states, 0) | {row[0]: row[1] for row in connection.execute(query)}
