"""Why this store, and what another policy would have done: routing told over HTTP.

Costs are öre, term by term, so that a person can argue with each.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from central_sync.wire.messages import Message


class CandidateView(Message):
    """`terms_minor` is what a parcel from there costs, term by term, in öre; `dropped` names
    the rule that left it out, "" when it was in."""

    store_id: str
    name: str
    gives: int
    is_chosen: bool
    dropped: str = ""
    terms_minor: dict[str, int]
    total_minor: int
    why_sv: str
    why_en: str


class DecisionView(Message):
    """`replays`: made again from the stored figures it gives the same answer, byte for byte."""

    decision_id: str
    at: str
    policy: str
    attempt: int
    candidates: list[CandidateView]
    missing: list[int] = Field(default=[])
    replays: bool = True


class WhyReply(Message):
    order_id: str
    number: str
    decisions: list[DecisionView]


class SimulateRequest(Message):
    """Another policy over a day's decisions; `policy` is a stored version, or the whole value."""

    policy: str | dict[str, Any]
    day: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class SimulatedSide(Message):
    """`cost_minor` counts what both policies can send, by the live policy's prices."""

    policy: str
    orders: int
    cost_minor: int
    parcels: int
    split: int
    unfilled: int
    queue_minutes_p95: int
    km_mean: int


class SimulateReply(Message):
    day: str
    live: SimulatedSide
    tried: SimulatedSide
    moved: int
