"""The scale behind the cash desk, and what is kept on disk: weights, used deposit slips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.memory.scale import MemoryScale
from pos_client.checkout.weighing import Weigher
from pos_client.register import commands
from pos_client.register.commands import Weighed, WeighingFailed
from tests.checkout.core_harness import Desk, a_home
from tests.hardware.waiting import until
from tests.register.test_codes_sold import NUTS_LABEL, a_food_shop, a_slip, label


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return a_home(tmp_path / "till", a_food_shop())


@pytest.fixture
def scale() -> MemoryScale:
    return MemoryScale(answers_price=True)


@pytest.fixture
def answers(scale: MemoryScale) -> Iterator[tuple[Weigher, list[Weighed | WeighingFailed]]]:
    heard: list[Weighed | WeighingFailed] = []
    weigher = Weigher(scale, heard.append)
    yield weigher, heard
    weigher.stop()


def opened(home: Path) -> Desk:
    desk = Desk(home)
    desk.shop.deposit_shop = "012345"
    return desk


def test_a_scale_s_net_weight_and_price_become_the_line(
    home: Path, scale: MemoryScale, answers: tuple[Weigher, list[Weighed | WeighingFailed]]
) -> None:
    weigher, heard = answers
    with opened(home) as desk:
        desk.signs_on().opens().do(commands.EnterCode("NOTTER"))
        scale.put(460)
        weigher.weigh(desk.hands.weighings[-1])
        until(lambda: heard)
        desk.do(heard[0]).pays_card()

        (line,) = desk.sold()[-1].lines
        assert (line.weight_grams, line.gross_minor) == (452, 8995)
        assert "0,452 kg x 199,00 kr/kg" in str(desk.paper()[-1].document)


def test_goods_that_stayed_on_the_scale_are_not_weighed_again(
    home: Path, scale: MemoryScale, answers: tuple[Weigher, list[Weighed | WeighingFailed]]
) -> None:
    weigher, heard = answers
    with opened(home) as desk:
        desk.signs_on().opens().do(commands.EnterCode("NOTTER"))
        scale.put(460)
        weigher.weigh(desk.hands.weighings[-1])
        until(lambda: len(heard) == 1)
        desk.do(heard[0]).do(commands.EnterCode("NOTTER"))
        weigher.weigh(desk.hands.weighings[-1])
        until(lambda: len(heard) == 2)
        desk.do(heard[1])

        assert desk.said == "weighing.not_moved"
        assert len(desk.state.basket.lines) == 1


def test_a_power_cut_while_an_item_is_weighed_asks_for_it_anew(home: Path) -> None:
    with opened(home) as desk:
        desk.signs_on().opens().do(commands.EnterCode("NOTTER"))

    with opened(home) as desk:
        assert desk.state.weighing is not None
        assert desk.state.weighing.problem == "interrupted"
        desk.do(commands.WeighAgain())
        assert len(desk.hands.weighings) == 1


def test_an_orderly_stop_leaves_no_item_waiting(home: Path) -> None:
    with opened(home) as desk:
        desk.signs_on().opens().do(commands.EnterCode("NOTTER"))
        desk.desk.stopped()

    with opened(home) as desk:
        assert (desk.state.operator, desk.state.weighing) == (None, None)


def test_a_used_slip_is_remembered_over_a_restart(home: Path) -> None:
    with opened(home) as desk:
        desk.signs_on().opens()
        day = desk.desk.ledger.clock.facts().today
        slip = a_slip(day=_day_of_year(day)).replace("176", f"17{day[3]}", 1)
        desk.do(commands.ScanCode(slip, "C0")).pays_cash()
        assert len(desk.sold()) == 1

    with opened(home) as desk:
        desk.do(commands.ScanCode(slip, "C0"))
        assert desk.said == "deposit.used"


def test_stock_of_goods_by_weight_falls_by_grams(home: Path) -> None:
    with opened(home) as desk:
        desk.signs_on().opens().do(commands.ScanCode(label(NUTS_LABEL, 452))).pays_card()

        assert desk.receipts.moved_since("NOTTER", 0, 0) == -452


def _day_of_year(iso: str) -> int:
    from datetime import date

    return date.fromisoformat(iso).timetuple().tm_yday
