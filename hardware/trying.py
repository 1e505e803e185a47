"""Trying a device that is no receipt printer: one label, one weight, two lines to read.

Each answers with one sentence for the person at the device. Which device an address
means is told by its scheme, as the till itself does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import entry_points

from hardware.address import parse_address
from hardware.drivers import open_display, open_label_printer, open_scale
from hardware.errors import Absent
from hardware.labels.layouts import price_label
from hardware.ports import DeviceState, Health, WeighRequest

SETTLE_SECONDS = 3.0
_SEEN_SECONDS = 1.0
_PRICE_MINOR = 10_000


def try_device(address: str) -> str | None:
    """What became of it; None where the address is none of these. Raises DeviceError."""
    scheme = parse_address(address).scheme
    for group, attempt in _TRIED.items():
        if scheme in entry_points(group=group).names and "+" in scheme:
            return attempt(address)
    return None


def _try_label_printer(address: str) -> str:
    printer = open_label_printer(address)
    try:
        printer.print(
            price_label("Räksmörgås ÅÄÖ", "129,00 kr", code="9520000000004", note=address)
        )
        return "Printed: one label with å, ä, ö and an EAN-13 to scan."
    finally:
        printer.close()


def _try_scale(address: str) -> str:
    scale = open_scale(address)
    try:
        _here(address, scale.state)
        weight = scale.weigh(WeighRequest(_PRICE_MINOR, name="TEST"))
    finally:
        scale.close()
    whole, rest = divmod(weight.amount_minor, 100)
    priced = f"; at 100.00 a kilogram {whole}.{rest:02}" if weight.amount_minor else ""
    return f"It weighs {weight.grams} g{priced}."


def _try_display(address: str) -> str:
    display = open_display(address)
    try:
        _here(address, display.state)
        display.show("ÅÄÖ åäö é 12345", "1234567890" * 2)
        time.sleep(_SEEN_SECONDS)
    finally:
        display.close()
    return "Sent. A display answers nothing: read it. Row one is ÅÄÖ åäö é 12345."


def _here(address: str, state: Callable[[], DeviceState]) -> None:
    """Wait for the line to open; raises Absent where it does not."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while state().health is Health.OPENING and time.monotonic() < deadline:
        time.sleep(0.02)
    if state().health is Health.ABSENT:
        raise Absent(address, state().detail or "nothing is there")


_TRIED: dict[str, Callable[[str], str]] = {
    "spindel.labels": _try_label_printer,
    "spindel.scales": _try_scale,
    "spindel.displays": _try_display,
}
