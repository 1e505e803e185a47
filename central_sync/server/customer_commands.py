"""`spindel central customer`: find, show, export and erase, each written down with a reason.

And the upkeep: the store's customers of two years, and a new key for a store.
"""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from typing import Annotated

import typer
from sqlalchemy import Connection

from central_sync.server import customers, store_customers
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
from central_sync.server.finding_people import find_customers
from central_sync.server.masters import store_ids
from central_sync.server.people_access import note_access
from central_sync.server.refused import not_found
from central_sync.server.store_keys import add_store_key
from central_sync.wire.people import CustomerCard, CustomerFile

customer = typer.Typer(
    help="Customers: find, show, export, erase.",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Why = Annotated[str, typer.Option(help="Why you look; it is written down.")]
_COLUMNS = ("customer", "name", "phone", "e-mail", "member", "town")


@customer.command("find")
def find(
    text: Annotated[str, typer.Argument(help="Phone, e-mail, member number or part of a name.")],
    why: Why,
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Find customers.

    Example: spindel central customer find "anna berg" --why "she calls about an order"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        found = find_customers(connection, office.data_keys, text)
        ids = [each.customer_id for each in found.customers]
        _note(connection, office, why, f"find by {found.kind}", ids)
    cards = [customers.card(each) for each in found.customers]
    if as_json:
        say_json({"customers": [c.model_dump() for c in cards], "is_more": found.is_more})
        return
    say_table(_COLUMNS, [_cells(each) for each in cards], "Nobody fits.")
    if found.is_more:
        say("Others fit too: give more of the name.")


@customer.command("show")
def show(
    customer_id: str,
    why: Why,
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Show a customer, orders and newest purchases, and who is likely the same.

    Example: spindel central customer show 019… --why "a complaint"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        found = customers.customer_file(connection, office.data_keys, customer_id)
        _note(connection, office, why, "show", [customer_id])
    if as_json:
        say_json(found.model_dump())
    else:
        _tell(found)


@customer.command("export")
def export(customer_id: str, why: Why, home: Home = HOME, database: DatabaseUrl = "") -> None:
    """All that is held about a customer, as JSON (GDPR articles 15 and 20).

    Example: spindel central customer export 019… --why "she asked for it" > her-data.json
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        held = customers.export(connection, office.data_keys, customer_id)
        _note(connection, office, why, "export", [customer_id])
    say_json(held)


@customer.command("erase")
def erase(
    customer_id: str,
    why: Why,
    home: Home = HOME,
    database: DatabaseUrl = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Erase a customer for good; receipts stay and keep the bare id (GDPR article 17).

    Not while an order of theirs is open: it takes a name and an address to deliver it.

    Example: spindel central customer erase 019… --why "she asked for it" --yes
    """
    if not yes:
        typer.confirm(f"Erase {customer_id}? It cannot be undone", abort=True, err=True)
    with central_at(home, database) as office:
        with office.database.atomic() as connection:
            stores = customers.erase(connection, customer_id, office.timestamp())
            _note(connection, office, why, "erase", [customer_id])
        office.snapshots.forget(stores)
        office.database.wipe_past()
    say(f"{customer_id} is erased; the tills of {len(stores)} stores are told.")


@customer.command("tidy")
def tidy(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """Take customers off the tills of stores where they were not for two years. Run it daily.

    Example: spindel central customer tidy
    """
    counts: dict[str, int] = {}
    with central_at(home, database) as office:
        with office.database.reading() as connection:
            stores = store_ids(connection)
        for store_id in stores:
            with office.database.atomic() as connection:
                counts[store_id] = store_customers.forget_old(connection, store_id, office.now())
    if as_json:
        say_json({"taken_off": counts})
    else:
        say(f"{sum(counts.values())} customers are off the tills of {len(stores)} stores.")


@customer.command("new-store-key")
def new_store_key(store: str, home: Home = HOME, database: DatabaseUrl = "") -> None:
    """Give a store's tills a new key, after one of them was stolen, and seal anew under it.

    Example: spindel central customer new-store-key s01
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        if store not in store_ids(connection):
            raise not_found(f"there is no store {store}")
        at = office.timestamp()
        keys = add_store_key(connection, office.data_keys, store, at)
        count = store_customers.tell_all(connection, office.data_keys, store, at)
    say(f"{store} has the key {keys.newest.key_id}; {count} customers are sealed anew.")


def _note(
    connection: Connection, office: Central, why: str, what: str, customer_ids: Sequence[str]
) -> None:
    if not why.strip():
        raise typer.BadParameter("say why: it is written down with the look-up")
    who = f"command ({getpass.getuser()})"
    note_access(
        connection, who=who, why=why, what=what, customers=customer_ids, at=office.timestamp()
    )


def _tell(found: CustomerFile) -> None:
    say_table(_COLUMNS, [_cells(found.customer)], "")
    rows = [
        (each.at[:10], each.receipt_number, each.store_id, each.kind, f"{each.total_minor}")
        for each in found.purchases
    ]
    say_table(("day", "receipt", "store", "kind", "total, minor units"), rows, "No purchases.")
    orders = [
        (each.placed_at[:10], each.number, each.store_id, each.state, f"{each.total_minor}")
        for each in found.orders
    ]
    say_table(("day", "order", "store", "state", "total, minor units"), orders, "No orders.")
    for each in found.likely:
        say(f"Likely the same: {each.customer_id} {each.name}")


def _cells(card: CustomerCard) -> tuple[str, ...]:
    return (card.customer_id, card.name, card.phone, card.email, card.member_number, card.town)
