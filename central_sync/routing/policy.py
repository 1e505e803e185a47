"""A policy: prices and hard rules of routing as one frozen, versioned value.

What is cheap, what is forbidden. A change is a new version that is first run against a
day's history, never an edit. The thing to get wrong: these are prices in öre, so that a
person can argue with each of them; none is a weight without a unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """`COST` is ours; the two others are what it is measured against, and a way back.

    `NEAREST`: the nearest complete store. `LEAST_BUSY`: complete, then least busy, then near.
    """

    COST = "cost"
    NEAREST = "nearest"
    LEAST_BUSY = "least_busy"


@dataclass(frozen=True, slots=True)
class HardRules:
    """What no price can buy. 0 means no limit for parcels, distance and age of promise."""

    heartbeat_seconds: int = 60
    most_parcels: int = 4
    most_km: int = 0
    reject_cool_down_seconds: int = 3600


@dataclass(frozen=True, slots=True)
class Policy:
    """Prices in minor units (öre); figures from order-routing section 6.

    `congestion_minor` is G of the parcel price Λ; `burst_minor` what a parcel costs more at a
    store that was just given the chain's mean, twice that at twice the mean; `nil_minor` what a
    pick that finds nothing costs; `busy_idle_thousandths` and `busy_steep_thousandths` are 0.2
    and 2.8 of f(x) = 0.2 + 2.8·min(x, 1.6)³.
    """

    version: str = "2026-1"
    rule: Rule = Rule.COST
    hard: HardRules = HardRules()
    km_minor: int = 5
    minute_minor: int = 500
    nil_minor: int = 7_000
    late_minor_per_hour: int = 1_500
    most_late_minor: int = 20_000
    silent_minor: int = 10_000_000
    congestion_minor: int = 150_000
    burst_minor: int = 15_000
    busy_idle_thousandths: int = 200
    busy_steep_thousandths: int = 2_800
    busy_cap_thousandths: int = 1_600
    job_parcel_seconds: int = 240
    job_line_seconds: int = 120
    job_piece_seconds: int = 20
    hysteresis_minor: int = 1_500


DEFAULT_POLICY = Policy()
"""Prices as measured in the bench's world; a chain fits its own with a simulation."""

NEAREST_COMPLETE = Policy(version="nearest-complete", rule=Rule.NEAREST)
LEAST_BUSY_COMPLETE = Policy(version="least-busy-complete", rule=Rule.LEAST_BUSY)
