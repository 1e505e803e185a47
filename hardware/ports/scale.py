"""The scale: one stable, fresh weight for one item, or a reason why not.

A weight is a result with a time of its own. An old one is never given again, so
the next item cannot be sold by the weight of the last (EN 45501, WELMEC 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.ports.device import DeviceState


@dataclass(frozen=True, slots=True)
class WeighRequest:
    """`unit_price_minor` is for one kilogram; `name` is shown where the scale can."""

    unit_price_minor: int = 0
    tare_grams: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Weight:
    """Net `grams`, in whole grams. A price scale also answers what it shows to the customer:
    `unit_price_minor` per kilogram and `amount_minor`; other scales answer 0 there.

    `at` is monotonic seconds. `weight_id` rises with every weighing of this driver.
    """

    weight_id: int
    grams: int
    at: float
    unit_price_minor: int = 0
    amount_minor: int = 0


class Scale(Protocol):
    """One thread uses it at a time; a weighing takes at most some seconds.

    Raises the tree in `hardware.errors`; `Refused` where the scale answers that it
    moves, is empty, overloaded or has not been emptied, with `state()` naming why.
    """

    def weigh(self, request: WeighRequest) -> Weight: ...

    def state(self) -> DeviceState: ...

    def close(self) -> None: ...
