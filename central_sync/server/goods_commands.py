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
from central_sync.server.goods.invoices import Invoice
from central_sync.server.office_commands import group
from central_sync.server.refused import not_found

deliveries = group("Goods on their way to stores, and suppliers' invoices for them.")
counts = group("Counts of shelves that stores are asked for.")

StoreOption = Annotated[str, typer.Option(help="The store's id.")]
Author = Annotated[str, typer.Option(help="Who decides.")]
Note = Annotated[str, typer.Option(help="Why, for the record.")]
_WHAT = {invoices.DIFFERS: "charged", invoices.CREDIT_ASKED: "credit asked for"}


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
        charged = [
            *invoices.listed(connection, state=invoices.DIFFERS),
            *invoices.listed(connection, state=invoices.CREDIT_ASKED),
        ]
    if as_json:
        say_json(
            {
                "deliveries": [asdict(one) | {"differences": one.differences} for one in came],
                "nowhere": [asdict(one) for one in lost],
                "invoices": [_plain(one) for one in charged],
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
    rows = [(*row, "", "") for row in rows]
    rows += [
        (
            *(_WHAT[one.state], one.store_id, one.supplier, one.number, line.sku),
            *(f"{line.pieces_over:+}", _price(line.price_over_minor(one.rule))),
            _money(line.claim_minor(one.rule)),
        )
        for one in charged
        for line in one.differing
    ]
    heads = ("what", "store", "from", "number", "item", "pieces", "a piece", "claim")
    say_table(heads, rows, "No differences.")


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


@deliveries.command("ask-credit")
def ask_credit(
    supplier: str,
    number: str,
    home: Home = HOME,
    database: DatabaseUrl = "",
    author: Author = "head office",
    note: Note = "",
) -> None:
    """The supplier is asked for a credit note; it says for how much, line by line.

    Example: spindel central delivery ask-credit "Nordsko AB" F-2231 --author Eva
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        at = office.timestamp()
        found = invoices.ask_credit(connection, supplier, number, author, at, note)
    for line in found.differing:
        say(f"{line.sku}: {line.pieces_over:+} pieces, {_money(line.claim_minor(found.rule))}")
    say(f"{supplier} is asked for a credit note of {_money(found.credit_minor)} on {number}.")


@deliveries.command("settle-invoice")
def settle_invoice(
    supplier: str,
    number: str,
    home: Home = HOME,
    database: DatabaseUrl = "",
    author: Author = "head office",
    credit_note: Annotated[str, typer.Option(help="The number of the credit note that came.")] = "",
    note: Note = "",
) -> None:
    """Approve an invoice that differs, with its credit note or as it is; it is listed no more.

    Example: spindel central delivery settle-invoice "Nordsko AB" F-2231 --credit-note K-17
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        invoices.settle(
            connection, supplier, number, office.timestamp(),
            author=author, credit_note=credit_note, note=note,
        )  # fmt: skip
    say(f"{number} of {supplier} is settled by {author}.")


@deliveries.command("tolerance")
def tolerance(
    basis_points: Annotated[int | None, typer.Argument(min=0, max=10_000)] = None,
    home: Home = HOME,
    database: DatabaseUrl = "",
    author: Author = "head office",
) -> None:
    """How far a charged price may lie from the agreed one, in basis points (100 is 1 %).

    Example: spindel central delivery tolerance 50 --author Eva
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        if basis_points is None:
            rule = invoices.invoice_rule(connection)
        else:
            rule = invoices.set_tolerance(connection, basis_points, author, office.timestamp())
    say(f"{rule.price_tolerance_basis_points} basis points.")


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


def _plain(one: Invoice) -> dict[str, Any]:
    lines = [
        asdict(line)
        | {
            "pieces_over": line.pieces_over,
            "price_over_minor": line.price_over_minor(one.rule),
            "claim_minor": line.claim_minor(one.rule),
        }
        for line in one.differing
    ]
    counted = {"differences": one.differences, "claim_minor": one.claim_minor, "differing": lines}
    return asdict(one) | counted


def _money(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}" if minor >= 0 else f"-{_money(-minor)}"


def _price(minor: int) -> str:
    return f"{'+' if minor > 0 else ''}{_money(minor)}" if minor else ""
