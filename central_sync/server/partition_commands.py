"""`spindel central partition`: cut the facts by store, once, before a chain grows large."""

from __future__ import annotations

from typing import Annotated

import typer

from central_sync.database.partitions import MOST_PARTS, CannotSpread, parts_of, spread
from central_sync.server.console import (
    HOME,
    DatabaseUrl,
    Home,
    Json,
    central_at,
    progress_bar,
    say,
    say_json,
)
from central_sync.server.settings import CentralTrouble


def partition(
    home: Home = HOME,
    database: DatabaseUrl = "",
    parts: Annotated[
        int, typer.Option(min=0, max=MOST_PARTS, help="How many; 0 only tells how it is.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Spread receipts, journal and stock by store over parts of the database (PostgreSQL).

    Stop what serves and works first, or it is refused, and have a backup; it rewrites every row,
    in one transaction.
    Example: spindel central partition --parts 64
    """
    with central_at(home, database) as office:
        if parts:
            with progress_bar("Spreading") as progress:
                try:
                    spread(office.database, parts, progress)
                except CannotSpread as reason:
                    raise CentralTrouble(str(reason)) from reason
        with office.database.reading() as connection:
            held = 0 if office.database.is_sqlite else parts_of(connection)
    if as_json:
        say_json({"parts": held})
    else:
        say(f"The facts lie in {held} parts, by store." if held else "The facts are whole.")
