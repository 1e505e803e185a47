"""Emulated control units on real wires, by name."""

from __future__ import annotations

from hardware.emulators.fiscal import EmulatedUnit
from hardware.emulators.fiscal_mouths import CcspMouth, KdMouth
from hardware.emulators.fiscal_serving import HttpUnit, PtyUnit

EMULATED = ("ccsp", "ccsp version 1", "kd", "xccsp")


def emulated_unit(
    protocol: str, unit: EmulatedUnit | None = None, *, baud: int = 0
) -> PtyUnit | HttpUnit:
    """To be entered with `with`."""
    unit = unit or EmulatedUnit()
    match protocol:
        case "xccsp":
            return HttpUnit(unit)
        case "kd":
            return PtyUnit(KdMouth(unit), "kd+serial", baud=baud)
        case "ccsp version 1":
            unit.version = 1
    return PtyUnit(CcspMouth(unit), "ccsp+serial", baud=baud)
