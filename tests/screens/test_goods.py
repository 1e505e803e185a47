"""The goods page: choose by digit, scan into the list, questions by digit, F12 books."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pos_client.register.commands import AddGoods
from pos_client.register.queries import Answer, DeliveryList, ListDeliveries, Query
from pos_client.screens.keys import ENTER
from pos_client.texts import LANGUAGES
from tests.builders import OLLE, SHOES, SOCKS, a_shoe_shop, an_open_register, gtin
from tests.screens.core_twin import Desk, Register, f

GOLDENS = Path(__file__).parent / "goldens"
CLOCK = re.compile(r"\d\d:\d\d(?=\s*$)", re.MULTILINE)


class GoodsRegister(Register):
    def _answer(self, query: Query) -> Answer | None:
        if isinstance(query, ListDeliveries):
            return DeliveryList(tuple(self.driver.shop.deliveries))
        return super()._answer(query)


@pytest.fixture
def desk() -> Desk:
    shop = a_shoe_shop()
    shop.stock = {"SKO-42": 10, "STRUMPA": 20}
    shop.goods_tasks["t1"] = ("L-100", [("SKO-42", "Löparsko Fjäll 42", 2)])
    return Desk(GoodsRegister(an_open_register(shop)))


def a_delivery(desk: Desk) -> Desk:
    return desk.keys(f(1), "*", "1").enters("L-7")


def test_a_delivery_is_begun_from_the_menu_and_asks_for_its_number(desk: Desk) -> None:
    a_delivery(desk)

    assert desk.page == "goods"
    assert desk.view.goods is not None
    assert desk.view.goods.reference == "L-7"


def test_a_scan_goes_to_the_list_and_never_to_the_sale(desk: Desk) -> None:
    a_delivery(desk).scans(SHOES, SOCKS)

    assert desk.view.goods is not None
    assert [(line.key, line.quantity) for line in desk.view.goods.lines] == [
        ("SKO-42", 1),
        ("STRUMPA", 1),
    ]
    assert desk.view.item_count == 0


def test_the_scanners_tone_is_the_cores_answer(desk: Desk) -> None:
    a_delivery(desk).scans(SHOES, scan_id=7)

    assert [one.scan_id for one in desk.register.done if isinstance(one, AddGoods)] == [7]


def test_a_count_is_typed_and_f2_sets_the_current_line(desk: Desk) -> None:
    a_delivery(desk).scans(SHOES, SOCKS).keys("12", f(2))

    assert desk.view.goods is not None
    assert [line.quantity for line in desk.view.goods.lines] == [1, 12]


def test_an_unknown_code_asks_by_digit_and_enter_is_no_answer(desk: Desk) -> None:
    a_delivery(desk).scans(gtin(77)).keys(ENTER)
    assert desk.page == "choice"
    assert desk.bells > 0

    desk.keys("1")

    assert desk.view.goods is not None
    assert [line.is_unknown for line in desk.view.goods.lines] == [True]


def test_no_leaves_the_list_as_it_was(desk: Desk) -> None:
    a_delivery(desk).scans(gtin(77)).keys("2")

    assert (desk.page, desk.view.goods.lines if desk.view.goods else None) == ("goods", ())


def test_f12_books_the_list_and_says_so(desk: Desk) -> None:
    a_delivery(desk).scans(SHOES).keys(f(12))

    assert desk.view.goods is None
    assert "L-7" in desk.text()


def test_escape_keeps_the_list_and_serves_a_customer(desk: Desk) -> None:
    a_delivery(desk).scans(SHOES).escapes().escapes()
    assert desk.page == "sale"

    desk.scans(SOCKS).keys(f(9))

    assert desk.view.goods is not None


def test_an_adjustment_asks_why_and_then_for_a_second_person(desk: Desk) -> None:
    setup = desk.register.around.setup
    assert setup.stock_reasons
    desk.keys(f(1), "*", "6").enters("-2*SKO-42").keys(f(12), "1")

    assert desk.page == "approval"
    desk.enters(OLLE, "2345")
    assert desk.register.driver.shop.stock["SKO-42"] == 8


def test_an_invoice_chooses_its_delivery_by_digit(desk: Desk) -> None:
    a_delivery(desk).scans(SHOES).keys(f(12))
    desk.keys("2", "1").keys("3", f(2), f(12)).enters("F-9")
    assert desk.page == "choice", "it differs and is asked about"

    desk.keys("1")

    assert desk.view.goods is None


def test_without_a_delivery_there_is_no_invoice_to_check(desk: Desk) -> None:
    desk.keys(f(1), "*", "2")

    assert desk.page == "goods"
    assert desk.bells == 1


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_the_list_looks_as_agreed(
    desk: Desk, request: pytest.FixtureRequest, width: int, height: int, language: str
) -> None:
    desk.till.speak(language)
    a_delivery(desk).scans(SHOES, SHOES, SOCKS, gtin(77)).keys("1")
    text = CLOCK.sub("hh:mm", desk.text(width, height))

    golden = GOLDENS / f"goods_{width}x{height}_{language}.txt"
    if request.config.getoption("update_snapshots"):
        golden.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == golden.read_text(encoding="utf-8")
