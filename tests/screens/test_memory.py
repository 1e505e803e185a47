"""No garbage collection inside a sale; what a sale leaves behind goes after it."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from pos_client.screens.memory import SaleMemory


class Cycle:
    def __init__(self) -> None:
        self.myself = self


@pytest.fixture
def memory() -> Iterator[SaleMemory]:
    memory = SaleMemory()
    memory.start()
    yield memory
    memory.stop()


def test_nothing_is_collected_while_a_basket_is_open(memory: SaleMemory) -> None:
    left_over = weakref.ref(Cycle())

    for _ in range(5_000):
        Cycle()

    assert left_over() is not None
    assert not gc.isenabled()


def test_what_a_sale_left_is_collected_after_it(memory: SaleMemory) -> None:
    left_over = weakref.ref(Cycle())

    memory.tidy()

    assert left_over() is None


def test_a_screen_that_ends_gives_the_collector_back() -> None:
    memory = SaleMemory()
    memory.start()

    memory.stop()

    assert gc.isenabled()
