"""`spindel`: command groups of all packages, found by entry point and loaded when asked for.

The thing to get wrong: importing a group here. `spindel till` must not pay for the
server's imports, and nothing in this package names the server.
"""

from __future__ import annotations

import os
import sys
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

import click
import typer
from typer.main import get_command

GROUP = "spindel.commands"
ORDER = ("demo", "till", "stop", "sync", "central", "hardware")
SUMMARIES = {
    "demo": "A demo chain on this computer: central, stores, items; then the till.",
    "till": "The cash register of this workstation.",
    "stop": "Stop the register, its sync and the demo's central on this home.",
    "sync": "Store IT: enrol, watch and check the sync with central.",
    "central": "Head office: the chain's master, its stores and workstations.",
    "hardware": "Devices: list, test, listen, emulate.",
}


class LazyGroup(click.Group):
    """Knows the names of its commands and loads only the one that is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = {point.name for point in entry_points(group=GROUP)}
        return [name for name in ORDER if name in found] + sorted(found - set(ORDER))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        for point in entry_points(group=GROUP, name=cmd_name):
            return _command(point)
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, SUMMARIES.get(name, "")) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _command(point: EntryPoint) -> click.Command:
    """Hands every argument on, since Typer may bring a click of its own.

    Two clicks do not know each other's exits; so the group found here runs as if alone.
    """

    def run(arguments: tuple[str, ...]) -> None:
        loaded: Any = point.load()
        command: Any = get_command(loaded) if isinstance(loaded, typer.Typer) else loaded
        command.main(args=list(arguments), prog_name=f"spindel {point.name}")

    return click.Command(
        point.name,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        callback=run,
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    )


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start here: spindel demo",
)
@click.version_option(version("spindel"), prog_name="spindel")
def spindel() -> None:
    """Spindel: an offline-first cash register with store-to-central sync."""


def main() -> None:
    """The console script. Exit code 0 done, 1 failed, 2 wrong usage.

    What any command writes is its user's alone: PIN hashes, keys, receipts.
    """
    os.umask(0o077)
    try:
        spindel.main(prog_name="spindel")
    except BrokenPipeError:
        sys.exit(1)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        sys.stderr.write(
            f"{where}{problem.strerror or problem}. Check the path, its rights and the disk.\n"
        )
        sys.exit(1)
