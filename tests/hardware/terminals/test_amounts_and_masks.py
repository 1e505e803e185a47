from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.terminals.amounts import to_minor, to_text
from hardware.terminals.masking import mask, mask_number


@pytest.mark.parametrize(
    ("amount_minor", "currency", "written"),
    [
        (0, "SEK", "0.00"),
        (1, "SEK", "0.01"),
        (19_900, "SEK", "199.00"),
        (12_345_678_905, "EUR", "123456789.05"),
        (500, "ISK", "500"),
        (1_234, "KWD", "1.234"),
    ],
)
def test_an_amount_is_written_digit_by_digit(
    amount_minor: int, currency: str, written: str
) -> None:
    assert to_text(amount_minor, currency) == written
    assert to_minor(written, currency) == amount_minor


@given(st.integers(0, 10**13), st.sampled_from(["SEK", "ISK", "KWD"]))
def test_an_amount_survives_the_wire(amount_minor: int, currency: str) -> None:
    assert to_minor(to_text(amount_minor, currency), currency) == amount_minor


@pytest.mark.parametrize("written", ["56", "56.0", "56.00", 56, Decimal("56.0"), "+56", "5.6E1"])
def test_the_same_amount_may_be_written_in_many_ways(written: str | int | Decimal) -> None:
    assert to_minor(written, "SEK") == 5_600


@pytest.mark.parametrize("written", ["", "x", "-1", "0.001", "NaN", "Infinity", "1e40", "1,50"])
def test_what_is_no_amount_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        to_minor(written, "SEK")


def test_an_amount_below_zero_is_never_asked() -> None:
    with pytest.raises(ValueError, match="below zero"):
        to_text(-1, "SEK")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("VISA 4111111111111111", "VISA 411111******1111"),
        ("4111 1111 1111 1111 debit", "411111******1111 debit"),
        ("5168-1500-0000-0009", "5168-1500-0000-0009"),
        ("AID A0000000031010", "AID A0000000031010"),
        ("411111******1111", "411111******1111"),
        ("Ref 123456789012", "Ref 123456789012"),
    ],
)
def test_a_card_number_is_hidden_and_other_numbers_are_not(text: str, masked: str) -> None:
    assert mask(text) == masked


def test_a_field_for_card_numbers_is_hidden_whatever_its_check_digit() -> None:
    assert mask_number("5168150000000009") == "516815******0009"
