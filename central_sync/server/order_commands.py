"""`spindel central orders`, and the background worker of orders; routing has its own file."""

from __future__ import annotations

import signal
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Connection

from central_sync.retail.orders import OrderRefused, commands
from central_sync.retail.plain import to_plain
from central_sync.server import tidying
from central_sync.server.bookkeeping import book_all
from central_sync.server.central import Central
from central_sync.server.console import (
    EXIT_FAILED,
    HOME,
    DatabaseUrl,
    Home,
    Json,
    central_at,
    progress_bar,
    say,
    say_json,
    say_settings,
    say_table,
)
from central_sync.server.office_commands import group
from central_sync.server.orders import changing, deciding, following, reading, rules
from central_sync.server.orders.auditing import audit_all
from central_sync.server.orders.carrying import Shortage
from central_sync.server.orders.deciding import settle_all
from central_sync.server.orders.opening import open_orders, open_outlets
from central_sync.server.orders.refusals import as_refused
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.working import Worker
from central_sync.server.refused import not_found
from central_sync.wire.orders import CancelRequest, OrderView

orders = group("Customers' orders: list, the stuck ones, cancel, try again, their rules.")

Day = Annotated[str, typer.Option(help="YYYY-MM-DD (UTC); its decisions are made again.")]
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="Its id or number.")]
Author = Annotated[str, typer.Option(help="Who changes it.")]


def work(
    home: Home = HOME,
    database: DatabaseUrl = "",
    once: Annotated[bool, typer.Option("--once", help="What is due now, then end.")] = False,
) -> None:
    """Do the timed work of orders: offers, expiry, new plans, letters, webhooks.

    Any number may run at once.

    `serve` does it by itself on SQLite. Example: spindel central work
    """
    with central_at(home, database) as office:
        room = open_orders(office)
        worker = Worker(room, open_outlets(office), look=lambda: _book(office, room))
        if once:
            say(f"{worker.once()} things done.")
            return
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: worker.ask_to_stop())
        say("Working (Ctrl+C stops it).")
        worker.run()
    say("The work has stopped.")


def tidy(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """Forget what is due: ended quotes, sent messages, closed tasks, old answers and addresses.

    `work` (on SQLite `serve`) does it every hour by itself. Example: spindel central tidy --json
    """
    with central_at(home, database) as office:
        done = tidying.tidy(open_orders(office))
    if as_json:
        say_json(done)
        return
    rows = [(name.replace("_", " "), count) for name, count in done.items()]
    say_table(("what", "forgotten"), rows, "Nothing.")


def _book(office: Central, room: OrderRoom) -> None:
    for store_id in book_all(office):
        settle_all(room, store_id)


@orders.command("list")
def list_orders(
    home: Home = HOME,
    database: DatabaseUrl = "",
    q: Annotated[str, typer.Option(help="Number, receipt, reference or customer id.")] = "",
    state: Annotated[str, typer.Option(help="open, escalated or done.")] = "",
    as_json: Json = False,
) -> None:
    """The newest orders.

    Example: spindel central orders list --state open
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = reading.page(connection, q=q, state=state, is_inside=True).orders
    _tell(found, as_json=as_json)


@orders.command("stuck")
def stuck(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """Orders that a person has to look at, the oldest first.

    Example: spindel central orders stuck --json
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        found = [
            reading.view(connection, stored, is_inside=True)
            for stored in following.stuck(connection)
        ]
    _tell(found, as_json=as_json)


@orders.command("check")
def check(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """Hold the rules of orders and stock against everything stored; 1 when one is broken.

    Example: spindel central orders check
    """
    with central_at(home, database) as office, progress_bar("Checking orders") as progress:
        broken = audit_all(office.database, office.timestamp(), progress)
    if as_json:
        say_json([asdict(one) for one in broken])
    else:
        say_table(("rule", "where"), [(one.rule, one.what) for one in broken], "All is well.")
    if broken:
        raise typer.Exit(EXIT_FAILED)


@orders.command("show")
def show(
    order: OrderId, home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False
) -> None:
    """One order: lines, parcels, refunds, and why these stores.

    Example: spindel central orders show K7PW3-Q9XAB
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        room = open_orders(office)
        found = _one(connection, order)
        told = reading.why(room, connection, found.order_id)
    if as_json:
        say_json({"order": found.model_dump(), "why": told.model_dump()})
        return
    say(f"{found.number} ({found.order_id}), {found.state}, placed {found.placed_at}")
    say_table(
        ("line", "item", "pieces", "how", "promised by", "where"),
        [
            (line.line, line.name, line.quantity, line.mode, line.promised_by, _where(line.pieces))
            for line in found.lines
        ],
        "No lines.",
    )
    if found.unpaid_minor:
        say(f"{_money(found.unpaid_minor, found)} of {_money(found.total_minor, found)} is unpaid.")
    for parcel in found.parcels:
        to = parcel.collect_store_id
        where = f"{parcel.store_id} to {to}" if to not in ("", parcel.store_id) else parcel.store_id
        say(f"{where}: {parcel.state}. {parcel.why_en}")
    for refund in found.refunds:
        state = f"paid {refund.paid_at}" if refund.paid_at else "to be paid"
        shares = ", ".join(
            f"{_money(share, found)} {tender}" for tender, share in refund.shares.items()
        )
        say(f"Refund {refund.refund_key}, line {refund.line}, {state}: {shares}.")


@orders.command("retry")
def retry(order: OrderId, home: Home = HOME, database: DatabaseUrl = "") -> None:
    """Ask all stores once more for what waits of an order.

    Example: spindel central orders retry K7PW3-Q9XAB
    """
    with central_at(home, database) as office:
        room = open_orders(office)
        before = _named(office, order)
        after = changing.try_again(room, before.order_id).order
    waiting = sum(1 for parcel in after.parcels if parcel.state.value == "offered")
    say(f"{before.number}: {waiting} parcels are offered.")


@orders.command("cancel")
def cancel(
    order: OrderId,
    home: Home = HOME,
    database: DatabaseUrl = "",
    reason: Annotated[str, typer.Option(help="The customer is told unless it is theirs.")] = "shop",
) -> None:
    """Cancel what is not packed yet; the money becomes a refund that is due.

    Example: spindel central orders cancel K7PW3-Q9XAB --reason customer
    """
    with central_at(home, database) as office:
        room = open_orders(office)
        found = _named(office, order)
        told = changing.cancel(
            room, found.order_id, CancelRequest(reason=reason), "office", is_inside=True
        )
    for line, pieces in told.cancelled.items():
        say(f"Line {line}: {pieces} cancelled.")
    for refusal in told.refused:
        typer.echo(f"Line {refusal.line}: {refusal.detail}.", err=True)
    if told.refused:
        raise typer.Exit(EXIT_FAILED)


@orders.command("refunded")
def refunded(
    order: OrderId,
    refund_key: str,
    home: Home = HOME,
    database: DatabaseUrl = "",
    reference: Annotated[str, typer.Option(help="The bank's or the provider's.")] = "",
) -> None:
    """Note that a refund was paid.

    Example: spindel central orders refunded K7PW3-Q9XAB ORDER/1/1-1 --reference 4711
    """
    with central_at(home, database) as office:
        found = _named(office, order)
        try:
            deciding.act(
                open_orders(office), found.order_id, commands.PayRefund(refund_key, reference)
            )
        except (OrderRefused, Shortage) as problem:
            raise as_refused(problem) from problem
    say(f"{found.number}: {refund_key} is paid.")


@orders.command("rules")
def show_rules(
    home: Home = HOME,
    database: DatabaseUrl = "",
    change: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="May be repeated.")
    ] = None,
    author: Author = "",
    as_json: Json = False,
) -> None:
    """Fees, hold times, cut-off and promise; the same for web shop and till.

    Example: spindel central orders rules --set fee_minor=5900 --author Eva
    """
    with central_at(home, database) as office, office.database.atomic() as connection:
        if change:
            wishes = dict(pair(text) for text in change)
            found = rules.set_order_rules(connection, wishes, author, office.timestamp())
        else:
            found = rules.order_rules(connection)
    say_settings(to_plain(found), "rule", as_json=as_json)


def _tell(found: list[OrderView], *, as_json: bool) -> None:
    if as_json:
        say_json([order.model_dump() for order in found])
        return
    rows = [
        (
            *(order.number, order.state, order.placed_at, order.store_id or "web"),
            *(len(order.lines), _reasons(order)),
        )
        for order in found
    ]
    say_table(("order", "state", "placed", "sold by", "lines", "why stuck"), rows, "No orders.")


def _reasons(order: OrderView) -> str:
    return ", ".join(sorted({line.escalated for line in order.lines if line.escalated}))


def _money(amount_minor: int, order: OrderView) -> str:
    return f"{amount_minor // 100}.{amount_minor % 100:02d} {order.currency}"


def _where(pieces: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in pieces.items())


def _named(office: Central, order: str) -> OrderView:
    with office.database.reading() as connection:
        return _one(connection, order)


def _one(connection: Connection, order: str) -> OrderView:
    found = reading.page(connection, q=order, is_inside=True).orders
    if not found:
        raise not_found(f"there is no order {order}")
    return found[0]


def pair(text: str) -> tuple[str, int | str]:
    """NAME=VALUE of a --set; raises typer.BadParameter."""
    name, is_pair, value = text.partition("=")
    if not is_pair:
        raise typer.BadParameter(f"{text!r} is not NAME=VALUE")
    return name, int(value) if value.lstrip("-").isdigit() else value
