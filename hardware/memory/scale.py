"""The scale's twin in memory: a hand puts goods on it, and it is as strict as a real one.

A newcomer would feed it weighings. It holds goods: `put` places them, `weigh` reads
them once, and the same goods are refused until something else lies there.
"""

from __future__ import annotations

import time
from collections import deque

from hardware.address import parse_address
from hardware.errors import Absent, DeviceError, Refused
from hardware.ports import DeviceState, Health, Reason, WeighRequest, Weight
from hardware.scales.freshness import Freshness
from hardware.scales.weighing import STANDARD, WHY, Range, amount_of, judge


def open_scale(address: str) -> MemoryScale:
    """ "memory://?grams=452&price=yes"; raises Misconfigured.

    `grams` lie on it from the start, `maximum` is its range; with `price=yes` it answers
    price and amount as a price scale does.
    """
    found = parse_address(address)
    found.allow_only("grams", "maximum", "price")
    allowed = Range(maximum_grams=found.number("maximum", STANDARD.maximum_grams))
    answers_price = found.choice("price", ("no", "yes")) == "yes"
    scale = MemoryScale(found.written, allowed=allowed, answers_price=answers_price)
    if "grams" in found.options:
        scale.put(found.number("grams", 1))
    return scale


class MemoryScale:
    """`put`, `clear`, `shake` and `settle` are the hand; `fail_with` makes trouble."""

    def __init__(
        self,
        device: str = "memory://",
        *,
        allowed: Range = STANDARD,
        answers_price: bool = False,
    ) -> None:
        self._device = device
        self._allowed = allowed
        self._answers_price = answers_price
        self._fresh = Freshness()
        self._gross = 0
        self._is_moving = False
        self._last_id = 0
        self._failures: deque[DeviceError] = deque()
        self._state = DeviceState(Health.READY)
        self.requests: list[WeighRequest] = []

    def weigh(self, request: WeighRequest) -> Weight:
        self.requests.append(request)
        if self._failures:
            raise self._failures.popleft()
        if self._state.health in (Health.ABSENT, Health.DISABLED):
            raise Absent(self._device, "nothing is there")
        reason = self._refusal(request.tare_grams)
        if reason is not None:
            self._state = DeviceState(Health.WARNING, reason, WHY[reason])
            raise Refused(self._device, WHY[reason])
        self._state = DeviceState(Health.READY)
        self._fresh.taken(self._gross)
        return self._result(request)

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        self._state = DeviceState(Health.DISABLED)

    def put(self, grams: int) -> None:
        """So much lies on it now, gross; negative where its zero has drifted."""
        self._gross = grams
        self._fresh.seen(grams)

    def clear(self) -> None:
        """Nothing lies on it."""
        self.put(0)

    def shake(self) -> None:
        """It moves, until `settle`."""
        self._is_moving = True

    def settle(self) -> None:
        self._is_moving = False

    def unplug(self) -> None:
        self._state = DeviceState(Health.ABSENT)

    def plug_in(self) -> None:
        self._state = DeviceState(Health.READY)

    def fail_with(self, *errors: DeviceError) -> None:
        """The next weighings raise these, one each."""
        self._failures.extend(errors)

    def _refusal(self, tare_grams: int) -> Reason | None:
        if self._is_moving:
            return Reason.IN_MOTION
        return judge(self._gross, tare_grams, self._allowed) or self._fresh.refusal()

    def _result(self, request: WeighRequest) -> Weight:
        self._last_id += 1
        net = self._gross - request.tare_grams
        at = time.monotonic()
        if not self._answers_price:
            return Weight(self._last_id, net, at)
        price = request.unit_price_minor
        return Weight(self._last_id, net, at, price, amount_of(price, net))
