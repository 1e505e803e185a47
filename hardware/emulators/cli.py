"""`spindel hardware emulate`: devices made of software, for a newcomer, the demo and tests.

Nothing but Typer is imported until a command runs. What is shown comes from the
bytes alone: an emulator knows nothing of the drivers that talk to it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hardware.emulators.display_cli import emulate_display
from hardware.emulators.fiscal_cli import emulate_fiscal
from hardware.emulators.label_cli import emulate_label
from hardware.emulators.scale_cli import emulate_scale
from hardware.emulators.scanner_cli import emulate_keyboard, emulate_scanner
from hardware.emulators.terminal_cli import emulate_terminal
from hardware.refusal import refused

emulate = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    help="Devices made of software, to look at and try.",
)


def _list(wanted: bool) -> None:
    if not wanted:
        return
    for command in emulate.registered_commands:
        said = (command.callback.__doc__ or "") if command.callback else ""
        typer.echo(f"{command.name or '':<10} {said.strip().splitlines()[0]}")
    typer.echo(
        "\nWhile one runs, a typed line is a fault or what is done by hand; help lists them,\n"
        "ok mends, the end of the input (Ctrl-D) or Ctrl-C ends it."
    )
    raise typer.Exit


@emulate.callback()
def about(
    all_of_them: Annotated[
        bool,
        typer.Option("--list", callback=_list, is_eager=True, help="Which there are."),
    ] = False,
) -> None:
    """Devices made of software, to look at and try.

    Example: spindel hardware emulate printer --tcp 9100
    """


emulate.command("scanner")(emulate_scanner)
emulate.command("keyboard")(emulate_keyboard)
emulate.command("display")(emulate_display)
emulate.command("label")(emulate_label)
emulate.command("scale")(emulate_scale)
emulate.command("fiscal")(emulate_fiscal)
emulate.command("terminal")(emulate_terminal)


@emulate.command("printer")
def emulate_printer(
    tcp: Annotated[int, typer.Option(help="Listen on this TCP port; 0 takes a free one.")] = 9100,
    host: Annotated[str, typer.Option(help="Listen on this machine's address.")] = "127.0.0.1",
    pty: Annotated[bool, typer.Option("--pty", help="A serial printer instead.")] = False,
    paper: Annotated[
        Path | None, typer.Option(help="Keep every paper here as .txt and .png.")
    ] = None,
    faults: Annotated[
        bool, typer.Option("--faults", hidden=True, help="Faults are always read.")
    ] = False,
) -> None:
    """A receipt printer: shows every paper it is sent, from the bytes alone.

    A typed line is a fault, such as paper_out or drawer_jammed; help lists them, ok mends.

    Example: spindel hardware emulate printer --tcp 9100 --paper papers
    """
    from hardware.emulators.printer import EmulatedPrinter
    from hardware.emulators.serving import PtyPrinter, TcpPrinter
    from hardware.emulators.showing import Tray, end_on_signal, wait_for_the_end
    from hardware.emulators.switching import switch_faults

    end_on_signal()
    printer = EmulatedPrinter()
    try:
        tray = Tray(sys.stdout, paper)
        wire = PtyPrinter(printer, tray.take) if pty else TcpPrinter(printer, host, tcp, tray.take)
    except OSError as error:
        where = error.filename or f"{host}:{tcp}"
        raise refused(f"{where} cannot be used ({error.strerror}); name another.") from error
    try:
        wire.on_drawer = lambda: typer.echo("──── the drawer opens ────")
        with wire:
            typer.echo(f"Printer: {wire.address}   (Ctrl-C ends)")
            switch_faults(printer, sys.stdin, typer.echo)
            wait_for_the_end()
    except KeyboardInterrupt:
        pass
