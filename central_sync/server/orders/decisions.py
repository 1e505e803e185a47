"""Decisions as they are kept: inputs, plan, and the sentence for the store that was chosen.

Immutable. Each is made again from its own record before it is written (I7). The thing to
get wrong: wording every candidate while an order waits. The sentence needs the chosen store
and its best rivals only; all candidates are worked out when somebody asks why.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import zstandard
from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.database.trip import Reply, Trip, among
from central_sync.routing import (
    Decision,
    Policy,
    candidates,
    read_record,
    record_bytes,
    replayed,
    why,
    worded,
)
from central_sync.routing.asking import Dropped
from central_sync.routing.rivals import narrowed, telling
from central_sync.server.orders.rules import policies
from central_sync.server.orders.stores import Stores
from central_sync.wire.decisions import CandidateView, DecisionView

RIVALS = 4
Row = dict[str, Any]
_WHY = select(t.routing_decision.c.decision_id, t.routing_decision.c.why).where(
    among(t.routing_decision.c.decision_id, "ids")
)
_TERMS = ("ship", "distance", "minutes", "scarcity", "nil", "late", "silent", "parcel")
COLLECTED_HERE = ("Kunden hämtar här.", "The customer collects here.")
ASKED_AT_ONCE = (
    "Flera butiker tillfrågas samtidigt: den som först tackar ja får den.",
    "Several stores are asked at once: the first to accept gets it.",
)


class ReplayBroken(RuntimeError):
    """I7: a decision made again from its own figures came out otherwise; nothing is written."""


def keep(
    connection: Connection,
    order_id: str,
    decided: Iterable[tuple[str, Decision]],
    policy: Policy,
    stores: Stores,
    at: str,
) -> None:
    """Store decisions by id with their inputs; raises ReplayBroken."""
    trip = Trip(connection)
    enter(trip, rows_of(order_id, decided, policy, stores, at))
    trip.go()


def enter(trip: Trip, rows: Sequence[Row]) -> None:
    trip.insert(t.routing_decision, rows)


def rows_of(
    order_id: str,
    decided: Iterable[tuple[str, Decision]],
    policy: Policy,
    stores: Stores,
    at: str,
) -> list[Row]:
    """Decisions as they are kept, each made again from its record; raises ReplayBroken.

    Worked out before a transaction begins: it takes as long as the decision itself.
    """
    rows = []
    for decision_id, made in decided:
        decision = replace(made, order_id=order_id)
        record = record_bytes(decision)
        if replayed(record, policy) != record:
            raise ReplayBroken(f"{decision_id} of {order_id} does not replay")
        rows.append(
            {
                "decision_id": decision_id,
                "order_id": order_id,
                "day": at[:10],
                "at": at,
                "policy": decision.policy,
                "attempt": decision.attempt,
                "why": json.dumps(sentences(decision, policy, stores), ensure_ascii=False),
                "record": zstandard.compress(record),
            }
        )
    return rows


def sentences(decision: Decision, policy: Policy, stores: Stores) -> dict[str, tuple[str, str]]:
    """Why each chosen store was chosen, in Swedish and English."""
    chosen = [parcel.store_id for parcel in decision.plan.parcels]
    rivals = telling(decision.inputs, policy, RIVALS + len(chosen))
    small = narrowed(decision, [*chosen, *rivals])
    found = {}
    for store_id in chosen:
        sentence = why(small, policy, store_id)
        found[store_id] = tuple(worded(sentence, tongue, stores.names) for tongue in ("sv", "en"))
    return found  # type: ignore[return-value]


def kept_sentences(
    connection: Connection, decision_ids: Iterable[str]
) -> dict[str, dict[str, tuple[str, str]]]:
    """By decision and store."""
    wanted = {one for one in decision_ids if one}
    if not wanted:
        return {}
    trip = Trip(connection)
    asked = ask_sentences(trip, wanted)
    trip.go()
    return read_sentences(asked)


def ask_sentences(trip: Trip, decision_ids: Iterable[str]) -> Reply:
    """The same in a trip; `read_sentences` reads what it answers."""
    return trip.ask(_WHY, ids=sorted({one for one in decision_ids if one}))


def read_sentences(asked: Reply) -> dict[str, dict[str, tuple[str, str]]]:
    return {
        decision_id: {store: (pair[0], pair[1]) for store, pair in json.loads(why).items()}
        for decision_id, why in asked.rows
    }


def read(connection: Connection, order_id: str) -> list[tuple[str, str, bytes]]:
    """(decision id, at, record) of an order, in their order."""
    row = t.routing_decision.c
    rows = connection.execute(
        select(row.decision_id, row.at, row.record)
        .where(row.order_id == order_id)
        .order_by(row.at, row.decision_id)
    )
    return [(decision_id, at, zstandard.decompress(record)) for decision_id, at, record in rows]


def views_of(connection: Connection, order_id: str, stores: Stores) -> list[DecisionView]:
    """Every decision of an order with all its candidates, their terms and their sentences."""
    known = policies(connection)
    return [
        _view(decision_id, at, record, known, stores)
        for decision_id, at, record in read(connection, order_id)
    ]


def _view(
    decision_id: str, at: str, record: bytes, known: dict[str, Policy], stores: Stores
) -> DecisionView:
    decision = read_record(record)
    policy = known.get(decision.policy, Policy())
    return DecisionView(
        decision_id=decision_id,
        at=at,
        policy=decision.policy,
        attempt=decision.attempt,
        candidates=_candidates(decision, policy, stores),
        missing=sorted({line for line, _, _ in decision.plan.missing}),
        replays=replayed(record, policy) == record,
    )


def _candidates(decision: Decision, policy: Policy, stores: Stores) -> list[CandidateView]:
    found = []
    for one in candidates(decision, policy):
        sentence = why(decision, policy, one.store_id)
        terms = {name: int(getattr(one.terms, f"{name}_minor")) for name in _TERMS}
        found.append(
            CandidateView(
                store_id=one.store_id,
                name=stores.name(one.store_id),
                gives=one.gives,
                is_chosen=one.is_chosen,
                dropped=Dropped(one.dropped).name.lower() if one.dropped else "",
                terms_minor=terms,
                total_minor=one.terms.total_minor,
                why_sv=worded(sentence, "sv", stores.names),
                why_en=worded(sentence, "en", stores.names),
            )
        )
    return found
