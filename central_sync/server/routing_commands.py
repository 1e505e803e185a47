"""The groups of `spindel central` for routing, its policies, and webhooks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from central_sync.retail.plain import to_plain
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
from central_sync.server.office_commands import group
from central_sync.server.orders import rules, webhooks
from central_sync.server.orders.opening import open_orders
from central_sync.server.orders.simulating import simulate

routing = group("Which store sends what: policies, and trying another one on a day's orders.")
policies = group("Routing policies: versions that are never edited.")
hooks = group("Webhooks: who is told of orders.")
routing.add_typer(policies, name="policy")

Day = Annotated[str, typer.Option(help="YYYY-MM-DD (UTC); its decisions are made again.")]
Author = Annotated[str, typer.Option(help="Who changes it.")]


@routing.command("try")
def try_policy(
    policy: Annotated[str, typer.Argument(help="A version, or a JSON file with one.")],
    day: Day,
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """What another policy would have done with a day's orders, beside what was done.

    Example: spindel central routing try nearest-complete --day 2026-11-22
    """
    with central_at(home, database) as office:
        told = simulate(open_orders(office), _policy(policy), day)
    if as_json:
        say_json(told.model_dump())
        return
    say(f"{told.live.orders} decisions of {day}; {told.moved} went to other stores.")
    names = ("policy", "cost_minor", "parcels", "split", "unfilled", "queue_minutes_p95", "km_mean")
    rows = [[getattr(side, name) for name in names] for side in (told.live, told.tried)]
    say_table(names, rows, "No decisions.")


@policies.command("list")
def list_policies(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """All versions; the live one is marked.

    Example: spindel central routing policy list
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        known, live = rules.policies(connection), rules.live_policy(connection).version
    if as_json:
        say_json({"live": live, "policies": [to_plain(one) for one in known.values()]})
        return
    rows = [(version, one.rule.value, "live" if version == live else "") for version, one in
            known.items()]  # fmt: skip
    say_table(("version", "rule", ""), rows, "No policies.")


@policies.command("set")
def set_policy(
    policy: Annotated[str, typer.Argument(help="A version, or a JSON file with a new one.")],
    home: Home = HOME,
    database: DatabaseUrl = "",
    author: Author = "",
) -> None:
    """Route by this version from now on. Try it on a day first.

    Example: spindel central routing policy set calmer.json --author Eva
    """
    asked = _policy(policy)
    with central_at(home, database) as office, office.database.atomic() as connection:
        at = office.timestamp()
        version = asked if isinstance(asked, str) else rules.read_policy(asked).version
        if not isinstance(asked, str):
            rules.add_policy(connection, rules.read_policy(asked), author, at)
        rules.set_live_policy(connection, version, author, at)
    say(f"Routing follows {version}.")


@hooks.command("add")
def add_hook(
    url: str,
    home: Home = HOME,
    database: DatabaseUrl = "",
    event: Annotated[list[str] | None, typer.Option(help="May be repeated; none: all.")] = None,
    as_json: Json = False,
) -> None:
    """Tell an address of orders; shows the secret that signs its messages, once.

    Example: spindel central webhook add https://shop.example.se/spindel --event parcel.shipped
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        hook = webhooks.add(connection, url, event or [], office.timestamp())
    if as_json:
        say_json({"webhook_id": hook.webhook_id, "url": hook.url, "secret": hook.secret})
    else:
        say(f"{hook.webhook_id} {hook.secret}")
        typer.echo("Write the secret down: it is shown only now.", err=True)


@hooks.command("list")
def list_hooks(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """All webhooks, without their secrets.

    Example: spindel central webhook list
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = webhooks.hooks(connection)
    if as_json:
        say_json([{"webhook_id": one.webhook_id, "url": one.url, "events": one.events.split(),
                   "made_at": one.made_at} for one in found])  # fmt: skip
        return
    rows = [(one.webhook_id, one.url, one.events or "all", one.made_at) for one in found]
    say_table(("webhook", "url", "events", "made"), rows, "No webhooks.")


@hooks.command("remove")
def remove_hook(webhook_id: str, home: Home = HOME, database: DatabaseUrl = "") -> None:
    """Tell an address no more.

    Example: spindel central webhook remove 3f9a1c0b22d4
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        webhooks.remove(connection, webhook_id, office.timestamp())
    say(f"{webhook_id} is removed.")


def _policy(text: str) -> str | dict[str, Any]:
    if not text.endswith(".json"):
        return text
    try:
        plain = json.loads(Path(text).read_text(encoding="utf-8"))
    except ValueError as problem:
        raise typer.BadParameter(f"{text} is not JSON: {problem}") from problem
    if not isinstance(plain, dict):
        raise typer.BadParameter(f"{text} must hold one object")
    return plain
