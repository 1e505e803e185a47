"""`spindel hardware emulate scale`: goods are laid on it by typing grams."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

PROTOCOLS = ("dialog06", "toledo8217", "nci", "sma")


def emulate_scale(
    protocol: Annotated[str, typer.Option(help="dialog06, toledo8217, nci or sma.")] = "dialog06",
    link: Annotated[Path | None, typer.Option(help="A lasting name for the pty.")] = None,
    tcp: Annotated[int | None, typer.Option(help="A TCP port instead; 0 takes a free one.")] = None,
    host: Annotated[str, typer.Option(help="Listen on this machine's address.")] = "127.0.0.1",
    grams: Annotated[int, typer.Option(help="What lies on it from the start.")] = 0,
) -> None:
    """A checkout scale. Type grams to lay goods on it, 0 to empty it, shake and settle.

    A line may also name a fault (deaf, loses_acks, flips_bits, other_price, locked, broken,
    stale, refuses 11, late_seconds 0.6), ok, unplug or plug.

    Example: spindel hardware emulate scale --protocol dialog06 --link /tmp/scale
    """
    from hardware.emulators.line_cli import run, wire_of
    from hardware.emulators.scale_dialog06 import EmulatedDialog06
    from hardware.emulators.scale_polled import EmulatedPolledScale

    if protocol not in PROTOCOLS:
        raise typer.BadParameter(f"{protocol} is none of {', '.join(PROTOCOLS)}")
    core = EmulatedDialog06() if protocol == "dialog06" else EmulatedPolledScale(protocol)
    core.platform.put(grams)
    line = wire_of(core, tcp, host, link, lambda: None)
    wire = "tcp" if tcp is not None else "serial"

    def obey(command: str) -> str | None:
        if command.lstrip("-").isdecimal():
            core.platform.put(int(command))
        elif command == "shake":
            core.platform.shake()
        elif command == "settle":
            core.platform.settle()
        else:
            return None
        return f"on it: {core.platform.grams} g" + (", moving" * core.platform.is_moving)

    run(line, f"Scale: {protocol}+{wire}://{line.place}", core.faults, obey)
