"""`spindel hardware emulate label`: shows every label, and keeps its picture."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def emulate_label(
    tcp: Annotated[int, typer.Option(help="Listen on this TCP port; 0 takes a free one.")] = 9101,
    host: Annotated[str, typer.Option(help="Listen on this machine's address.")] = "127.0.0.1",
    pty: Annotated[bool, typer.Option("--pty", help="A serial printer instead.")] = False,
    link: Annotated[Path | None, typer.Option(help="A lasting name for the pty.")] = None,
    labels: Annotated[Path | None, typer.Option(help="Keep every label here as .png.")] = None,
) -> None:
    """A ZPL label printer: shows every label, and keeps its picture.

    A line names a fault: paper_out, head_open, ribbon_out, paused,
    hot, lost_settings, deaf, mute, mute_when_blocked, slow, lasts 2; or ok, unplug, plug.

    Example: spindel hardware emulate label --tcp 9101 --labels labels
    """
    from hardware.emulators.label import EmulatedLabelPrinter
    from hardware.emulators.line_cli import run, wire_of
    from hardware.refusal import refused

    core = EmulatedLabelPrinter()
    shown = 0
    try:
        if labels is not None:
            labels.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise refused(f"{labels} cannot be made ({error.strerror}); name another.") from error

    def look() -> None:
        nonlocal shown
        for sheet in core.sheets[shown:]:
            shown += 1
            times = f" × {sheet.copies}" if sheet.copies > 1 else ""
            typer.echo(f"──── label {shown}{times} ────\n{sheet.text()}")
            if labels is not None:
                sheet.save(labels / f"label-{shown:04d}.png")

    line = wire_of(core, None if pty or link else tcp, host, link, look)
    wire = "serial" if pty or link else "tcp"
    run(line, f"Label printer: zpl+{wire}://{line.place}?dpi=203", core.faults, lambda _: None)
