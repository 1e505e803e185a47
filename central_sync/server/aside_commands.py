"""`spindel central aside`: what copied, replaced and revoked tills sent, for a person to decide."""

from __future__ import annotations

from typing import Annotated

import typer

from central_sync.server import aside
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
from central_sync.server.office_commands import By, decided, group

kept_aside = group("What copied, replaced and revoked workstations sent.")

Which = Annotated[str, typer.Argument(metavar="ID", help="As `aside list` names it.")]
_WHY = {"fork": "its disk was copied or restored", "revoked": "it was revoked or replaced"}


@kept_aside.command("list")
def list_aside(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """Entries that are kept aside and on which nobody has decided, with why and how many.

    Example: spindel central aside list
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = aside.listed(connection)
    if as_json:
        say_json([fact.model_dump() for fact in found])
        return
    rows = [
        (
            *(fact.aside_id, fact.store_id, _WHY.get(fact.why, fact.why), fact.entries),
            *(f"{fact.first_sequence}-{fact.last_sequence}", fact.received_at),
        )
        for fact in found
    ]
    columns = ("id", "store", "why", "entries", "sequences", "since")
    say_table(columns, rows, "Nothing is kept aside.")


@kept_aside.command("take")
def take(
    aside_id: Which,
    note: Annotated[str, typer.Option(help="Why it is right to book it.")],
    by: By = "",
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Book what is kept aside. What is known already counts once; what cannot be read is parked.

    Example: spindel central aside take s01-1:1:revoked --note "Sold before it was stolen"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        report = aside.take(connection, aside_id, decided(office, by, note), office.on_shortfall)
    if as_json:
        say_json(report.model_dump())
        return
    say(f"{report.booked} booked, {report.aliases} were known, {report.parked} parked.")


@kept_aside.command("settle")
def settle(
    aside_id: Which,
    note: Annotated[str, typer.Option(help="Why it is not booked.")],
    by: By = "",
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Decide not to book what is kept aside. It goes off the list and stays where it is.

    Example: spindel central aside settle s01-1:1:fork --note "Copy of the disk, never sold"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        count = aside.settle(connection, aside_id, decided(office, by, note))
    if as_json:
        say_json({"settled": count})
    else:
        say(f"{count} entries are settled.")
