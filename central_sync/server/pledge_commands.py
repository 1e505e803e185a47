"""The group `spindel central pledges`: what stores lend to the web, by rule and by hand."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from central_sync.retail.plain import to_plain
from central_sync.retail.stock import Pledge, PledgeEvent, PledgeKind
from central_sync.server.console import (
    HOME,
    DatabaseUrl,
    Home,
    Json,
    central_at,
    say,
    say_json,
    say_settings,
    say_table,
)
from central_sync.server.office_commands import group
from central_sync.server.order_commands import pair
from central_sync.server.refused import not_found
from central_sync.server.timestamps import iso
from central_sync.server.warehouse import lending, pledges

pledge_group = group("Pieces that stores lend to the web, and that a cut off store keeps for it.")

StoreOption = Annotated[str, typer.Option("--store", help="Only this store's.")]
Author = Annotated[str, typer.Option(help="Who decides.")]


@pledge_group.command("list")
def list_pledges(
    home: Home = HOME,
    database: DatabaseUrl = "",
    store: StoreOption = "",
    as_json: Json = False,
) -> None:
    """What is lent now, or waits for the store's tills to say that they know.

    Example: spindel central pledges list --store s01
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = pledges.listed(connection, store)
    if as_json:
        say_json([asdict(one) | {"state": one.state.value} for one in found])
        return
    say_table(
        ("store", "item", "lent", "asked for", "state", "until", "why", "who"),
        [
            (one.store_id, one.sku, one.lent if one.lent_until else 0, one.quantity,
             _state(one), one.lent_until or one.lease_until, one.reason, one.who or "the rule")
            for one in found
        ],
        "No store lends anything.",
    )  # fmt: skip


@pledge_group.command("set")
def set_pledge(
    store: str,
    sku: str,
    pieces: Annotated[int, typer.Argument(min=1)],
    home: Home = HOME,
    database: DatabaseUrl = "",
    days: Annotated[int, typer.Option(min=1, max=90, help="For how long.")] = 3,
    author: Author = "head office",
    why: Annotated[str, typer.Option(help="Why, for the record.")] = "",
) -> None:
    """Ask a store to lend pieces; the rule leaves it alone until then.

    It is in force when every till of the store that was heard of in the last week has said that
    it knows. Fewer pieces than before count at once.

    Example: spindel central pledges set s01 LD10-SVA-37 2 --days 7 --author Eva --why "the drop"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        until = iso(office.now() + timedelta(days=days))
        at = office.timestamp()
        made = pledges.offer(connection, store, sku, pieces, until, at, who=author, reason=why)
    say(f"{store} is asked to lend {pieces} of {sku} until {until}; {_state(made)}.")


@pledge_group.command("lift")
def lift(
    store: str,
    sku: str,
    home: Home = HOME,
    database: DatabaseUrl = "",
    author: Author = "head office",
    why: Annotated[str, typer.Option(help="Why, for the record.")] = "",
) -> None:
    """Give pieces back to their store, at once; what is held of them for orders stays held.

    Example: spindel central pledges lift s01 LD10-SVA-37 --author Eva
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        at = office.timestamp()
        if not pledges.lift(connection, [(store, sku)], at, who=author, reason=why):
            raise not_found(f"{store} lends no {sku}")
    say(f"{store} has its {sku} back.")


@pledge_group.command("history")
def history(
    home: Home = HOME,
    database: DatabaseUrl = "",
    store: StoreOption = "",
    broken: Annotated[
        bool, typer.Option("--broken", help="Only lent pieces that were sold, and by whom.")
    ] = False,
    last: Annotated[int, typer.Option(min=1, help="So many, the newest.")] = 100,
    as_json: Json = False,
) -> None:
    """What happened to pledges: offered, agreed to, used, broken and by whom, ended.

    Example: spindel central pledges history --broken
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = [one for one in pledges.events_of(connection, store)
                 if not broken or one.kind in _BROKEN][-last:]  # fmt: skip
    if as_json:
        say_json([_plain(one) for one in found])
        return
    say_table(
        ("when", "store", "item", "what", "pieces", "who", "why"),
        [
            (one.at, one.store_id, one.sku, one.kind.value, one.quantity, one.who, one.reason)
            for one in found
        ],
        "Nothing has happened.",
    )


@pledge_group.command("rules")
def rules(
    home: Home = HOME,
    database: DatabaseUrl = "",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="May be repeated.")
    ] = None,
    author: Author = "",
    as_json: Json = False,
) -> None:
    """By what the rule chooses: which goods, how many pieces, for how long; is_on=0 stops it.

    Example: spindel central pledges rules --set thin_upto=2 --set lease_days=5 --author Eva
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        if change:
            wishes = dict(pair(text) for text in change)
            found = lending.set_lending_rule(connection, wishes, author, office.timestamp())
        else:
            found = lending.lending_rule(connection)
    say_settings(to_plain(found), "setting", as_json=as_json)


_BROKEN = (PledgeKind.BREAK, PledgeKind.OVERRIDE)


def _state(pledge: Pledge) -> str:
    if not pledge.is_waiting:
        return "in force"
    return "in force, more is asked for" if pledge.lent_until else "waits for the store's tills"


def _plain(event: PledgeEvent) -> dict[str, object]:
    return asdict(event) | {"kind": event.kind.value}
