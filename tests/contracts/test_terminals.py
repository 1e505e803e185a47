from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.memory import MemoryTerminal
from tests.contracts.terminal_contract import TerminalContract, TerminalUnderTest
from tests.hardware.terminals.lanes import Lane, plain_lane, sealed_lane


@pytest.fixture(params=["memory", "sealed", "plain"])
def card(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TerminalUnderTest]:
    match request.param:
        case "memory":
            twin = MemoryTerminal()
            yield TerminalUnderTest(twin, twin.bank, twin.expect, twin.forget)
        case "sealed":
            with sealed_lane(tmp_path) as lane:
                yield _under_test(lane)
        case "plain":
            with plain_lane() as lane:
                yield _under_test(lane)


def _under_test(lane: Lane) -> TerminalUnderTest:
    return TerminalUnderTest(lane.driver, lane.core.bank, lane.core.expect, lane.core.forget)


class TestEveryTerminal(TerminalContract):
    pass
