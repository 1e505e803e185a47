"""What is done for a customer whose line cannot come as promised, step by step.

Pure. Each step is taken once for a line; its key makes a repeated try harmless. The thing
to get wrong: a later date and a substitute need the customer's yes, another store and two
parcels do not (offline contract, compensation ladder).
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    OTHER_SITE = "other_site"
    SPLIT_PARCELS = "split_parcels"
    LATER_DATE = "later_date"
    SUBSTITUTE = "substitute"
    REFUND = "refund"
    VOUCHER = "voucher"


NEEDS_A_YES = frozenset((Step.LATER_DATE, Step.SUBSTITUTE))
CALLS_THE_CUSTOMER = frozenset((Step.LATER_DATE, Step.SUBSTITUTE, Step.REFUND))


@dataclass(frozen=True, slots=True)
class Ways:
    """Which steps are possible now; a refund always is."""

    other_site: bool = False
    split_parcels: bool = False
    later_date: bool = False
    substitute: bool = False
    voucher: bool = False


def next_step(ways: Ways, taken: Collection[Step]) -> Step | None:
    """The first possible step not yet taken; None when the ladder is at its end."""
    possible = {Step(name) for name in Ways.__slots__ if getattr(ways, name)} | {Step.REFUND}
    return next((step for step in Step if step in possible and step not in taken), None)


def step_key(order_id: str, line: int, step: Step) -> str:
    """The idempotency key of one step for one line."""
    return hashlib.sha256(f"{order_id}/{line}/{step.value}".encode()).hexdigest()
