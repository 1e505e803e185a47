"""`spindel hardware emulate display`: shows the two rows each time they change."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def emulate_display(
    protocol: Annotated[str, typer.Option(help="cd5220 or dmd.")] = "cd5220",
    link: Annotated[Path | None, typer.Option(help="A lasting name for the pty.")] = None,
    tcp: Annotated[int | None, typer.Option(help="A TCP port instead; 0 takes a free one.")] = None,
    host: Annotated[str, typer.Option(help="Listen on this machine's address.")] = "127.0.0.1",
) -> None:
    """A customer display of two rows with twenty characters.

    A line may be: off (its power is cut and comes back), deaf, ok, unplug or plug.

    Example: spindel hardware emulate display --link /tmp/display
    """
    from hardware.emulators.display import EmulatedDisplay
    from hardware.emulators.line_cli import run, wire_of

    if protocol not in ("cd5220", "dmd"):
        raise typer.BadParameter(f"{protocol} is none of cd5220, dmd")
    core = EmulatedDisplay(protocol)
    seen = [core.rows]

    def look() -> None:
        if core.rows != seen[-1]:
            seen[:] = [core.rows]
            top, bottom = core.rows
            typer.echo(f"┌{'─' * 20}┐\n│{top}│\n│{bottom}│\n└{'─' * 20}┘")

    def obey(command: str) -> str | None:
        if command != "off":
            return None
        core.power_cycle()
        look()
        return "its power was cut"

    line = wire_of(core, tcp, host, link, look)
    wire = "tcp" if tcp is not None else "serial"
    run(line, f"Display: {protocol}+{wire}://{line.place}", core.faults, obey)
