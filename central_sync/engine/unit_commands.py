"""`spindel sync service install | remove | status`: the sync as a service of this computer."""

from __future__ import annotations

from typing import Annotated

import typer

from central_sync.engine import printing
from central_sync.engine.options import DEFAULT_HOME, Home, Json
from central_sync.engine.printing import sentences_for_people
from central_sync.engine.units import (
    install_unit,
    remove_unit,
    systemd,
    unit_status,
    unit_text,
)

service = typer.Typer(
    help="Let systemd keep the sync running, without an open till.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

WhoseUnit = Annotated[
    bool | None,
    typer.Option(
        "--system/--user",
        help="The computer's service, or this user's. Root makes the computer's by itself.",
    ),
]


@service.command()
def install(
    home: Home = DEFAULT_HOME,
    is_system: WhoseUnit = None,
    only_print: Annotated[
        bool, typer.Option("--print", help="Show the unit and change nothing.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make the unit, enable and start it.

    Example: sudo spindel sync service install --home /var/lib/spindel
    """
    with sentences_for_people():
        manager = systemd(is_system=is_system)
        if only_print:
            text = unit_text(home, manager)
            if as_json:
                printing.facts({"path": str(manager.path), "unit": text})
            else:
                typer.echo(text)
            return
        install_unit(home, manager)
        _tell(home, is_system, as_json=as_json)
        if manager.is_user and not as_json:
            typer.echo("It runs while you are logged in; always with: loginctl enable-linger")


@service.command()
def remove(home: Home = DEFAULT_HOME, is_system: WhoseUnit = None, as_json: Json = False) -> None:
    """Stop the service and take the unit away; the till's files stay.

    Example: sudo spindel sync service remove
    """
    with sentences_for_people():
        manager = systemd(is_system=is_system)
        was_there = remove_unit(manager)
        if as_json:
            printing.facts({"is_removed": was_there, "path": str(manager.path)})
            return
        typer.echo(f"Removed {manager.path}." if was_there else f"There is no {manager.path}.")


@service.command()
def status(home: Home = DEFAULT_HOME, is_system: WhoseUnit = None, as_json: Json = False) -> None:
    """Is the unit there, enabled, running? Exit code 1 when it is not running.

    Example: spindel sync service status --json
    """
    with sentences_for_people():
        if not _tell(home, is_system, as_json=as_json):
            raise typer.Exit(1)


def _tell(home: Home, is_system: bool | None, *, as_json: bool) -> bool:
    """True when it runs."""
    found = unit_status(home, systemd(is_system=is_system))
    if as_json:
        printing.facts(found)
    elif not found.is_installed:
        typer.echo(f"There is no {found.path}. Make it: spindel sync service install")
    else:
        typer.echo(f"{found.path}: {found.enabled}, {found.active}")
    if not as_json and found.process:
        typer.echo(f"The sync runs (process {found.process}).")
    return found.active == "active"
