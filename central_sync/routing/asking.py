"""What is asked of the router, what it looked at, and what it answered: plain values.

Everything a decision depends on is in `Inputs`, as whole numbers: metres, seconds, öre,
chances in basis points, load and staff in 1/1024. So a decision can be made again from
its record, byte for byte. The thing to get wrong: a float here would make a replay depend
on the machine.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]

ONE = 1024
"""One staff's full load, in the fixed point of `Inputs`."""


@dataclass(frozen=True, slots=True)
class Moment:
    """`seconds` since 1970 UTC; weekday (Monday 0) and minute in the chain's local time."""

    seconds: int
    weekday: int
    minute: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Pieces of an order line that need a store. `margin_minor` is what one piece earns."""

    line: int
    sku: str
    quantity: int = 1
    margin_minor: int = 0


@dataclass(frozen=True, slots=True)
class Ask:
    """An order's open lines and where they go, in degrees.

    `passed_over` are (line, store) that said no or found nothing; `not_from` stores that are
    out altogether (the selling till's own). `deadline_minutes` until the promise's cut-off.
    """

    order_id: str
    wanted: tuple[Wanted, ...]
    latitude: float
    longitude: float
    passed_over: tuple[tuple[int, str], ...] = ()
    not_from: tuple[str, ...] = ()
    collect_store_id: str = ""
    deadline_minutes: int = 24 * 60
    most_parcels: int = 0


class Dropped(IntEnum):
    """Why a store that has some of it was out. 0 is in."""

    NO = 0
    CLOSED = 1
    CANNOT_SHIP = 2
    TOO_FAR = 3
    DAY_FULL = 4
    COOLING_DOWN = 5
    LEFT_OUT = 6


@dataclass(frozen=True, slots=True)
class Demand:
    """Pieces of one item that one store must have together; `lines` are (line, pieces)."""

    sku: str
    quantity: int
    margin_minor: int
    lines: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Figures of the stores that hold anything of the order, as they were at `at`.

    One entry a store in every array; `free`, `missed_bp` and `nil_bp` have one row a demand.
    `load` and `staff` in 1/1024, `queue_seconds` own work waiting, `opens_seconds` until it
    opens, `missed_bp` the chance times pieces that a walk-in misses them. `crowd` is the mean
    queue of all stores (capped at 1.5) in 1/1024, for the parcel price; `burst` what a store was
    given within the last half minute, as a multiple of the chain's mean, in 1/1024.
    """

    at: int
    demands: tuple[Demand, ...]
    stores: tuple[str, ...]
    metres: Ints
    load: Ints
    staff: Ints
    queue_seconds: Ints
    opens_seconds: Ints
    ship_minor: Ints
    silent_seconds: Ints
    last_chosen: Ints
    dropped: Ints
    free: Ints
    missed_bp: Ints
    nil_bp: Ints
    crowd: int
    deadline_seconds: int
    most_parcels: int
    burst: Ints


@dataclass(frozen=True, slots=True)
class Terms:
    """What a parcel costs, in öre, term by term; `total_minor` is what was compared."""

    ship_minor: int = 0
    distance_minor: int = 0
    minutes_minor: int = 0
    scarcity_minor: int = 0
    nil_minor: int = 0
    late_minor: int = 0
    silent_minor: int = 0
    parcel_minor: int = 0

    @property
    def total_minor(self) -> int:
        return (
            self.ship_minor
            + self.distance_minor
            + self.minutes_minor
            + self.scarcity_minor
            + self.nil_minor
            + self.late_minor
            + self.silent_minor
            + self.parcel_minor
        )


@dataclass(frozen=True, slots=True)
class PlannedParcel:
    """One store's part: `lines` are (order line, sku, pieces). `ask_first`: offer, then promise."""

    store_id: str
    lines: tuple[tuple[int, str, int], ...]
    job_seconds: int
    terms: Terms
    ask_first: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """`missing` are (order line, sku, pieces) that no store can send now."""

    parcels: tuple[PlannedParcel, ...]
    missing: tuple[tuple[int, str, int], ...] = ()

    @property
    def total_minor(self) -> int:
        return sum(parcel.terms.total_minor for parcel in self.parcels)
