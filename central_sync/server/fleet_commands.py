"""`spindel central fleet`: which tills want looking at, in one table."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from importlib.metadata import version
from typing import Annotated

import typer

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
from central_sync.server.fleet import SILENT_AFTER, Member, fleet
from central_sync.server.safe_heads import backup_concern, newest_backup


def show_fleet(
    home: Home = HOME,
    database: DatabaseUrl = "",
    store: Annotated[str, typer.Option(help="Only this store.")] = "",
    troubled: Annotated[
        bool, typer.Option("--troubled", help="Only those that want looking at.")
    ] = False,
    silent_after: Annotated[
        int,
        typer.Option(min=1, max=100_000, metavar="MINUTES", help="Silence that is told of."),
    ] = round(SILENT_AFTER.total_seconds() / 60),
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 1 when any wants looking at.")
    ] = False,
    as_json: Json = False,
) -> None:
    """How every workstation stands: unheard, unsent, a clock that drifts, an old version.

    And whether central itself is backed up.

    Example: spindel central fleet --troubled
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        silence = timedelta(minutes=silent_after)
        now, own = office.now(), version("spindel")
        members = fleet(connection, now, own, store_id=store, silent_after=silence)
        backup_at, backup = newest_backup(connection), backup_concern(connection, now)
    shown = [member for member in members if member.concerns or not troubled]
    if as_json:
        own_state = {"backup_at": backup_at, "concerns": [asdict(backup)] if backup else []}
        say_json({"workstations": [asdict(member) for member in shown], "central": own_state})
    else:
        _tell(shown, len(members))
        if backup:
            say(f"central: {backup.says}. To do: {backup.do}.")
    if check and (backup or any(member.concerns for member in members)):
        raise typer.Exit(1)


def _tell(members: list[Member], total: int) -> None:
    columns = ("workstation", "store", "status", "last contact", "unsent", "clock", "version")
    rows = [
        (
            f"{member.workstation_id} {member.label}",
            member.store_id,
            member.status,
            member.last_contact_at or "never",
            member.outbox,
            f"{member.clock_skew_seconds:+d} s",
            member.version or "-",
        )
        for member in members
    ]
    say_table(columns, rows, "No workstation wants looking at." if total else "No workstations.")
    for member in members:
        for concern in member.concerns:
            say(f"{member.workstation_id}: {concern.says}. To do: {concern.do}.")
