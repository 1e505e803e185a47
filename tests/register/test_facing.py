from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_client.register.facing import closed_rows, customer_rows, pair
from pos_client.register.view import (
    CardView,
    LastReceipt,
    LineView,
    Mode,
    PaymentView,
    Setup,
    View,
)
from pos_client.texts import LANGUAGES, words
from tests.builders import kr

SV = words("sv")
SHOP = Setup(store_name="Två Par Göteborg")


def a_sale(*prices: str, **changes: object) -> View:
    lines = tuple(
        LineView(number, f"S{number}", "Loafer läder svart 42", 1, kr(price), kr(price))
        for number, price in enumerate(prices, 1)
    )
    total = sum(line.total_minor for line in lines)
    view = View(Mode.SALE, SHOP, lines=lines, total_minor=total, last_line=len(lines))
    return replace(view, due_minor=total, **changes)  # type: ignore[arg-type]


def rows(view: View) -> list[str]:
    return [row.replace("\u00a0", " ") for row in customer_rows(view, SV)]


def test_an_item_is_shown_with_its_price_and_the_sum_of_all() -> None:
    assert rows(a_sale("199,50", "1 299")) == ["Loafer läde 1 299,00", "SUMMA       1 498,50"]


def test_a_removed_item_gives_way_to_what_is_left() -> None:
    view = a_sale("100", "200")
    voided = replace(view.lines[1], is_voided=True)
    view = replace(view, lines=(view.lines[0], voided), last_line=1, total_minor=kr("100"))

    assert rows(view) == ["Loafer läder  100,00", "SUMMA         100,00"]


def test_when_all_is_removed_it_says_so() -> None:
    view = a_sale("100")
    view = replace(view, lines=(replace(view.lines[0], is_voided=True),), last_line=0)

    assert rows(replace(view, total_minor=0)) == ["BORT          100,00", "SUMMA           0,00"]


def test_quantity_stands_before_the_name() -> None:
    view = a_sale("100")
    two = replace(view.lines[0], quantity=2, total_minor=kr("200"))

    assert rows(replace(view, lines=(two,)))[0] == "2 x Loafer lä 200,00"


def test_a_weighed_item_shows_its_weight() -> None:
    view = a_sale("89,95")
    candy = replace(view.lines[0], name="Lösgodis", weight_grams=452)

    assert rows(replace(view, lines=(candy,)))[0] == "0,452kg Lösgod 89,95"


def test_once_paying_began_the_total_and_what_is_left_are_shown() -> None:
    view = a_sale("499", payments=(PaymentView("cash", "Kontant", kr("200")),))

    assert rows(replace(view, due_minor=kr("299"))) == [
        "ATT BETALA    499,00",
        "KVAR          299,00",
    ]


def test_a_card_payment_sends_the_customer_to_the_terminal() -> None:
    view = a_sale("499", card=CardView("p1", "in_progress", kr("499")))

    assert rows(view) == ["ATT BETALA    499,00", "Se kortterminalen"]


@pytest.mark.parametrize(
    ("receipt", "expected"),
    [
        (LastReceipt("1-1-7", kr("499"), kr("1"), 0, False), "VÄXEL           1,00"),
        (LastReceipt("1-1-7", kr("498,60"), 0, 40, False), "BETALT        499,00"),
        (LastReceipt("1-1-7", -kr("499"), 0, 0, True), "ÅTER          499,00"),
    ],
)
def test_at_the_end_the_customer_reads_what_the_hands_need(
    receipt: LastReceipt, expected: str
) -> None:
    view = View(Mode.SALE, SHOP, last_receipt=receipt)

    assert rows(view) == [expected, "Tack, välkommen åter"]


def test_an_idle_till_greets() -> None:
    assert rows(View(Mode.SALE, SHOP)) == ["  Två Par Göteborg", "     Välkommen!"]


@pytest.mark.parametrize("mode", [Mode.SIGNED_OFF, Mode.DAY_CLOSED])
def test_a_till_without_a_cashier_is_closed(mode: Mode) -> None:
    assert rows(View(mode, SHOP)) == ["   KASSAN STÄNGD", ""]


def test_a_customer_in_the_middle_of_a_sale_is_never_told_that_the_till_is_closed() -> None:
    assert rows(replace(a_sale("100"), mode=Mode.SIGNED_OFF))[0].strip() == "Ett ögonblick"


@given(st.text(max_size=40), st.integers(-(10**11), 10**11), st.sampled_from(LANGUAGES))
def test_an_amount_is_whole_and_no_row_is_too_long(name: str, minor: int, language: str) -> None:
    view = a_sale("1")
    line = replace(view.lines[0], name=name, total_minor=minor)
    spoken = words(language)

    top, bottom = customer_rows(replace(view, lines=(line,), total_minor=minor), spoken)

    assert len(top) <= 20
    assert len(bottom) <= 20
    assert top.endswith(spoken.money(minor))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_fits_its_row_with_an_amount_of_a_thousand(language: str) -> None:
    spoken = words(language)
    for key in ("sum", "to_pay", "left", "paid", "back", "change", "removed"):
        assert pair(spoken.say(f"facing.{key}"), spoken.money(199_900), 20).startswith(
            spoken.say(f"facing.{key}")
        )
    for key in ("greeting", "moment", "thanks", "card"):
        assert len(spoken.say(f"facing.{key}")) <= 20
    assert len(closed_rows(spoken)[0]) <= 20
