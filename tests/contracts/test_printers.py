from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.address import parse_address
from hardware.drivers import open_printer
from hardware.emulators.mechanism import Mechanism
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import PtyPrinter, TcpPrinter
from hardware.emulators.usb import EmulatedUsb, UsbPrinter
from hardware.memory import MemoryPrinter
from hardware.printers.driver import EscposPrinter
from hardware.transports.usb import UsbTransport, identity_of
from tests.contracts.printer_contract import PrinterContract, PrinterUnderTest


@pytest.fixture(params=["memory", "tcp", "pty", "usb", "file", "generic"])
def printer(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PrinterUnderTest]:
    match request.param:
        case "memory":
            twin = MemoryPrinter()
            yield PrinterUnderTest(twin, lambda: twin.texts, lambda: twin.pulses)
        case "tcp" | "generic":
            generic = "?profile=generic&columns=42" if request.param == "generic" else ""
            with TcpPrinter(EmulatedPrinter()) as wire:
                yield from _emulated(wire.printer, wire.address + generic)
        case "pty":
            with PtyPrinter(EmulatedPrinter()) as wire:
                yield from _emulated(wire.printer, wire.address)
        case "usb":
            yield from _usb(UsbPrinter())
        case "file":
            yield from _file(tmp_path / "paper.bin")


def _emulated(device: EmulatedPrinter, address: str) -> Iterator[PrinterUnderTest]:
    driver = open_printer(address)
    yield PrinterUnderTest(
        driver, lambda: [paper.text() for paper in device.papers], lambda: device.pulses
    )
    driver.close()


def _usb(device: UsbPrinter) -> Iterator[PrinterUnderTest]:
    identity = identity_of(parse_address("escpos+usb://04b8:0202"))
    driver = EscposPrinter("usb", UsbTransport("usb", identity, EmulatedUsb(device)))
    yield PrinterUnderTest(
        driver,
        lambda: [paper.text() for paper in device.printer.papers],
        lambda: device.printer.pulses,
    )
    driver.close()


def _file(path: Path) -> Iterator[PrinterUnderTest]:
    """What a file holds is read as a printer would print it."""

    def printed() -> EmulatedPrinter:
        device = EmulatedPrinter(mechanism=Mechanism())
        device.feed(path.read_bytes() if path.exists() else b"")
        return device

    driver = open_printer(f"escpos+file://{path}")
    yield PrinterUnderTest(
        driver, lambda: [paper.text() for paper in printed().papers], lambda: printed().pulses
    )
    driver.close()


class TestEveryPrinter(PrinterContract):
    pass
