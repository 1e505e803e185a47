"""The ports: what the checkout may ask of a device, by UPOS category, one file each.

Protocols only. Every port has an in-memory twin in `hardware.memory` and a
contract suite in `tests/contracts` that twin, drivers and emulators alike must pass.

A newcomer would expect calls to block until "done". They do not: only a seal and a
card payment may be awaited by a sale. A printer call runs in the print worker's
thread, a scanner speaks from its own.
"""

from __future__ import annotations

from hardware.ports.device import DeviceState, Health, Reason, Retrying
from hardware.ports.display import LineDisplay
from hardware.ports.drawer import CashDrawer, DrawerPosition
from hardware.ports.fiscal import FiscalUnit, Seal, SealKind, SealRequest
from hardware.ports.labels import Label, LabelBarcode, LabelPrinter, LabelText
from hardware.ports.printer import Printer
from hardware.ports.scale import Scale, WeighRequest, Weight
from hardware.ports.scanner import Scan, Scanner
from hardware.ports.terminal import (
    CardAnswer,
    CardKind,
    CardOutcome,
    CardReference,
    CardRequest,
    CardTotals,
    PaymentTerminal,
    ReversalRequest,
)

__all__ = [
    "CardAnswer",
    "CardKind",
    "CardOutcome",
    "CardReference",
    "CardRequest",
    "CardTotals",
    "CashDrawer",
    "DeviceState",
    "DrawerPosition",
    "FiscalUnit",
    "Health",
    "Label",
    "LabelBarcode",
    "LabelPrinter",
    "LabelText",
    "LineDisplay",
    "PaymentTerminal",
    "Printer",
    "Reason",
    "Retrying",
    "ReversalRequest",
    "Scale",
    "Scan",
    "Scanner",
    "Seal",
    "SealKind",
    "SealRequest",
    "WeighRequest",
    "Weight",
]
