from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.gs1 import SEPARATOR, BadElements, end_of_day, read_elements
from central_sync.retail.item import check_digit

GTIN = "07310865004703"
lots = st.text("ABCDEFGHJKLMN-/", min_size=1, max_size=12)
gtins = st.integers(0, 10**13 - 1).map(lambda n: f"{n:013d}{check_digit(f'{n:013d}')}")
dates = st.dates(date(2000, 1, 1), date(2070, 12, 31))


@given(gtins, lots, lots, dates, st.integers(0, 999_999))
def test_an_element_string_reads_back_as_it_was_written(
    gtin: str, lot: str, serial: str, expires: date, grams: int
) -> None:
    written = f"01{gtin}17{expires:%y%m%d}3103{grams:06d}10{lot}{SEPARATOR}21{serial}"

    assert read_elements(written) == {
        "01": gtin,
        "17": f"{expires:%y%m%d}",
        "3103": f"{grams:06d}",
        "10": lot,
        "21": serial,
    }


@given(gtins, lots, dates, st.sampled_from(["01", "17", "01+17"]))
def test_a_lot_that_swallowed_its_neighbours_is_refused(
    gtin: str, lot: str, expires: date, lost: str
) -> None:
    tail = ("" if "01" not in lost else f"01{gtin}") + (
        "" if "17" not in lost else f"17{expires:%y%m%d}"
    )
    head = "" if "01" in lost else f"01{gtin}"

    with pytest.raises(BadElements):
        read_elements(f"{head}10{lot}{tail}")


def test_the_lot_that_once_swallowed_a_gtin_is_refused() -> None:
    with pytest.raises(BadElements, match=r"separator is missing after \(10\)"):
        read_elements("10LOT10107310865004703")


@given(st.text(max_size=80))
def test_no_text_however_wild_is_more_than_refused(text: str) -> None:
    try:
        found = read_elements(text)
    except BadElements:
        return
    assert found


@given(gtins, lots, st.integers(2, 15), st.characters(min_codepoint=33, max_codepoint=126))
def test_a_changed_digit_of_the_gtin_is_noticed(gtin: str, lot: str, at: int, by: str) -> None:
    written = f"01{gtin}10{lot}"
    changed = written[:at] + by + written[at + 1 :]
    if changed == written:
        assert read_elements(changed)["01"] == gtin
    else:
        with pytest.raises(BadElements):
            read_elements(changed)


@pytest.mark.parametrize(
    ("written", "end"),
    [("261231", date(2026, 12, 31)), ("260200", date(2026, 2, 28)), ("280200", date(2028, 2, 29))],
)
def test_day_zero_is_the_end_of_the_month(written: str, end: date) -> None:
    assert end_of_day(written) == end


@pytest.mark.parametrize("written", ["261301", "260230", "260000", "ab1231"])
def test_what_is_no_date_is_refused(written: str) -> None:
    with pytest.raises(BadElements):
        end_of_day(written)


@pytest.mark.parametrize(
    "written",
    ["", "0", "01073108650047", "AB", f"01{GTIN}10", f"01{GTIN}01{GTIN[:-1]}4", f"01{GTIN}10LÖT"],
)
def test_what_is_cut_off_or_foreign_is_refused(written: str) -> None:
    with pytest.raises(BadElements):
        read_elements(written)
