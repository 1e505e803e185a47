from __future__ import annotations

from collections.abc import Iterator

import pytest

from hardware.drawers.serial import SerialDrawer
from hardware.drivers import open_drawer, open_printer
from hardware.emulators.drawer import EmulatedDrawer, TriggerBox
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.pty_box import PtyBox
from hardware.emulators.serving import PtyPrinter, TcpPrinter
from hardware.errors import Misconfigured
from hardware.memory import MemoryDrawer
from hardware.ports import CashDrawer, Health, Reason
from tests.contracts.drawer_contract import DrawerContract, DrawerUnderTest
from tests.hardware.waiting import until


@pytest.fixture(params=["memory", "tcp", "pty", "inverted", "serial"])
def drawer(request: pytest.FixtureRequest) -> Iterator[DrawerUnderTest]:
    match request.param:
        case "memory":
            yield _memory()
        case "tcp" | "inverted":
            low = request.param == "inverted"
            device = EmulatedPrinter(drawer=EmulatedDrawer(inverted=low))
            with TcpPrinter(device) as wire:
                yield from _on_printer(wire, "low" if low else "high")
        case "pty":
            with PtyPrinter(EmulatedPrinter()) as serial:
                yield from _on_printer(serial, "high")
        case "serial":
            with PtyBox(box := TriggerBox()) as port:
                driver = open_drawer(f"serial://{port.path}?ask=05")
                yield _emulated(driver, box.drawer, driver.close)
                driver.close()


def _memory() -> DrawerUnderTest:
    twin = MemoryDrawer()
    return DrawerUnderTest(
        twin, lambda: twin.pulses, twin.push_shut, twin.force, twin.jam, twin.close
    )


def _on_printer(wire: TcpPrinter | PtyPrinter, level: str) -> Iterator[DrawerUnderTest]:
    printer = open_printer(f"{wire.address}?drawer_open={level}")
    yield _emulated(printer.drawer(), wire.printer.drawer, printer.close)
    printer.close()


def _emulated(drawer: CashDrawer, device: EmulatedDrawer, let_go: object) -> DrawerUnderTest:
    assert callable(let_go)

    def jam() -> None:
        device.jammed = True

    return DrawerUnderTest(drawer, lambda: device.pulses, device.shut, device.force, jam, let_go)


class TestEveryDrawer(DrawerContract):
    pass


def test_a_box_that_does_not_answer_is_a_warning_and_still_opens() -> None:
    box = TriggerBox()
    box.silent = True
    with PtyBox(box) as port:
        driver = open_drawer(f"serial://{port.path}?ask=05")
        until(lambda: driver.state().reason is Reason.NO_ANSWER)

        driver.open()

        until(lambda: box.drawer.pulses == 1)
        driver.close()


def test_a_box_that_was_unplugged_is_absent() -> None:
    with PtyBox(TriggerBox()) as port:
        driver = open_drawer(f"serial://{port.path}")
        until(lambda: driver.state().health is Health.READY)

        port.unplug()

        until(lambda: driver.state().health is Health.ABSENT)
        driver.close()


@pytest.mark.parametrize("options", ["pulse=xy", "pulse=", "bit=300", "colour=red"])
def test_a_wrong_drawer_address_is_misconfigured(options: str) -> None:
    with pytest.raises(Misconfigured):
        open_drawer(f"serial:///dev/ttyUSB1?{options}")


def test_a_drawer_on_a_serial_line_is_found_by_its_address() -> None:
    driver = open_drawer("serial:///dev/no-such-port")

    assert isinstance(driver, SerialDrawer)
    until(lambda: driver.state().health is Health.ABSENT)
    driver.close()
