"""Codes: check digits and the one key that all forms of a GTIN share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import ean

from central_sync.retail.item import check_digit, code_key, is_gtin

digits = st.text("0123456789", min_size=12, max_size=12)


@given(body=digits)
def test_a_check_digit_is_the_one_that_gs1_gives(body: str) -> None:
    assert check_digit(body) == ean.calc_check_digit(body)


@given(body=digits, at=st.integers(0, 12), other=st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(body: str, at: int, other: int) -> None:
    code = body + check_digit(body)
    wrong = code[:at] + str((int(code[at]) + other) % 10) + code[at + 1 :]

    assert is_gtin(code)
    assert not is_gtin(wrong)


@pytest.mark.parametrize(
    "code", ["036000291452", "0036000291452", "00036000291452", " 036000291452 "]
)
def test_upc_ean_and_gtin14_of_one_number_are_one_key(code: str) -> None:
    assert code_key(code) == "00036000291452"


@given(body=st.text("0123456789", min_size=7, max_size=7))
def test_an_ean8_is_looked_up_as_fourteen_digits(body: str) -> None:
    code = body + check_digit(body)

    assert code_key(code) == "000000" + code


@pytest.mark.parametrize(
    "code", ["", "abc", "123", "7310865004704", "73108650047o3", "٣١٠٨٦٥٠٠٤٧٠٣٧"]
)
def test_what_is_no_gtin_is_not_taken_for_one(code: str) -> None:
    assert not is_gtin(code)


def test_a_sku_is_looked_up_without_regard_to_case_and_blanks() -> None:
    assert code_key(" open-25 ") == code_key("OPEN-25") == "OPEN-25"
