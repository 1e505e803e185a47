"""A scale on a bad line: a weight told is that of the goods on it, at rest, or there is none.

SMA has no parity and no checksum, so on its line no bits flip here: a flipped figure that
comes twice is one that no protocol could see. An answer may come twice, at once; a question
does not, for its second answer could come, twice, after the goods were changed.
"""

from __future__ import annotations

import random
from collections import Counter

import pytest

from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.emulators.scale_polled import EmulatedPolledScale
from hardware.ports import WeighRequest
from hardware.scales.dialects import NCI, SMA, TOLEDO_8217
from hardware.scales.dialog06 import Dialog06
from hardware.scales.polled import PolledTalk
from hardware.scales.talk import Outcome, Reading, Talk
from hardware.scales.weighing import amount_of
from tests.hardware.fuzz.bad_wire import BadWire, Mischief, enough, seeded

STEP_SECONDS = 0.05
KINDS = (
    Mischief.DROP, Mischief.DELAY, Mischief.DUPLICATE, Mischief.FLIP, Mischief.LOSE_BYTE,
    Mischief.TRUNCATE, Mischief.NOISE, Mischief.CHUNKS,
)  # fmt: skip
UNSEEN = (Mischief.FLIP, Mischief.LOSE_BYTE, Mischief.NOISE)
POLLED = {"toledo8217": TOLEDO_8217, "nci": NCI, "sma": SMA}
GOODS = 450


class BadLane:
    """A scale's protocol and an emulated scale, with a bad wire each way."""

    def __init__(self, name: str, luck: random.Random) -> None:
        self.luck = luck
        self.kinds = KINDS if name != "sma" else tuple(k for k in KINDS if k not in UNSEEN)
        self.core: EmulatedDialog06 | EmulatedPolledScale
        self.talk: Talk
        if name == "dialog06":
            self.core, self.talk = EmulatedDialog06(), Dialog06()
        else:
            self.core, self.talk = EmulatedPolledScale(name), PolledTalk(POLLED[name])
        asking = [kind for kind in self.kinds if kind is not Mischief.DUPLICATE]
        self.there = BadWire(luck, asking, rate=35, longest_delay_seconds=0.8)
        self.back = BadWire(luck, self.kinds, rate=35, longest_delay_seconds=0.8)
        self.now = 100.0

    @property
    def met(self) -> Counter[Mischief]:
        return self.there.met + self.back.met

    def weigh(self, request: WeighRequest) -> Outcome:
        self._pass(0.0)
        while self.back.take(self.now):
            pass
        self.there.carry(self.talk.weigh(request, self.now), self.now)
        end = self.now + 60
        while (outcome := self.talk.outcome) is None:
            assert self.now < end, "a weighing has no end"
            self._go_on()
        return outcome

    def rest(self, seconds: float) -> None:
        """Nobody asks; what was under way arrives."""
        self._pass(seconds)

    def _go_on(self) -> None:
        self._hand_over()
        if data := self.back.take(self.now):
            self.there.carry(self.talk.feed(data, self.now), self.now)
        else:
            self.now += STEP_SECONDS
            self.there.carry(self.talk.tick(self.now), self.now)

    def _pass(self, seconds: float) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now = min(self.now + 2 * STEP_SECONDS, end)
            self._hand_over()

    def _hand_over(self) -> None:
        self.back.carry(self.core.go_on(self.now), self.now)
        while data := self.there.take(self.now):
            self.back.carry(self.core.feed(data, self.now), self.now)


@pytest.mark.parametrize("name", ["dialog06", *POLLED])
@pytest.mark.parametrize("seed", range(10))
def test_a_weight_is_that_of_the_goods_at_rest_or_there_is_none(name: str, seed: int) -> None:
    with seeded(seed) as luck:
        lane = BadLane(name, luck)
        weights = 0
        for number in range(GOODS):
            grams = luck.randrange(20, 15_000)
            lane.core.platform.put(grams)
            if luck.random() < 0.1:
                lane.core.platform.shake()
            if luck.random() < 0.02:
                lane.core.power_cycle()
            price = luck.randrange(1, 60_000)

            outcome = lane.weigh(WeighRequest(price, name="Lösgodis"))

            if isinstance(outcome, Reading):
                weights += 1
                assert (outcome.grams, lane.core.platform.is_moving) == (grams, False), number
                if lane.talk.answers_price:
                    shown = (outcome.unit_price_minor, outcome.amount_minor)
                    assert shown == (price, amount_of(price, grams)), number
            lane.core.platform.settle()
            lane.rest(luck.uniform(0.0, 3.0))

        assert weights > GOODS // 5
        enough(lane.met, GOODS, lane.kinds)
