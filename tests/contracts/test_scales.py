from __future__ import annotations

from collections.abc import Iterator

import pytest

from hardware.memory import MemoryScale
from tests.contracts.scale_contract import ScaleContract, ScaleUnderTest


@pytest.fixture(params=["memory", "memory with prices"])
def scale(request: pytest.FixtureRequest) -> Iterator[ScaleUnderTest]:
    yield from _memory(answers_price=request.param == "memory with prices")


def _memory(*, answers_price: bool) -> Iterator[ScaleUnderTest]:
    twin = MemoryScale(answers_price=answers_price)
    yield ScaleUnderTest(
        scale=twin,
        put=twin.put,
        shake=twin.shake,
        settle=twin.settle,
        unplug=twin.unplug,
        plug_in=twin.plug_in,
        answers_price=answers_price,
    )
    twin.close()


class TestEveryScale(ScaleContract):
    pass
