"""`spindel central returns`: goods taken back without central, and what came back twice."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from central_sync.server import claims
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

returns = group("Returns made while central was silent, and returns that contradict each other.")

Which = Annotated[str, typer.Argument(metavar="ID", help="As `returns list` names it.")]
Note = Annotated[str, typer.Option(help="Why.")]


@returns.command("list")
def list_returns(
    every: Annotated[bool, typer.Option("--all", help="Also what is over.")] = False,
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """What is contested (a person decides), due (to be paid back) or waits for its sale.

    Under a contested one stands every return of the same line, in whatever store.

    Example: spindel central returns list
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = claims.listed(connection, every=every)
    if as_json:
        say_json([asdict(one) for one in found])
        return
    columns = ("id", "state", "store", "receipt", "of sale", "item", "amount", "due", "why")
    say_table(columns, [row for one in found for row in _rows(one)], "No return waits.")


@returns.command("accept")
def accept(
    claim_id: Which,
    note: Note,
    by: By = "",
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Believe a contested return: its goods may be sold, what it left to be paid is due.

    Example: spindel central returns accept 0190-7/1 --note "The other one was a wrong scan"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        state = claims.accept(connection, claim_id, decided(office, by, note))
    say_json({"state": state}) if as_json else say(f"{claim_id} is {state}.")


@returns.command("refuse")
def refuse(
    claim_id: Which,
    note: Note,
    by: By = "",
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Do not believe a contested return: nothing is paid, and its goods stay aside in the store.

    Example: spindel central returns refuse 0190-7/1 --note "Came back in Lund the day before"
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        claims.refuse(connection, claim_id, decided(office, by, note))
    say_json({"state": claims.REFUSED}) if as_json else say(f"{claim_id} is refused.")


@returns.command("paid")
def paid(
    claim_id: Which,
    reference: Annotated[str, typer.Option(help="The payment provider's number of the refund.")],
    by: By = "",
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """What was due has been paid back to where it was paid from.

    Example: spindel central returns paid 0190-7/1 --reference A1B2C3
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        claims.paid(connection, claim_id, reference, decided(office, by, ""))
    say_json({"state": claims.DONE}) if as_json else say(f"{claim_id} is paid.")


def _rows(claim: claims.Claim) -> list[tuple[object, ...]]:
    """The claim, and for a contested one each store's own return of the line under it."""
    sale = f"{claim.original_number or '?'} {claim.original_store_id}".strip()
    head = (claim.claim_id, claim.state, claim.store_id, claim.receipt_number, sale)
    item = f"{claim.quantity} {claim.name}"
    rows: list[tuple[object, ...]] = [
        (*head, item, _kronor(claim.gross_minor), _kronor(claim.claim_minor), claim.reason)
    ]
    for one in claim.evidence if claim.state == claims.CONTESTED else ():
        who = f"{one.workstation_id}, operator {one.operator}, {one.at}"
        amount = _kronor(one.gross_minor)
        rows.append(("", "", one.store_id, one.receipt_number, "", one.quantity, amount, "", who))
    return rows


def _kronor(minor: int) -> str:
    return f"{minor // 100},{minor % 100:02}"
