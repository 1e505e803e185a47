"""The groups of `spindel central` for goods on their way, suppliers' invoices, and counts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

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
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.goods import counting, expected, invoices
from central_sync.server.office_commands import group
from central_sync.server.refused import not_found

deliveries = group("Goods on their way to stores, and suppliers' invoices for them.")
counts = group("Counts of shelves that stores are asked for.")

StoreOption = Annotated[str, typer.Option(help="The store's id.")]


@deliveries.command("list")
def list_deliveries(
    home: Home = HOME,
    database: DatabaseUrl = "",
    store: StoreOption = "",
    state: Annotated[
        str, typer.Option(help="open, received, closed, or nowhere (sent to no known store).")
    ] = "",
    as_json: Json = False,
) -> None:
    """Expected deliveries and transfers between stores, the newest first.

    Example: spindel central delivery list --state open
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = expected.listed(connection, store_id=store, state=state)
    if as_json:
        say_json([asdict(one) | {"differences": one.differences} for one in found])
        return
    say_table(
        ("delivery", "store", "from", "expected", "state", "pieces", "came"),
        [
            (one.delivery_id, one.store_id, one.from_store_id or one.supplier, one.expected_on,
             one.state, sum(said for said, _ in one.lines.values()),
             sum(came for _, came in one.lines.values()))
            for one in found
        ],
        "Nothing is on its way.",
    )  # fmt: skip


@deliveries.command("differences")
def differences(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """What came otherwise than announced, and invoices that charge otherwise than what came.

    Example: spindel central delivery differences --json
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        came = [one for one in expected.listed(connection, state=expected.RECEIVED)
                if one.differences]  # fmt: skip
        lost = expected.listed(connection, state=expected.NOWHERE)
        charged = invoices.listed(connection, state=invoices.DIFFERS)
    if as_json:
        say_json(
            {
                "deliveries": [asdict(one) | {"differences": one.differences} for one in came],
                "nowhere": [asdict(one) for one in lost],
                "invoices": [asdict(one) | {"differences": one.differences} for one in charged],
            }
        )
        return
    rows: list[tuple[Any, ...]] = [
        ("came", one.store_id, one.from_store_id or one.supplier, one.reference, sku, f"{count:+}")
        for one in came
        for sku, count in one.differences.items()
    ]
    rows += [
        ("sent to no store", one.store_id, one.from_store_id, one.reference, sku, f"{said:+}")
        for one in lost
        for sku, (said, _) in one.lines.items()
    ]
    rows += [
        ("charged", one.store_id, one.supplier, one.number, sku, f"{count:+}")
        for one in charged
        for sku, count in one.differences.items()
    ]
    say_table(("what", "store", "from", "number", "item", "pieces"), rows, "No differences.")


@deliveries.command("close")
def close(delivery: str, home: Home = HOME, database: DatabaseUrl = "") -> None:
    """It will not come: take the task from the store.

    Example: spindel central delivery close s01/L-1042
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        found = expected.find(connection, delivery)
        if found is None or found.state not in (expected.OPEN, expected.NOWHERE):
            raise not_found(f"no delivery {delivery} is on its way")
        lock_scopes(connection, [store_scope(found.store_id)])
        expected.give_up(connection, found, office.timestamp())
    say(f"{delivery} is closed.")


@deliveries.command("settle-invoice")
def settle_invoice(
    supplier: str, number: str, home: Home = HOME, database: DatabaseUrl = ""
) -> None:
    """A difference of an invoice has been dealt with; it is listed no more.

    Example: spindel central delivery settle-invoice "Nordsko AB" F-2231
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        if not invoices.settle(connection, supplier, number, office.timestamp()):
            raise not_found(f"there is no invoice {number} of {supplier}")
    say(f"{number} of {supplier} is settled.")


@counts.command("ask")
def ask(
    store: StoreOption,
    home: Home = HOME,
    database: DatabaseUrl = "",
    sku: Annotated[list[str] | None, typer.Option(help="An item; may be repeated.")] = None,
    longest: Annotated[
        int,
        typer.Option(min=0, max=counting.LARGEST_COUNT, help="So many not counted for longest."),
    ] = 0,
    due: Annotated[str, typer.Option(help="By which day, YYYY-MM-DD.")] = "",
    as_json: Json = False,
) -> None:
    """Ask a store to count shelves, blind: its till never shows what the book says.

    Example: spindel central count ask --store s01 --longest 20
    """
    if not sku and not longest:
        raise typer.BadParameter("say what: --sku SKU (may be repeated) or --longest NUMBER")
    with central_at(home, database) as office, office.database.atomic() as connection:
        wanted = [*(sku or []), *counting.longest_uncounted(connection, store, longest)]
        task_id = counting.ask(connection, store, wanted, office.timestamp(), due_on=due)
    if as_json:
        say_json({"task_id": task_id, "skus": sorted(set(wanted)) if task_id else []})
    elif task_id:
        say(f"{store} is asked to count {len(set(wanted))} items.")
    else:
        say(f"{store} is asked for all of it already.")
