from __future__ import annotations

import pytest

from hardware.memory import MemoryTerminal
from tests.contracts.terminal_contract import TerminalContract, TerminalUnderTest


@pytest.fixture
def card() -> TerminalUnderTest:
    twin = MemoryTerminal()
    return TerminalUnderTest(twin, twin.bank, twin.expect, twin.forget)


class TestEveryTerminal(TerminalContract):
    pass
