from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.drivers import open_display
from hardware.emulators.display import EmulatedDisplay
from hardware.emulators.line import PtyLine, TcpLine
from hardware.memory import MemoryDisplay
from hardware.ports import Health
from tests.contracts.display_contract import DisplayContract, DisplayUnderTest, shows
from tests.hardware.waiting import until


@pytest.fixture(params=["memory", "cd5220", "cd5220?charset=pc850", "dmd", "dmd?charset=sweden"])
def display(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[DisplayUnderTest]:
    if request.param == "memory":
        yield from _memory()
        return
    protocol, _, options = request.param.partition("?")
    core = EmulatedDisplay(protocol)
    with PtyLine(core, tmp_path / "display") as line:
        yield from _driver(core, line, f"{protocol}+serial://{line.path}?{options}")


@pytest.fixture
def display_on_tcp() -> Iterator[DisplayUnderTest]:
    core = EmulatedDisplay("dmd")
    with TcpLine(core) as line:
        yield from _driver(core, line, f"dmd+tcp://{line.place}")


def _memory() -> Iterator[DisplayUnderTest]:
    twin = MemoryDisplay()
    yield DisplayUnderTest(twin, lambda: twin.lines, twin.unplug, twin.plug_in)
    twin.close()


def _driver(
    core: EmulatedDisplay, line: PtyLine | TcpLine, address: str
) -> Iterator[DisplayUnderTest]:
    driver = open_display(address)
    until(lambda: driver.state().health is Health.READY)
    yield DisplayUnderTest(driver, lambda: core.rows, line.unplug, line.plug_in)
    driver.close()


class TestEveryDisplay(DisplayContract):
    pass


def test_a_display_on_the_network_shows_too(display_on_tcp: DisplayUnderTest) -> None:
    display_on_tcp.display.show("Räksmörgås", "129,00 €")

    until(lambda: display_on_tcp.rows() == ("Räksmörgås".ljust(20), "129,00 €".ljust(20)))


def test_the_last_wish_is_read_after_closing(display_on_tcp: DisplayUnderTest) -> None:
    display_on_tcp.display.show("Vara 1", "SUMMA 1,00")
    shows(display_on_tcp, "Vara 1", "SUMMA 1,00")

    display_on_tcp.display.show("KASSAN STÄNGD", "")
    display_on_tcp.display.close()

    shows(display_on_tcp, "KASSAN STÄNGD", "")
