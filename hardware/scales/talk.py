"""How a driver talks with any scale: bytes in, bytes out, and an outcome at the end.

Sans-IO: no thread, no port, and the clock is an argument. A driver calls `weigh`,
then feeds what comes and ticks when `due` has passed, and sends whatever is
returned, until there is an `outcome`.

The thing to get wrong: an answer that comes late. It belongs to the goods of the
last weighing, so every protocol here counts what it is still owed, and asks anew only
when nothing of that can come any more. Dropping as many answers as are owed is no way:
where one was lost, each next one is dropped for the one before, for ever; where one
came twice, the old weight is taken for the new.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from hardware.ports import Reason, WeighRequest

ANSWER_SECONDS = 0.4
PAUSE_SECONDS = 0.1
# How long goods may rock before a weighing is refused.
PATIENCE_SECONDS = 3
TRIES = 3
# So long after it was asked nothing can still be answered.
FORGET_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Reading:
    """A stable weight as the scale shows it: gross, unless `is_net`.

    A price scale also says the price per kilogram and the amount, in minor units.
    """

    grams: int
    is_net: bool = False
    unit_price_minor: int = 0
    amount_minor: int = 0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why there is no weight; `detail` is one clause for store IT, or ""."""

    reason: Reason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Alive:
    """It answered a look that asked for no weight."""


Outcome = Reading | Trouble | Alive


class Talk(Protocol):
    """One scale's protocol. `outcome` is None while a conversation is under way."""

    @property
    def answers_price(self) -> bool:
        """Whether a Reading carries price and amount, and counts as taken by the scale itself."""

    @property
    def outcome(self) -> Outcome | None: ...

    @property
    def due(self) -> float:
        """When `tick` has something to do, unless something came before."""

    def weigh(self, request: WeighRequest, now: float) -> bytes: ...

    def glance(self, now: float) -> bytes:
        """Look whether it answers, and where it is known what lies on it; prints nothing."""

    def feed(self, data: bytes, now: float) -> bytes: ...

    def tick(self, now: float) -> bytes: ...
