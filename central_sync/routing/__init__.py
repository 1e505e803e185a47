"""Which store sends what, by cost in money. Central only: the till never loads this.

`Image` holds what is believed, `route` decides on it, `why` says it in a sentence. Needs
numpy; the background planner (`replan`) also needs highspy, the extra `routing`.
"""

from central_sync.routing.asking import Ask, Moment, Plan, PlannedParcel, Terms, Wanted
from central_sync.routing.decide import (
    Decision,
    can_fill,
    candidates,
    next_plan,
    read_record,
    record_bytes,
    replayed,
    route,
)
from central_sync.routing.image import Image, Site
from central_sync.routing.policy import (
    DEFAULT_POLICY,
    LEAST_BUSY_COMPLETE,
    NEAREST_COMPLETE,
    HardRules,
    Policy,
)
from central_sync.routing.pulse import Pulse, StoreEvents, heard
from central_sync.routing.shelves import Lent, Record, Shelf
from central_sync.routing.why import Sentence, why, worded

__all__ = [
    "DEFAULT_POLICY",
    "LEAST_BUSY_COMPLETE",
    "NEAREST_COMPLETE",
    "Ask",
    "Decision",
    "HardRules",
    "Image",
    "Lent",
    "Moment",
    "Plan",
    "PlannedParcel",
    "Policy",
    "Pulse",
    "Record",
    "Sentence",
    "Shelf",
    "Site",
    "StoreEvents",
    "Terms",
    "Wanted",
    "can_fill",
    "candidates",
    "heard",
    "next_plan",
    "read_record",
    "record_bytes",
    "replayed",
    "route",
    "why",
    "worded",
]
