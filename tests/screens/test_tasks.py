"""The pages of the store's tasks: a new order rings, F12 is the next step, a scan picks only."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pos_client.screens.keys import ENTER
from pos_client.texts import LANGUAGES
from tests.builders import MAGAZINE, SHOES, SOCKS, a_register, an_open_register
from tests.register.tasking import CODE, a_collection, a_store_with, an_offer
from tests.screens.core_twin import Desk, Register, f

GOLDENS = Path(__file__).parent / "goldens"
CLOCK = re.compile(r"\d\d:\d\d(?=\s*$)", re.MULTILINE)


@pytest.fixture
def desk() -> Desk:
    return Desk(Register(a_store_with(an_offer())))


def opened(desk: Desk) -> Desk:
    return desk.keys(f(1), "-", ENTER)


def state(desk: Desk) -> list[str]:
    return [task.state for task in desk.view.tasks]


def test_a_new_order_rings_and_says_where_it_is() -> None:
    register = Register(an_open_register())
    desk = Desk(register)
    assert desk.bells == 0
    register.driver.shop.told["p1/pick"] = an_offer()

    desk.news()

    assert desk.bells == 1
    assert "A-1001" in desk.text()
    desk.news()
    assert desk.bells == 1, "once for each order"


def test_a_new_order_rings_and_shows_where_nobody_has_signed_on() -> None:
    register = Register(a_register())
    desk = Desk(register)
    register.driver.shop.told["p1/pick"] = an_offer()

    desk.news()

    assert (desk.page, desk.bells) == ("sign_on", 1)
    assert "ORDER 1" in desk.text()
    assert "A-1001" not in desk.text()


def test_the_task_says_why_this_store(desk: Desk) -> None:
    opened(desk)

    assert desk.page == "task"
    assert "Er butik har minst att göra just nu" in desk.text()


def test_parcels_go_into_the_car_by_a_scan_each_from_the_list() -> None:
    desk = Desk(Register(a_store_with(an_offer(state="packed", tracking="SPD1SE"))))
    desk.keys(f(1), "-").scans("SPD2SE")
    assert "SPD2SE är inget paket" in desk.text()

    desk.scans("SPD1SE")

    assert state(desk) == []


def test_an_order_goes_from_offer_to_carrier_with_one_key_and_scans(desk: Desk) -> None:
    opened(desk).keys(f(12))
    assert state(desk) == ["accepted"]

    desk.scans(SHOES, SHOES, SOCKS).keys(f(12))
    assert state(desk) == ["packed"]

    desk.keys(f(12)).enters("0")
    assert state(desk) == []
    assert desk.page == "tasks"


def test_a_wrong_item_is_refused_and_nothing_is_sold(desk: Desk) -> None:
    opened(desk).keys(f(12)).scans(MAGAZINE)

    assert "hör inte till ordern" in desk.text()
    assert desk.bells > 0
    assert desk.view.item_count == 0


def test_an_enter_of_a_scanner_opens_nothing_and_takes_nothing(desk: Desk) -> None:
    desk.keys(f(1), "-").scans(SHOES)

    assert desk.page == "tasks"
    assert state(desk) == ["offered"]


def test_a_missing_item_asks_why(desk: Desk) -> None:
    opened(desk).keys(f(12)).scans(SOCKS).keys(f(4), "1")

    lines = desk.view.tasks[0].lines
    assert [(line.quantity, line.short) for line in lines] == [(0, 2), (1, 0)]


def test_an_order_is_left_to_another_store_with_a_reason(desk: Desk) -> None:
    opened(desk).keys(f(3), "1")

    assert state(desk) == []


def test_another_tills_task_asks_before_it_is_taken_over() -> None:
    desk = opened(Desk(Register(a_store_with(an_offer(state="picking")))))
    desk.scans(SHOES)
    assert desk.page == "choice"

    desk.keys("1")

    assert desk.view.tasks[0].pieces_picked == 1


def test_goods_are_handed_out_by_code(desk: Desk) -> None:
    desk = opened(Desk(Register(a_store_with(a_collection()))))
    assert "Eva Ek" in desk.text()

    desk.keys(f(12)).enters("XXXXXX")
    assert state(desk) == ["ready"]

    desk.keys(f(12)).enters(CODE)
    assert state(desk) == []


def test_a_wrong_code_is_typed_again_at_once(desk: Desk) -> None:
    desk = opened(Desk(Register(a_store_with(a_collection()))))
    assert "Kundens kod" in desk.text()

    desk.enters("XXXXXX")
    assert state(desk) == ["ready"]
    desk.enters(CODE)

    assert state(desk) == []


def test_a_parcel_that_is_collected_elsewhere_says_where_it_goes() -> None:
    told = an_offer(mode="collect", collect_store_name="Två Par Uppsala", offered_until="")
    desk = opened(Desk(Register(a_store_with(told))))

    assert "Ska till Två Par Uppsala: kunden hämtar där." in desk.text()
    assert "framme senast" in desk.text()


def test_some_of_the_goods_are_handed_out(desk: Desk) -> None:
    desk = opened(Desk(Register(a_store_with(a_collection()))))

    desk.keys("1", f(2), f(12)).enters(CODE)

    assert [line.collected for line in desk.view.tasks[0].lines] == [1, 1]
    assert "A-1001: 2 st utlämnade" in desk.text()
    assert desk.view.tasks[0].pieces_here == 1


def test_a_count_that_central_asks_for_opens_its_list() -> None:
    register = a_store_with(an_offer(task_id="c1", kind="count", state="accepted"))
    register.shop.goods_tasks["c1"] = ("", [("SKO-42", "Löparsko Fjäll 42", 1)])
    desk = opened(Desk(Register(register)))

    desk.keys(f(12))

    assert desk.page == "goods"
    assert desk.view.goods is not None
    assert desk.view.goods.is_task


def test_goods_from_another_store_open_their_list_and_an_orders_parcel_goes_on_a_shelf() -> None:
    goods = an_offer(task_id="e1", kind="transfer_in", state="accepted", parcel_id="", number="T-1")
    register = a_store_with(goods)
    register.shop.goods_tasks["e1"] = ("T-1", [("SKO-42", "Löparsko Fjäll 42", 2)])
    desk = opened(Desk(Register(register))).keys(f(12))
    assert (desk.page, desk.view.goods and desk.view.goods.kind) == ("goods", "transfer_in")

    parcel = an_offer(kind="transfer_in", state="accepted", mode="collect")
    desk = opened(Desk(Register(a_store_with(parcel)))).keys(f(12)).enters("B4")

    assert state(desk) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
@pytest.mark.parametrize("page", ["tasks", "task"])
def test_the_tasks_look_as_agreed(
    request: pytest.FixtureRequest, page: str, width: int, height: int, language: str
) -> None:
    register = Register(a_store_with(an_offer(), a_collection(number="A-0990")))
    desk = Desk(register)
    desk.till.speak(language)
    desk.keys(f(1), "-")
    if page == "task":
        desk.keys(ENTER, f(12)).scans(SHOES)
    text = CLOCK.sub("hh:mm", desk.text(width, height))

    golden = GOLDENS / f"{page}_{width}x{height}_{language}.txt"
    if request.config.getoption("update_snapshots"):
        golden.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == golden.read_text(encoding="utf-8")
