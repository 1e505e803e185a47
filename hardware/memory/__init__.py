"""In-memory twins of the ports: for tests, and for a till without devices.

They pass the same contract suites as the drivers, so they refuse, stall and
remember like the real ones. What a test may do to them (fail, block, feed) is
named here and is no part of the ports.
"""

from __future__ import annotations

from hardware.emulators.terminal_fate import Fate, Step
from hardware.memory.display import MemoryDisplay, open_display
from hardware.memory.drawer import MemoryDrawer, open_drawer
from hardware.memory.fiscal import MemoryFiscalUnit, open_fiscal_unit
from hardware.memory.labels import MemoryLabelPrinter, open_label_printer
from hardware.memory.printer import MemoryPrinter, open_printer
from hardware.memory.scale import MemoryScale, open_scale
from hardware.memory.scanner import MemoryScanner, open_scanner
from hardware.memory.terminal import MemoryTerminal, open_terminal

__all__ = [
    "Fate",
    "MemoryDisplay",
    "MemoryDrawer",
    "MemoryFiscalUnit",
    "MemoryLabelPrinter",
    "MemoryPrinter",
    "MemoryScale",
    "MemoryScanner",
    "MemoryTerminal",
    "Step",
    "open_display",
    "open_drawer",
    "open_fiscal_unit",
    "open_label_printer",
    "open_printer",
    "open_scale",
    "open_scanner",
    "open_terminal",
]
