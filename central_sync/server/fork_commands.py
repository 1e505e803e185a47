"""`spindel central forks`: tills whose disk was restored or copied, for a person to settle."""

from __future__ import annotations

import getpass
from typing import Annotated

import typer

from central_sync.server import forks as found
from central_sync.server.console import (
    HOME,
    DatabaseUrl,
    Home,
    Json,
    central_at,
    say,
    say_json,
    say_table,
)
from central_sync.server.forks import BootFact, ForkFact
from central_sync.server.office_commands import group

forks = group("Tills whose disk was restored or copied: which, by whom, since when.")

_WHY = {
    "fork": "two wrote the same numbers",
    "ahead": "an older copy than central has",
    "numbers": "an older copy, by its receipt numbers",
    "restored": "restored by store IT",
    "two_boots": "two computers take turns",
}


@forks.command("list")
def list_forks(
    home: Home = HOME,
    database: DatabaseUrl = "",
    every: Annotated[bool, typer.Option("--all", help="Those settled too.")] = False,
    as_json: Json = False,
) -> None:
    """Forks that nobody has settled. The tills sell on meanwhile, and nothing is lost.

    Where two computers are named, switch off the one that should not be there.
    Example: spindel central forks list --json
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        listed = found.listed(connection, is_open=not every)
    if as_json:
        say_json([fork.model_dump() for fork in listed])
        return
    columns = ("fork", "found", "why", "in common", "goes on in", "told by", "beside")
    say_table(columns, [_row(fork) for fork in listed], "No till was restored or copied.")
    if any(not fork.settled_at for fork in listed):
        say('When it is clear what happened: spindel central forks settle FORK --note "..."')


@forks.command("settle")
def settle_fork(
    fork_id: Annotated[str, typer.Argument(metavar="FORK")],
    note: Annotated[str, typer.Option(help="What had happened, and what was done.")],
    by: Annotated[str, typer.Option(help="Who settles it; who is signed in here.")] = "",
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Say that a fork was looked at. What came again in a new epoch is no longer kept aside.

    Example: spindel central forks settle s01-1-1 --note "Disk was copied, copy is off"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        settled = found.settle(
            connection, fork_id, by=by or getpass.getuser(), note=note, at=office.timestamp()
        )
    if as_json:
        say_json(settled.model_dump())
        return
    say(f"{fork_id} is settled.")
    if settled.aside:
        say(f"{settled.aside} entries stay aside: they have come in no other epoch yet.")


def _row(fork: ForkFact) -> tuple[str, ...]:
    if fork.why == "two_boots":
        common = goes_on = ""
    else:
        common, goes_on = f"{fork.epoch}:{fork.common_sequence}", f"epoch {fork.new_epoch}"
    return (
        fork.fork_id,
        fork.found_at,
        _WHY.get(fork.why, fork.why),
        common,
        goes_on,
        _computer(fork.boot),
        _computer(fork.other_boot) if fork.other_boot else "no other",
    )


def _computer(boot: BootFact | None) -> str:
    if boot is None:
        return "unknown"
    return f"{boot.hostname or 'unnamed'} ({boot.hardware or boot.boot_id[:8]})"
