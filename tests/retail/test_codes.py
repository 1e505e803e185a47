"""What codes mean; biip is the second opinion where both have one."""

from __future__ import annotations

from datetime import date

import pytest
from biip import ParseConfig, ParseError, parse
from biip.rcn import RcnRegion
from hypothesis import assume, given
from hypothesis import strategies as st

from central_sync.retail.codes import (
    Coupon,
    DepositSlip,
    GiftCard,
    Logistic,
    LoyaltyCard,
    Measured,
    Product,
    ReceiptCode,
    RefundSlip,
    Unsound,
    read_code,
    told,
)
from central_sync.retail.item import check_digit, is_gtin

GTIN = "07310865004703"


def coded(digits: str) -> str:
    return digits + check_digit(digits)


def a_slip(*, standard: int = 20, food: int = 32, day: int = 326, year: int = 6) -> str:
    return f"980123451{7}{year}{day:03d}{standard:04d}{food:04d}0417"


@pytest.mark.parametrize(
    ("data", "symbology", "meaning"),
    [
        ("7310865004703", "E0", Product("7310865004703")),
        ("73513537", "E4", Product("73513537")),
        ("7310865004703", "", Product("7310865004703")),
        ("9771234567898" + "05", "E3", Product("9771234567898")),
        (coded("978123456789"), "E0", Product(coded("978123456789"))),
        ("7310865004704", "E0", Unsound("7310865004704", "check_digit")),
        ("STRUMPA", "C0", Product("STRUMPA")),
        ("123456", "", Product("123456")),
        ("1-1-000147", "C0", ReceiptCode("1-1-000147")),
        ("s01-1-1-147", "C0", ReceiptCode("s01-1-1-147")),
        ("gbg-nord-2-1-7", "", ReceiptCode("gbg-nord-2-1-7")),
        ("LS17-BLA-42", "C0", Product("LS17-BLA-42")),
        (coded("980012345678"), "E0", RefundSlip(coded("980012345678"))),
        (coded("981012345678"), "E0", Coupon(coded("981012345678"))),
        (coded("991234567890"), "E0", Coupon(coded("991234567890"))),
        ("M-700001", "C0", LoyaltyCard("M-700001")),
        ("8018735000000000000010", "C1", LoyaltyCard("735000000000000010")),
        ("gk-4711ab99", "C0", GiftCard("GK-4711AB99")),
        ("00373108650000000012", "C1", Logistic("373108650000000012")),
        (coded("260012345678"), "E0", Product(coded("260012345678"))),
        (coded("020012345678"), "E0", Product(coded("020012345678"))),
        (coded("2012345"), "E4", Product(coded("2012345"))),
        (coded("200012340000"), "E0", Unsound(coded("200012340000"), "measure")),
    ],
)
def test_each_class_of_code_has_its_own_meaning(data: str, symbology: str, meaning: object) -> None:
    assert read_code(data, symbology) == meaning


@pytest.mark.parametrize(
    ("prefix", "price_minor", "weight_grams"),
    [
        ("20", 1234, 0),
        ("21", 12340, 0),
        ("22", 123400, 0),
        ("23", 0, 1234),
        ("24", 0, 12340),
        ("25", 0, 123400),
    ],
)
def test_the_prefix_says_where_the_decimals_are(
    prefix: str, price_minor: int, weight_grams: int
) -> None:
    code = coded(f"{prefix}0456781234")

    found = read_code(code, "E0")

    assert found == Measured(
        code, f"{prefix}045678", coded(f"{prefix}0456780000"), price_minor, weight_grams
    )


@given(st.sampled_from(["20", "21", "22", "23", "24", "25"]), st.integers(1, 9_999_999_999))
def test_price_and_weight_are_what_another_library_reads(prefix: str, rest: int) -> None:
    code = coded(f"{prefix}{rest:010d}")
    ours = read_code(code, "E0")
    theirs = parse(code, config=ParseConfig(rcn_region=RcnRegion.SWEDEN)).gtin

    assume(isinstance(ours, Measured))
    assert isinstance(ours, Measured)
    price, weight = getattr(theirs, "price", None), getattr(theirs, "weight", None)
    assert ours.price_minor == (int(price * 100) if price is not None else 0)
    assert ours.weight_grams == (int(weight * 1000) if weight is not None else 0)


# Eight digits may be a UPC-E there, which no scanner sends us unexpanded.
@given(st.text("0123456789", min_size=13, max_size=14))
def test_a_number_is_a_gtin_exactly_where_another_library_says_so(digits: str) -> None:
    try:
        theirs = parse(digits).gtin is not None
    except ParseError:
        theirs = False
    ours = not isinstance(read_code(digits, ""), Unsound) and is_gtin(digits)
    measured_nothing = read_code(digits, "") == Unsound(digits, "measure")

    assert theirs == (ours or measured_nothing)


def test_a_deposit_slip_is_read_before_it_can_be_taken_for_gs1() -> None:
    found = read_code(a_slip(standard=20, food=32), "C1")

    assert found == DepositSlip(a_slip(), "012345", "7", 6, 326, 200, 320, "0417")


@given(st.integers(0, 9999), st.integers(0, 9999), st.integers(1, 366))
def test_both_amounts_of_a_slip_are_tenths_of_a_krona(standard: int, food: int, day: int) -> None:
    found = read_code(a_slip(standard=standard, food=food, day=day), "C0")

    assert isinstance(found, DepositSlip)
    assert (found.standard_minor, found.food_minor) == (10 * standard, 10 * food)


@pytest.mark.parametrize(
    ("day", "year", "issued"),
    [
        (326, 6, date(2026, 11, 22)),
        (327, 6, None),
        (1, 7, date(2017, 1, 1)),
        (365, 5, date(2025, 12, 31)),
        (366, 5, None),
        (366, 4, date(2024, 12, 31)),
    ],
)
def test_a_slip_is_dated_within_the_last_ten_years(
    day: int, year: int, issued: date | None
) -> None:
    found = read_code(a_slip(day=day, year=year), "C0")

    assert isinstance(found, DepositSlip)
    assert found.issued_on(date(2026, 11, 22)) == issued


def test_an_element_string_gives_what_the_pack_says() -> None:
    data = f"01{GTIN}17270100310300045210LOT7\x1d21S99\x1d3922 8990".replace(" ", "")

    assert read_code(data, "d2") == Product(
        GTIN, lot="LOT7", serial="S99", expires_on="2027-01-31", weight_grams=452, price_minor=8990
    )


@pytest.mark.parametrize(
    ("element", "weight_grams"), [("3100000002", 2000), ("3104012345", 1234), ("3106452000", 452)]
)
def test_a_weight_in_any_decimals_is_grams(element: str, weight_grams: int) -> None:
    found = read_code(f"01{GTIN}{element}", "e0")

    assert isinstance(found, Product)
    assert found.weight_grams == weight_grams


@pytest.mark.parametrize("symbology", ["", "C0", "E0"])
def test_plain_digits_are_never_an_element_string(symbology: str) -> None:
    assert read_code(f"01{GTIN}", symbology) == Product(f"01{GTIN}")


@pytest.mark.parametrize(
    "data", [f"10LOT101{GTIN}", f"01{GTIN}10LOT117261231", f"01{GTIN}21S3103000452"]
)
def test_a_code_whose_separator_got_lost_is_not_believed(data: str) -> None:
    assert read_code(data, "C1") == Unsound(data, "separator")


@pytest.mark.parametrize(
    ("link", "product"),
    [
        ("https://id.gs1.org/01/07310865004703", Product(GTIN)),
        ("https://example.se/shop/01/7310865004703/10/L7/21/S9", Product(GTIN, "L7", "S9")),
        (
            "http://ex.se/01/07310865004703?17=261231&15=260100&3103=000452&lang=sv",
            Product(GTIN, expires_on="2026-12-31", best_before="2026-01-31", weight_grams=452),
        ),
        (
            "https://example.se/01/07310865004704",
            Unsound("https://example.se/01/07310865004704", "check_digit"),
        ),
    ],
)
def test_a_digital_link_is_the_product_it_names(link: str, product: object) -> None:
    assert read_code(link, "Q1") == product


@given(st.text(max_size=60), st.sampled_from(["", "E0", "E4", "C0", "C1", "d2", "Q1", "Q3"]))
def test_every_text_means_something_and_can_be_told(data: str, symbology: str) -> None:
    assert told(data, symbology)["is"]


@given(
    st.sampled_from(["7310865004703", coded("231234560452")]),
    st.integers(0, 12),
    st.sampled_from("0123456789"),
)
def test_one_wrong_digit_is_never_another_article(code: str, at: int, digit: str) -> None:
    changed = code[:at] + digit + code[at + 1 :]
    assume(changed != code)

    assert read_code(changed, "E0") == Unsound(changed, "check_digit")
