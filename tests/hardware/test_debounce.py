from __future__ import annotations

import pytest

from hardware.scanners.debounce import Debounce

CODE = ("E0", "9520000000004")


@pytest.mark.parametrize(
    ("after_seconds", "is_new"),
    [(0.0, False), (0.100, False), (0.349, False), (0.350, False), (0.351, True), (5.0, True)],
)
def test_the_same_code_within_the_window_is_the_same_pass(
    after_seconds: float, is_new: bool
) -> None:
    debounce = Debounce()
    debounce.passes(*CODE, 1.0)

    assert debounce.passes(*CODE, 1.0 + after_seconds) is is_new


def test_a_code_held_long_is_a_second_item_and_not_a_third() -> None:
    debounce = Debounce()

    taken = [debounce.passes(*CODE, at / 100) for at in range(0, 70, 10)]

    assert taken == [True, False, False, False, True, False, False]
    assert debounce.repeats == 5


def test_another_code_between_two_equal_ones_parts_them() -> None:
    debounce = Debounce()

    assert debounce.passes(*CODE, 1.0)
    assert debounce.passes("E0", "9520000000011", 1.1)
    assert debounce.passes(*CODE, 1.2)


def test_the_same_digits_of_another_symbology_are_another_code() -> None:
    debounce = Debounce()
    debounce.passes(*CODE, 1.0)

    assert debounce.passes("C0", CODE[1], 1.1)
