"""A few days of a whole chain; `make simulate-day SEEDS=0-200` runs more.

A seed that fails names itself: python -m tests.chain_day SEED --log.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.chain_day.running import Days, days

SEEDS = (3, 4)


@pytest.fixture(scope="module")
def runs() -> Iterator[Days]:
    with days() as made:
        yield made


@pytest.mark.parametrize("seed", SEEDS)
def test_every_order_ends_and_money_is_what_was_delivered(runs: Days, seed: int) -> None:
    assert runs.run(seed).fault == "", f"python -m tests.chain_day {seed} --log"
