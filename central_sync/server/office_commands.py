"""The groups of `spindel central` that manage stores, workstations, keys, parked entries."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.server import reads
from central_sync.server.auth import SCOPES, add_key, revoke_key
from central_sync.server.central import Central
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
from central_sync.server.enrolment import (
    CODE_HOURS,
    NewCode,
    add_workstation,
    replace_workstation,
    revoke_workstation,
)
from central_sync.server.repost import repost
from central_sync.server.settled import Decided, settle_parked


def group(summary: str) -> typer.Typer:
    return typer.Typer(
        help=summary,
        no_args_is_help=True,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
    )


stores = group("Stores and warehouses.")
workstations = group("Workstations: add, list, replace, revoke.")
keys = group("Keys of people and systems for the HTTP API.")
parked = group("Journal entries that could not be booked.")

By = Annotated[str, typer.Option(help="Who decides; who is signed in here.")]
Hours = Annotated[int, typer.Option(min=1, max=720, help="How long the code is good.")]


@stores.command("list")
def list_stores(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """All stores and warehouses.

    Example: spindel central store list
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = reads.stores(connection)
    if as_json:
        say_json([store.model_dump() for store in found])
        return
    rows = [(store.store_id, store.kind, store.name, store.town) for store in found]
    say_table(("store", "kind", "name", "town"), rows, "No stores (spindel central import DIR).")


@workstations.command("add")
def add(
    store: Annotated[str, typer.Option(help="The store's id.")],
    label: Annotated[str, typer.Option(help="Its number, as printed on receipts.")],
    home: Home = HOME,
    database: DatabaseUrl = "",
    hours: Hours = CODE_HOURS,
    as_json: Json = False,
) -> None:
    """Make a workstation and the one-time code that enrols it.

    Example: spindel central workstation add --store s01 --label 1
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        code = add_workstation(connection, store, label, office.now(), hours)
    _tell_code(code, as_json=as_json)


@workstations.command("code")
def new_code(
    workstation_id: str,
    home: Home = HOME,
    database: DatabaseUrl = "",
    hours: Hours = CODE_HOURS,
    as_json: Json = False,
) -> None:
    """A new code for a workstation whose computer or disk is replaced.

    Example: spindel central workstation code s01-1
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        code = replace_workstation(connection, workstation_id, office.now(), hours)
    _tell_code(code, as_json=as_json)


@workstations.command("list")
def list_workstations(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """All workstations, what central holds of them and what they still have to send.

    Example: spindel central workstation list --json
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = reads.workstations(connection)
    if as_json:
        say_json([workstation.model_dump() for workstation in found])
        return
    columns = ("workstation", "label", "store", "status", "last contact", "received", "unsent")
    rows = [
        (
            *(w.workstation_id, w.label, w.store_id, w.status),
            *(w.last_contact_at or "never", w.received, w.outbox),
        )
        for w in found
    ]
    say_table(columns, rows, "No workstations (spindel central workstation add).")


@workstations.command("revoke")
def revoke(workstation_id: str, home: Home = HOME, database: DatabaseUrl = "") -> None:
    """Shut a workstation out; what it still sends is kept aside.

    Example: spindel central workstation revoke s01-1
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        revoke_workstation(connection, workstation_id, office.now())
    say(f"{workstation_id} is revoked.")


@keys.command("add")
def add_api_key(
    name: Annotated[str, typer.Option(help="Who or what uses it.")],
    scope: Annotated[list[str], typer.Option(help=f"One or more of: {', '.join(SCOPES)}.")],
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Make a key. It is shown once.

    Example: spindel central key add --name webshop --scope stock:read
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        try:
            key = add_key(connection, name, scope, office.timestamp())
        except ValueError as problem:
            raise typer.BadParameter(str(problem)) from problem
    if as_json:
        say_json({"key": key, "name": name, "scopes": sorted(set(scope))})
    else:
        say(key)
        typer.echo("Write it down: it is shown only now.", err=True)


@keys.command("list")
def list_keys(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """All keys, without their secrets.

    Example: spindel central key list
    """
    columns = ("key_id", "name", "scopes", "created_at", "revoked_at")
    with central_at(home, database) as office, office.database.reading() as connection:
        found = connection.execute(
            select(*(t.api_key.c[name] for name in columns)).order_by(t.api_key.c.created_at)
        )
        rows = [dict(row) for row in found.mappings()]
    if as_json:
        say_json(rows)
    else:
        cells = [[row[name] for name in columns] for row in rows]
        say_table(("key", "name", "scopes", "made", "revoked"), cells, "No keys.")


@keys.command("revoke")
def revoke_api_key(key_id: str, home: Home = HOME, database: DatabaseUrl = "") -> None:
    """Make a key invalid; KEY_ID as `key list` shows it.

    Example: spindel central key revoke 3f9a1c0b22d4
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        revoke_key(connection, key_id, office.timestamp())
    say(f"{key_id} is revoked.")


@parked.command("list")
def list_parked(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """Journal entries that were stored and could not be booked, and why.

    Example: spindel central parked list
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = reads.parked(connection)
    if as_json:
        say_json([entry.model_dump() for entry in found])
        return
    rows = [(e.entry_id, e.received_at, e.reason) for e in found]
    say_table(("entry", "received", "reason"), rows, "Nothing is parked.")


@parked.command("retry")
def retry_parked(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """Interpret the parked entries again from their bytes, after an update or a repair.

    Example: spindel central parked retry
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        report = repost(connection, office.timestamp(), office.on_shortfall)
    if as_json:
        say_json({"booked": report.booked, "still_parked": report.still_parked})
    else:
        say(f"{report.booked} booked, {report.still_parked} still parked.")


@parked.command("settle")
def settle(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="As `parked list` names it.")],
    note: Annotated[str, typer.Option(help="Why it is not booked.")],
    by: By = "",
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Decide not to book a parked entry. It goes off the list and stays in the journal.

    Example: spindel central parked settle s01-1:1:17 --note "Test sale of the installer"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        settle_parked(connection, entry, decided(office, by, note))
    if as_json:
        say_json({"settled": 1})
    else:
        say(f"{entry} is settled.")


def decided(office: Central, by: str, note: str) -> Decided:
    """Who decides now, and why."""
    return Decided(by or getpass.getuser(), note, office.timestamp())


def _tell_code(code: NewCode, *, as_json: bool) -> None:
    if as_json:
        say_json(asdict(code))
        return
    say(f"Workstation {code.workstation_id} ({code.label} in {code.store_id})")
    say(f"Code: {code.code}   good until {code.expires_at}, for one computer")
    say(f"There: spindel sync enrol {code.code} --central https://ADDRESS")
