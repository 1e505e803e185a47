"""Receipt ids (RFC 9562 5.7) and printed numbers."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.identity import ReceiptNumber, uuid7, whole_number

clocks = st.integers(0, (1 << 48) - 1)
randomness = st.binary(min_size=10, max_size=10)


@given(clock=clocks, rest=randomness)
def test_an_id_is_a_version_7_uuid_of_its_clock(clock: int, rest: bytes) -> None:
    minted = UUID(uuid7(clock, rest))

    assert (minted.version, minted.variant) == (7, "specified in RFC 4122")
    assert minted.int >> 80 == clock


@given(clock=clocks, rest=randomness)
def test_an_id_keeps_all_74_random_bits(clock: int, rest: bytes) -> None:
    minted, given_bits = UUID(uuid7(clock, rest)).int, int.from_bytes(rest, "big")
    mask = (1 << 76) - 1 & ~(0b11 << 62)

    assert minted & mask == given_bits & mask


@given(first=clocks, second=clocks, rest=randomness, other=randomness)
def test_ids_of_different_milliseconds_sort_by_time(
    first: int, second: int, rest: bytes, other: bytes
) -> None:
    if first != second:
        assert (uuid7(first, rest) < uuid7(second, other)) == (first < second)


def test_the_example_of_the_standard_comes_out_as_printed_there() -> None:
    rest = (0xCC3 << 64 | 0b01 << 62 | 0x18C4DC0C0C07398F).to_bytes(10, "big")

    assert uuid7(0x017F22E279B0, rest) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize("length", [0, 9, 11])
def test_an_id_needs_exactly_ten_random_bytes(length: int) -> None:
    with pytest.raises(AssertionError):
        uuid7(0, bytes(length))


def test_a_receipt_number_is_workstation_epoch_and_count() -> None:
    assert str(ReceiptNumber("s01-117", 1, 42)) == "s01-117-1-42"


@pytest.mark.parametrize(
    ("typed", "whole"),
    [
        (" 2-1-42 ", "s07-2-1-42"),
        ("s01-2-1-42", "s01-2-1-42"),
        ("42", "42"),
        ("eva", "eva"),
        ("0701-234567", "0701-234567"),
    ],
)
def test_what_is_left_out_of_a_receipt_number_is_the_store_one_stands_in(
    typed: str, whole: str
) -> None:
    assert whole_number(typed, "s07") == whole
