"""The printer driver on USB: everything but the bus itself is real (pyusb, transport, driver)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from hardware.address import parse_address
from hardware.emulators.usb import EmulatedUsb, UsbPrinter
from hardware.errors import Absent, Busy, DeviceError, Lost, Misconfigured, Stalled
from hardware.ports import Health, Reason
from hardware.printers.dialogue import Patience
from hardware.printers.driver import EscposPrinter, Setting
from hardware.transports.udev import Known, rules
from hardware.transports.usb import UsbTransport, identity_of
from tests.hardware.papers import a_checked_receipt, a_line, a_receipt
from tests.hardware.waiting import until

HURRIED = Patience(status_seconds=0.2, write_seconds=0.4, barrier_seconds=0.5, watch_seconds=0.1)
# For tests that count bytes: no look comes in between.
UNWATCHED = replace(HURRIED, watch_seconds=60)


class Lane:
    """Printers on a bus, and drivers on them."""

    def __init__(self) -> None:
        self.bus = EmulatedUsb()
        self.drivers: list[EscposPrinter] = []

    def plug(self, printer: UsbPrinter) -> UsbPrinter:
        self.bus.printers.append(printer)
        return printer

    def drive(self, options: str = "", patience: Patience = HURRIED) -> EscposPrinter:
        address = parse_address(f"escpos+usb://04b8:0202{options}")
        transport = UsbTransport(address.written, identity_of(address), self.bus)
        self.drivers.append(EscposPrinter(address.written, transport, Setting(patience=patience)))
        return self.drivers[-1]


@pytest.fixture
def lane() -> Iterator[Lane]:
    lane = Lane()
    yield lane
    for driver in lane.drivers:
        driver.close()


def is_ready(driver: EscposPrinter) -> None:
    until(lambda: driver.state().health is Health.READY)


def test_it_is_claimed_once_for_all_receipts(lane: Lane) -> None:
    device, driver = lane.plug(UsbPrinter()), lane.drive()

    for word in ("one", "two", "three"):
        driver.print(a_line(word))

    assert [paper.text() for paper in device.printer.papers] == ["one\n", "two\n", "three\n"]
    assert device.claims == 1


def test_checkpoints_are_told_over_usb(lane: Lane) -> None:
    lane.plug(UsbPrinter())
    told: list[str] = []

    lane.drive().print(a_checked_receipt(), told.append)

    assert told == ["header", "body", "cut"]


def test_two_equal_printers_are_misconfigured_and_both_are_named(lane: Lane) -> None:
    lane.plug(UsbPrinter(serial="A1", port=(2, 3)))
    lane.plug(UsbPrinter(serial="B2", port=(4,)))
    driver = lane.drive()

    with pytest.raises(Misconfigured, match=r"port=1-2.3 serial=A1, port=1-4 serial=B2"):
        driver.print(a_line("x"))

    assert (driver.state().health, driver.state().reason) == (Health.FAULT, Reason.WRONG_DEVICE)


@pytest.mark.parametrize("options", ["?serial=B2", "?port=1-4"])
def test_a_twin_is_found_by_its_serial_number_or_its_port(lane: Lane, options: str) -> None:
    lane.plug(UsbPrinter(serial="A1", port=(2, 3)))
    wanted = lane.plug(UsbPrinter(serial="B2", port=(4,)))

    lane.drive(options).print(a_line("x"))

    assert len(wanted.printer.papers) == 1


def test_twins_that_changed_places_are_known_by_serial_number(lane: Lane) -> None:
    first = lane.plug(UsbPrinter(serial="A1", port=(2,)))
    other = lane.plug(UsbPrinter(serial="B2", port=(4,)))
    driver = lane.drive("?serial=A1")
    is_ready(driver)

    first.plugged = other.plugged = False
    until(lambda: driver.state().health is Health.ABSENT)
    first.replug((4,))
    other.replug((2,))
    is_ready(driver)
    driver.print(a_line("x"))

    assert (len(first.printer.papers), len(other.printer.papers)) == (1, 0)


def test_no_printer_is_absent(lane: Lane) -> None:
    driver = lane.drive()

    with pytest.raises(Absent, match="plugged in"):
        driver.print(a_line("x"))


def test_a_printer_at_another_port_is_absent_and_the_port_is_named(lane: Lane) -> None:
    lane.plug(UsbPrinter(port=(7,)))

    with pytest.raises(Absent, match="there: port=1-7"):
        lane.drive("?port=1-4").print(a_line("x"))


def test_a_claimed_printer_is_busy_at_opening(lane: Lane) -> None:
    device = lane.plug(UsbPrinter(owned=True))
    driver = lane.drive()

    with pytest.raises(Busy, match="CUPS"):
        driver.print(a_line("x"))

    assert driver.state().reason is Reason.BUSY_OTHER_OWNER
    assert device.printer.taken == 0


def test_a_forbidden_printer_asks_for_the_udev_rule(lane: Lane) -> None:
    lane.plug(UsbPrinter(serial="", forbidden=True))
    driver = lane.drive()

    with pytest.raises(Absent, match="udev"):
        driver.print(a_line("x"))

    assert driver.state().reason is Reason.NO_PERMISSION


def test_the_kernels_driver_is_taken_off_and_given_back(lane: Lane) -> None:
    device, driver = lane.plug(UsbPrinter(has_driver=True)), lane.drive()
    driver.print(a_line("x"))
    assert (device.has_driver, device.detached) == (False, 1)

    driver.close()

    until(lambda: device.has_driver)


def test_a_printer_that_takes_nothing_is_stalled_with_nothing_written(lane: Lane) -> None:
    device, driver = lane.plug(UsbPrinter()), lane.drive()
    is_ready(driver)
    device.nak = True

    with pytest.raises(Stalled) as trouble:
        driver.print(a_receipt())

    assert trouble.value.bytes_written == 0


def test_short_writes_are_gone_on_with(lane: Lane) -> None:
    device = lane.plug(UsbPrinter(takes_at_once=7))

    lane.drive().print(a_line("x" * 40))

    assert device.printer.papers[0].text() == "x" * 40 + "\n"


@pytest.mark.parametrize("after", [200, 600, 1_100])
def test_an_unplug_in_a_receipt_is_lost_and_counts_what_the_printer_took(
    lane: Lane, after: int
) -> None:
    device, driver = lane.plug(UsbPrinter(takes_at_once=64)), lane.drive(patience=UNWATCHED)
    is_ready(driver)
    device.unplug_after_bytes = after

    with pytest.raises(DeviceError) as trouble:
        driver.print(a_receipt(lines=30))

    assert isinstance(trouble.value, Lost)
    assert 0 < trouble.value.bytes_written <= after
    assert driver.state().health is Health.ABSENT


def test_an_unplugged_printer_comes_back_by_itself(lane: Lane) -> None:
    device, driver = lane.plug(UsbPrinter()), lane.drive()
    is_ready(driver)
    device.plugged = False
    until(lambda: driver.state().health is Health.ABSENT)

    device.replug()
    is_ready(driver)
    driver.print(a_line("back"))

    assert device.printer.papers[-1].text() == "back\n"


@pytest.mark.parametrize("after", range(1, 60, 4))
def test_whatever_byte_is_the_last_none_is_counted_that_was_not_taken(
    lane: Lane, after: int
) -> None:
    device, driver = lane.plug(UsbPrinter(takes_at_once=8)), lane.drive(patience=UNWATCHED)
    is_ready(driver)
    device.unplug_after_bytes = after

    with pytest.raises(DeviceError) as trouble:
        driver.print(a_line("x" * 40))

    assert 0 <= trouble.value.bytes_written <= after
    assert len(device.printer.papers) <= 1


@pytest.mark.parametrize("place", ["", "04b8", "04b8:xyz", "04b8:12345"])
def test_a_wrong_usb_address_shows_a_right_one(place: str) -> None:
    with pytest.raises(Misconfigured, match="04b8:0202"):
        identity_of(parse_address(f"escpos+usb://{place}"))


def test_a_udev_rule_names_the_device_its_group_and_its_link() -> None:
    text = rules([Known(0x04B8, 0x0202, serial='X"4\n', link="scanner")])

    assert 'ATTRS{idVendor}=="04b8", ATTRS{idProduct}=="0202", ATTRS{serial}=="X?4?"' in text
    assert 'SYMLINK+="spindel/scanner"' in text
    assert all(line.count('"') % 2 == 0 for line in text.splitlines())
