"""A day's own decisions under another policy, told beside what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import zstandard
from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.routing import Decision, read_record
from central_sync.routing.trial import Side, tried
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.rules import live_policy, policy_of, read_policy
from central_sync.wire.decisions import SimulatedSide, SimulateReply


def simulate(room: OrderRoom, asked: str | Mapping[str, Any], day: str) -> SimulateReply:
    """Raises Refused 404 for a policy unknown, 422 for one that cannot be."""
    with room.database.reading() as connection:
        live = live_policy(connection)
        if isinstance(asked, str):
            other = policy_of(connection, asked)
        else:
            other = read_policy(dict(asked), "tried")
        ours, theirs, moved = tried(_decisions(connection, day), live, other)
    return SimulateReply(day=day, live=_told(ours), tried=_told(theirs), moved=moved)


def _decisions(connection: Connection, day: str) -> Iterator[Decision]:
    row = t.routing_decision.c
    rows = connection.execute(
        select(row.record).where(row.day == day).order_by(row.at, row.decision_id)
    )
    for (record,) in rows:
        yield read_record(zstandard.decompress(record))


def _told(side: Side) -> SimulatedSide:
    waits = sorted(side.queues)
    return SimulatedSide(
        policy=side.policy.version,
        orders=side.orders,
        cost_minor=side.costs,
        parcels=side.parcels,
        split=side.split,
        unfilled=side.unfilled,
        queue_minutes_p95=waits[len(waits) * 95 // 100] // 60 if waits else 0,
        km_mean=sum(side.metres) // len(side.metres) // 1000 if side.metres else 0,
    )
