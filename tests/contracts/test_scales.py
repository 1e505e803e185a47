from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.drivers import open_scale
from hardware.emulators.line import PtyLine, TcpLine
from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.emulators.scale_polled import DIALECTS, EmulatedPolledScale
from hardware.memory import MemoryScale
from hardware.ports import Health
from tests.contracts.scale_contract import ScaleContract, ScaleUnderTest
from tests.hardware.waiting import until


@pytest.fixture(
    params=["memory", "memory with prices", "dialog06", "dialog06 on tcp", *DIALECTS, "sma on tcp"]
)
def scale(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ScaleUnderTest]:
    if request.param.startswith("memory"):
        yield from _memory(answers_price=request.param == "memory with prices")
    elif request.param.endswith("tcp"):
        yield from _tcp(request.param.split()[0])
    else:
        yield from _pty(request.param, tmp_path / "scale")


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


def _pty(protocol: str, link: Path) -> Iterator[ScaleUnderTest]:
    core = a_core(protocol)
    with PtyLine(core, link) as line:
        yield from _driver(core, line, f"{protocol}+serial://{line.path}?patience=1")


def _tcp(protocol: str) -> Iterator[ScaleUnderTest]:
    core = a_core(protocol)
    with TcpLine(core) as line:
        yield from _driver(core, line, f"{protocol}+tcp://{line.place}?patience=1")


def a_core(protocol: str) -> EmulatedDialog06 | EmulatedPolledScale:
    return EmulatedDialog06() if protocol == "dialog06" else EmulatedPolledScale(protocol)


def _driver(
    core: EmulatedDialog06 | EmulatedPolledScale, line: PtyLine | TcpLine, address: str
) -> Iterator[ScaleUnderTest]:
    scale = open_scale(address)
    until(lambda: scale.state().health is Health.READY)
    yield ScaleUnderTest(
        scale=scale,
        put=lambda grams: line.call(lambda: core.platform.put(grams)),
        shake=lambda: line.call(core.platform.shake),
        settle=lambda: line.call(core.platform.settle),
        unplug=line.unplug,
        plug_in=line.plug_in,
        answers_price=isinstance(core, EmulatedDialog06),
    )
    scale.close()


class TestEveryScale(ScaleContract):
    pass
