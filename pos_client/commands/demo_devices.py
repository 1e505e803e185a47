"""The demo's emulated devices: the command that plays each, and how the till names it.

Each listens to a pipe in the demo's folder, so that anybody can scan, lay goods on the
scale or break something with `echo`. The thing to get wrong: a pipe opened for reading
alone, which ends its device with the first writer; it is held open at both ends.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pos_client.commands.processes import Background, spindel


@dataclass(frozen=True, slots=True)
class Ports:
    """Where the demo's processes listen; kept, so that all are found again. 0: not chosen."""

    central: int = 0
    printer: int = 0
    terminal: int = 0
    label: int = 0


WISHED = Ports(8470, 9100, 8443, 9101)


@dataclass(frozen=True, slots=True)
class Emulated:
    """`setting` and `address` are its line in workstation.toml, `pipe` what it listens to."""

    name: str
    setting: str
    address: str
    command: tuple[str, ...]
    pipe: Path

    def background(self, home: Path) -> Background:
        return Background(home, self.name, spindel("hardware", "emulate", *self.command))

    def start(self, process: Background) -> None:
        if not self.pipe.exists():
            os.mkfifo(self.pipe, 0o600)
        listening = os.open(self.pipe, os.O_RDWR)
        try:
            process.start(stdin=listening)
        finally:
            os.close(listening)


def ordinary(home: Path, ports: Ports) -> tuple[Emulated, ...]:
    """What every till of the demo has."""
    paper, scanner = str(home / "paper"), str(home / "till" / "scanner")
    listens = ("--tcp", str(ports.printer), "--paper", paper, "--faults")
    return (
        Emulated(
            "printer",
            "printer",
            f"escpos+tcp://127.0.0.1:{ports.printer}?drawer_open=high",
            ("printer", *listens),
            home / "printer",
        ),
        Emulated(
            "scanner",
            "scanner",
            f"serial://{scanner}",
            ("scanner", "--link", scanner),
            home / "scan",
        ),
    )


def further(home: Path, ports: Ports) -> tuple[Emulated, ...]:
    """What `--devices` adds: a card terminal, a scale, a customer display, a label printer."""
    till = home / "till"
    scale, display = str(till / "scale"), str(till / "display")
    terminal = f"nexo+http://127.0.0.1:{ports.terminal}?poi=DEMO-1&sale=KASSA1"
    keys = ("--keys", str(home / "terminal-keys"))
    return (
        Emulated(
            "terminal",
            "payment_terminal",
            terminal,
            ("terminal", "--plain", "--poi", "DEMO-1", "--port", str(ports.terminal), *keys),
            home / "card",
        ),
        Emulated(
            "scale",
            "scale",
            f"toledo8217+serial://{scale}",
            ("scale", "--protocol", "toledo8217", "--link", scale),
            home / "scale",
        ),
        Emulated(
            "display",
            "customer_display",
            f"cd5220+serial://{display}",
            ("display", "--link", display),
            home / "display",
        ),
        Emulated(
            "labels",
            "label_printer",
            f"zpl+tcp://127.0.0.1:{ports.label}",
            ("label", "--tcp", str(ports.label), "--labels", str(home / "labels")),
            home / "label",
        ),
    )
