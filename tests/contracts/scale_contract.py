"""What every Scale must do (hardware.ports.Scale); see printer_contract for the form."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hardware.errors import Absent, Refused
from hardware.ports import Health, Reason, Scale, WeighRequest
from tests.hardware.waiting import until

CANDY = WeighRequest(unit_price_minor=19_900)


@dataclass(slots=True)
class ScaleUnderTest:
    """A scale with nothing on it, and the hand that lays goods there (gross grams)."""

    scale: Scale
    put: Callable[[int], None]
    shake: Callable[[], None]
    settle: Callable[[], None]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]
    answers_price: bool
    maximum_grams: int = 15_000


def refusal(scale: ScaleUnderTest, request: WeighRequest = CANDY) -> Reason:
    """Weigh in vain; why."""
    with pytest.raises(Refused):
        scale.scale.weigh(request)
    return scale.scale.state().reason


class ScaleContract:
    def test_a_weighing_gives_net_grams(self, scale: ScaleUnderTest) -> None:
        scale.put(462)

        weight = scale.scale.weigh(WeighRequest(19_900, tare_grams=10, name="Lösgodis"))

        assert weight.grams == 452
        assert scale.scale.state().health is Health.READY

    def test_a_price_scale_answers_price_and_amount(self, scale: ScaleUnderTest) -> None:
        scale.put(452)

        weight = scale.scale.weigh(CANDY)

        expected = (19_900, 8_995) if scale.answers_price else (0, 0)
        assert (weight.unit_price_minor, weight.amount_minor) == expected

    def test_goods_are_weighed_once(self, scale: ScaleUnderTest) -> None:
        scale.put(452)
        scale.scale.weigh(CANDY)

        assert refusal(scale) is Reason.NOT_MOVED

    def test_other_goods_are_weighed_again_with_a_new_id(self, scale: ScaleUnderTest) -> None:
        scale.put(452)
        first = scale.scale.weigh(CANDY)
        scale.put(700)

        second = scale.scale.weigh(CANDY)

        assert second.grams == 700
        assert second.weight_id > first.weight_id
        assert second.at >= first.at

    @pytest.mark.parametrize(
        ("grams", "reason"),
        [
            (0, Reason.UNDER_MINIMUM),
            (-30, Reason.BELOW_ZERO),
            (15_400, Reason.OVERLOAD),
        ],
    )
    def test_what_cannot_be_weighed_says_why(
        self, scale: ScaleUnderTest, grams: int, reason: Reason
    ) -> None:
        scale.put(grams)

        assert refusal(scale) is reason

    def test_moving_goods_are_refused_until_they_rest(self, scale: ScaleUnderTest) -> None:
        scale.put(452)
        scale.shake()
        assert refusal(scale) is Reason.IN_MOTION

        scale.settle()

        assert scale.scale.weigh(CANDY).grams == 452

    def test_a_tare_above_the_goods_is_refused(self, scale: ScaleUnderTest) -> None:
        scale.put(100)

        assert refusal(scale, WeighRequest(19_900, tare_grams=120)) is Reason.TARE_TOO_LARGE

    def test_an_unplugged_scale_is_a_state_and_it_comes_back(self, scale: ScaleUnderTest) -> None:
        scale.put(452)
        scale.unplug()
        until(lambda: scale.scale.state().health is Health.ABSENT)
        with pytest.raises(Absent):
            scale.scale.weigh(CANDY)

        scale.plug_in()

        until(lambda: scale.scale.state().health is Health.READY)
        assert scale.scale.weigh(CANDY).grams == 452

    def test_a_closed_scale_weighs_no_more(self, scale: ScaleUnderTest) -> None:
        scale.put(452)
        scale.scale.close()
        scale.scale.close()

        with pytest.raises(Absent):
            scale.scale.weigh(CANDY)
