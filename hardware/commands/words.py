"""What a code means and what to do about a device: words of the trade, found by entry point.

Hardware knows neither trade nor a cashier's language. Whoever installs it with a register
gets the register's sentences; alone it says what the driver said.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from hardware.advice import advise
from hardware.ports import DeviceState

SYMBOLOGIES = {
    "E0": "EAN-13",
    "E1": "two-digit add-on",
    "E2": "five-digit add-on",
    "E3": "EAN-13 with add-on",
    "E4": "EAN-8",
    "X0": "UPC",
    "A0": "Code 39",
    "C0": "Code 128",
    "C1": "GS1-128",
    "I0": "ITF",
    "I1": "ITF",
    "F0": "Codabar",
    "e0": "GS1 DataBar",
    "d1": "Data Matrix",
    "d2": "GS1 DataMatrix",
    "Q0": "QR code",
    "Q1": "QR code",
    "Q3": "GS1 QR code",
    "z0": "Aztec",
    "L0": "PDF417",
}
"""AIM identifiers (ISO/IEC 15424) without their bracket."""


def meaning() -> Callable[[str, str], dict[str, Any]]:
    """(data, symbology) to what the code says, or to nothing where nobody knows."""
    for found in entry_points(group="spindel.code_meanings"):
        means: Callable[[str, str], dict[str, Any]] = found.load()
        return means
    return lambda data, symbology: {}


def advice_for(kind: str, state: DeviceState) -> str:
    """What to do, in a sentence of the register's, or ""."""
    name = advise(kind, state)
    if name:
        for found in entry_points(group="spindel.device_advice"):
            return str(found.load()(name))
    return ""
