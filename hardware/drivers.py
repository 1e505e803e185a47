"""From an address to a driver: "escpos+tcp://10.0.0.9:9100" opens a network printer.

Drivers are found by entry point and imported only when one of theirs is asked
for, so a till without serial devices never loads pySerial, and a stranger's
package can bring a device of its own. Opening does not connect: a device that
is away is a state, and it comes by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from hardware.address import parse_address
from hardware.errors import Misconfigured
from hardware.ports import (
    CashDrawer,
    FiscalUnit,
    LabelPrinter,
    LineDisplay,
    PaymentTerminal,
    Printer,
    Scale,
    Scanner,
)
from hardware.scanners.several import SeveralScanners

_EXAMPLES = {
    "escpos+tcp": "escpos+tcp://10.0.0.9:9100?columns=42",
    "escpos+serial": "escpos+serial:///dev/ttyUSB0?baud=19200",
    "escpos+usb": "escpos+usb://04b8:0202?serial=X4DE000001",
    "escpos+file": "escpos+file:///var/lib/spindel/paper.bin",
    "serial": "serial:///dev/ttyACM0?suffix=cr",
    "evdev": "evdev:///dev/input/by-id/usb-scanner-event-kbd?layout=us",
    "dialog06+serial": "dialog06+serial:///dev/ttyS0?baud=9600",
    "dialog06+tcp": "dialog06+tcp://10.0.0.9:4001",
    "toledo8217+serial": "toledo8217+serial:///dev/ttyS0?baud=9600&parity=even",
    "nci+serial": "nci+serial:///dev/ttyS0?baud=9600&parity=even",
    "sma+serial": "sma+serial:///dev/ttyS0?baud=9600&parity=none",
    "sma+tcp": "sma+tcp://10.0.0.9:4001",
    "cd5220+serial": "cd5220+serial:///dev/ttyS1?baud=9600",
    "cd5220+tcp": "cd5220+tcp://10.0.0.9:4002",
    "dmd+serial": "dmd+serial:///dev/ttyS1?charset=pc858",
    "dmd+tcp": "dmd+tcp://10.0.0.9:4002",
    "zpl+tcp": "zpl+tcp://10.0.0.8:9100?dpi=203",
    "zpl+serial": "zpl+serial:///dev/ttyUSB1?baud=9600&dpi=203",
    "zpl+file": "zpl+file:///dev/usb/lp0?dpi=203",
    "ccsp+serial": "ccsp+serial:///dev/ttyUSB0?baud=9600",
    "kd+serial": "kd+serial:///dev/ttyUSB0?baud=57600",
    "xccsp+https": "xccsp+https://unit.example.com/xccsp?user=till&password-file=/etc/…",
    "xccsp+http": "xccsp+http://127.0.0.1:8082/xccsp",
    "nexo+https": "nexo+https://10.0.0.5:8443?poi=V400m-1234&sale=till1&passphrase=file:/…&ca=/…",
    "nexo+http": "nexo+http://10.0.0.6:11000?poi=A-POIID&sale=till1",
    "demo": "demo://",
    "memory": "memory://",
}
_GROUPS = {
    "printer": "spindel.printers",
    "drawer": "spindel.drawers",
    "scanner": "spindel.scanners",
    "fiscal_unit": "spindel.fiscal",
    "payment_terminal": "spindel.terminals",
    "customer_display": "spindel.displays",
    "scale": "spindel.scales",
    "label_printer": "spindel.labels",
}
_OF_KIND = {("drawer", "serial"): "serial:///dev/ttyUSB1?pulse=07&ask=05"}
_KIND_OF = {group: kind for kind, group in _GROUPS.items()}
_TWIN = "memory"  # For tests: nobody is offered it.


def open_printer(address: str) -> Printer:
    """Raises Misconfigured, naming what is allowed; nothing else."""
    opened: Printer = _open("spindel.printers", address)
    return opened


def open_scanner(address: str) -> Scanner:
    """Several addresses, blanks between them, are one scanner to the till.

    Raises Misconfigured, naming what is allowed; nothing else.
    """
    each: list[tuple[str, Scanner]] = []
    try:
        for one in address.split() or [address]:
            each.append((one, _open("spindel.scanners", one)))
    except Misconfigured:
        for _, opened in each:
            opened.close()
        raise
    return each[0][1] if len(each) == 1 else SeveralScanners(each)


def open_fiscal_unit(address: str, folder: Path | None = None) -> FiscalUnit:
    """Raises Misconfigured, naming what is allowed; nothing else.

    `folder` is where a unit's driver keeps its ledger unless the address says so itself.
    """
    opened: FiscalUnit = _opener("spindel.fiscal", address)(address, folder)
    return opened


def open_drawer(address: str) -> CashDrawer:
    """Raises Misconfigured, naming what is allowed; nothing else."""
    opened: CashDrawer = _open("spindel.drawers", address)
    return opened


def open_display(address: str) -> LineDisplay:
    """Raises Misconfigured, naming what is allowed; nothing else."""
    opened: LineDisplay = _open("spindel.displays", address)
    return opened


def open_scale(address: str) -> Scale:
    """Raises Misconfigured, naming what is allowed; nothing else."""
    opened: Scale = _open("spindel.scales", address)
    return opened


def open_terminal(address: str) -> PaymentTerminal:
    """Raises Misconfigured, naming what is allowed; nothing else."""
    opened: PaymentTerminal = _open("spindel.terminals", address)
    return opened


def open_label_printer(address: str) -> LabelPrinter:
    """Raises Misconfigured, naming what is allowed; nothing else."""
    opened: LabelPrinter = _open("spindel.labels", address)
    return opened


OPENERS: dict[str, Callable[[str], Any]] = {
    "printer": open_printer,
    "drawer": open_drawer,
    "scanner": open_scanner,
    "fiscal_unit": open_fiscal_unit,
    "payment_terminal": open_terminal,
    "customer_display": open_display,
    "scale": open_scale,
    "label_printer": open_label_printer,
}
"""By kind of device, as `hardware.advice.KINDS` names them."""


def schemes() -> dict[str, list[str]]:
    """What may stand before "://", by kind of device, as it is installed here."""
    return {kind: sorted(entry_points(group=group).names) for kind, group in _GROUPS.items()}


def kinds_of_scheme(scheme: str) -> list[str]:
    """The kinds of device that have a driver of this name."""
    return [kind for kind, known in schemes().items() if scheme in known]


def example_of(scheme: str, kind: str = "") -> str:
    """An address as it is written, for a help text; of this kind of device where it differs."""
    return _OF_KIND.get((kind, scheme)) or _EXAMPLES.get(scheme, f"{scheme}://")


def _open(group: str, address: str) -> Any:
    return _opener(group, address)(address)


def _opener(group: str, address: str) -> Callable[..., Any]:
    scheme = parse_address(address).scheme
    found = entry_points(group=group)
    if scheme not in found.names:
        raise Misconfigured(
            address, f'"{scheme}" is not known here; allowed: {_allowed(group, found.names)}'
        )
    opener: Callable[..., Any] = found[scheme].load()
    return opener


def _allowed(group: str, known: set[str]) -> str:
    return ", ".join(example_of(scheme, _KIND_OF[group]) for scheme in sorted(known - {_TWIN}))
