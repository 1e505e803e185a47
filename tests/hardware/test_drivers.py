from __future__ import annotations

import subprocess
import sys

import pytest

from hardware.address import parse_address
from hardware.backoff import waits
from hardware.drivers import open_fiscal_unit, open_printer, open_scanner
from hardware.errors import Absent, Misconfigured, Refused, Stalled
from hardware.memory import MemoryFiscalUnit, MemoryPrinter
from hardware.ports import DeviceState, Health, Reason
from tests.contracts.fiscal_contract import a_request
from tests.hardware.papers import a_line


@pytest.mark.parametrize(
    ("address", "names"),
    [
        ("nonsense", "scheme://"),
        ("lpt://1", "escpos\\+tcp://"),
        ("escpos+tcp://:9100", "host"),
        ("escpos+tcp://till:ninety", "65535"),
        ("escpos+tcp://till:70000", "65535"),
        ("escpos+tcp://till?colums=42", "columns"),
        ("escpos+tcp://till?columns=4", "between 16 and 96"),
        ("escpos+tcp://till?profile=nobody", "epson, generic"),
        ("escpos+serial://ttyUSB0", "absolute path"),
        ("escpos+serial:///dev/ttyUSB0?baud=fast", "whole number"),
        ("escpos+serial:///dev/ttyUSB0?parity=mark", "none, even, odd"),
        ("escpos+file://paper", "absolute path"),
    ],
)
def test_a_wrong_printer_address_names_what_is_allowed(address: str, names: str) -> None:
    with pytest.raises(Misconfigured, match=names):
        open_printer(address)


@pytest.mark.parametrize("address", ["serial:///dev/x?suffix=etx", "escpos+tcp://x", "serial://x"])
def test_a_wrong_scanner_address_is_misconfigured(address: str) -> None:
    with pytest.raises(Misconfigured):
        open_scanner(address)


@pytest.mark.parametrize("address", ["demo://relative", "demo://?a=1", "kd:///dev/ttyUSB0"])
def test_a_wrong_fiscal_address_is_misconfigured(address: str) -> None:
    with pytest.raises(Misconfigured):
        open_fiscal_unit(address)


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("10.0.0.9", ("10.0.0.9", 9100)),
        ("10.0.0.9:9101", ("10.0.0.9", 9101)),
        ("[fe80::1]", ("fe80::1", 9100)),
        ("[fe80::1]:9101/", ("fe80::1", 9101)),
    ],
)
def test_a_host_may_go_without_its_port(place: str, found: tuple[str, int]) -> None:
    assert parse_address(f"escpos+tcp://{place}").host_and_port(9100) == found


def test_waits_grow_to_five_seconds_and_no_further() -> None:
    found = waits()

    assert [next(found) for _ in range(7)] == [0.2, 0.5, 1.0, 2.0, 5.0, 5.0, 5.0]


def test_a_till_without_serial_devices_never_loads_their_libraries() -> None:
    program = (
        "import sys; from hardware.drivers import open_printer;"
        "open_printer('escpos+tcp://127.0.0.1:1');"
        "print([name for name in ('serial', 'escpos', 'PIL', 'qrcode') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_a_printer_twin_fails_as_told_and_then_prints() -> None:
    twin = MemoryPrinter()
    twin.fail_with(Stalled("memory://", "it stopped", bytes_written=7))

    with pytest.raises(Stalled):
        twin.print(a_line("x"))
    twin.print(a_line("x"))

    assert twin.texts[0].startswith("x\n")


def test_a_blocked_printer_twin_neither_prints_nor_opens_the_drawer() -> None:
    twin = MemoryPrinter()
    twin.put_in_state(Health.BLOCKED, Reason.PAPER_OUT)

    with pytest.raises(Refused):
        twin.print(a_line("x"))
    with pytest.raises(Refused):
        twin.open_drawer()

    assert (twin.documents, twin.pulses) == ([], 0)


def test_a_fiscal_twin_breaks_as_told_and_counts_documents() -> None:
    twin = MemoryFiscalUnit()
    twin.seal(a_request("a"))
    twin.seal(a_request("a"))
    twin.go_silent()
    with pytest.raises(Stalled):
        twin.seal(a_request("b"))
    assert twin.state() == DeviceState(Health.FAULT, Reason.NO_ANSWER)
    twin.refuse("full")
    with pytest.raises(Refused, match="full"):
        twin.seal(a_request("b"))

    twin.recover()
    twin.seal(a_request("b"))

    assert (twin.sealed, twin.asked) == (2, 5)
    twin.close()
    with pytest.raises(Absent):
        twin.seal(a_request("c"))
