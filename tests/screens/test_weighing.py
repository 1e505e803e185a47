"""The page that waits for a weight, and codes that open something else than a line."""

from __future__ import annotations

import pytest

from pos_client.screens.keys import ENTER
from tests.builders import SHOES, an_open_register
from tests.register.test_codes_sold import a_food_shop
from tests.screens.core_twin import Desk, Register, f


@pytest.fixture
def desk() -> Desk:
    return Desk(Register(an_open_register(a_food_shop())))


def test_an_item_by_weight_opens_the_page_that_waits(desk: Desk) -> None:
    desk.enters("NOTTER")

    assert desk.page == "weighing"


def test_escape_leaves_the_item_unsold(desk: Desk) -> None:
    desk.enters("NOTTER").escapes()

    assert (desk.page, desk.view.lines) == ("sale", ())


def test_an_empty_enter_does_nothing_while_an_item_waits(desk: Desk) -> None:
    desk.enters("NOTTER").keys(ENTER)

    assert desk.page == "weighing"


def test_a_typed_weight_asks_for_its_reason_by_digit(desk: Desk) -> None:
    desk.enters("NOTTER").keys("452", f(12))
    assert desk.page == "choice"

    desk.keys("1")

    assert [line.weight_grams for line in desk.view.lines] == [452]
    assert desk.page == "sale"


def test_a_scan_while_an_item_waits_is_refused(desk: Desk) -> None:
    desk.enters("NOTTER").scans(SHOES, scan_id=7)

    assert desk.register.refused_scans == [7]
    assert desk.page == "weighing"


def test_a_receipt_scanned_in_the_sale_opens_its_return(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(10))

    desk.scans("1-1-1")

    assert desk.page == "returns"
