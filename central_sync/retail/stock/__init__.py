"""Stock of the whole chain: what moved, what is there, what may be promised, what is held.

Pure and whole numbers only, so that the till can use it too. The thing to get wrong: a
till's real sale always enters, even when it breaks a promise; then `shortfall` says so
and the order is routed again. Nothing here may ever refuse a movement.
"""

from central_sync.retail.stock.available import (
    AvailabilityRule,
    Band,
    Figure,
    Regime,
    available,
    band_of,
    guard,
    network_available,
    poisson_quantile,
    regime_of,
    spare,
)
from central_sync.retail.stock.document import (
    DocumentLine,
    StockDocument,
    delta_of,
    read_document,
)
from central_sync.retail.stock.movement import (
    Level,
    MovementKind,
    StockMovement,
    applied,
    count_delta,
    level_bytes,
    project,
)
from central_sync.retail.stock.pledge import (
    GRACE_SECONDS,
    Pledge,
    PledgeEvent,
    PledgeKind,
    PledgeState,
    evolve_pledge,
    is_over,
    pledge_bytes,
    pledges_of,
)
from central_sync.retail.stock.reservation import (
    Reservation,
    ReservationEvent,
    ReservationKind,
    ReservationState,
    evolve_reservation,
    expires_now,
    is_live,
    reservations_of,
    reserved_of,
    shortfall,
)

__all__ = [
    "GRACE_SECONDS",
    "AvailabilityRule",
    "Band",
    "DocumentLine",
    "Figure",
    "Level",
    "MovementKind",
    "Pledge",
    "PledgeEvent",
    "PledgeKind",
    "PledgeState",
    "Regime",
    "Reservation",
    "ReservationEvent",
    "ReservationKind",
    "ReservationState",
    "StockDocument",
    "StockMovement",
    "applied",
    "available",
    "band_of",
    "count_delta",
    "delta_of",
    "evolve_pledge",
    "evolve_reservation",
    "expires_now",
    "guard",
    "is_live",
    "is_over",
    "level_bytes",
    "network_available",
    "pledge_bytes",
    "pledges_of",
    "poisson_quantile",
    "project",
    "read_document",
    "regime_of",
    "reservations_of",
    "reserved_of",
    "shortfall",
    "spare",
]
