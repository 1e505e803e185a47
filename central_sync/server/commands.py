"""`spindel central`: what head office does from a terminal.

Every command answers facts as a table, or as JSON with --json. The groups for stores,
workstations, keys and parked entries stand in office_commands.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from central_sync.server import masters, reads
from central_sync.server.aside_commands import kept_aside
from central_sync.server.backup_commands import backup, restore
from central_sync.server.central import make_central, migrate_database
from central_sync.server.console import (
    EXIT_FAILED,
    HOME,
    DatabaseUrl,
    Home,
    Json,
    central_at,
    plainly,
    progress_bar,
    say,
    say_json,
    say_table,
)
from central_sync.server.customer_commands import customer
from central_sync.server.facts import Status
from central_sync.server.fleet_commands import show_fleet
from central_sync.server.fork_commands import forks
from central_sync.server.goods_commands import counts, deliveries
from central_sync.server.importing.fields import BadValue, money_minor
from central_sync.server.importing.run import NoFiles, Report, check_folder, import_folder
from central_sync.server.messages.commands import emulate
from central_sync.server.office_commands import keys, parked, stores, workstations
from central_sync.server.order_commands import orders, tidy, work
from central_sync.server.partition_commands import partition
from central_sync.server.pledge_commands import pledge_group
from central_sync.server.return_commands import returns
from central_sync.server.routing_commands import hooks, routing
from central_sync.server.settings import read_settings
from central_sync.server.warehouse.rebuild import rebuild

central = typer.Typer(
    help="Head office: the chain's master, its stores and workstations.",
    epilog="Start here: spindel central init --home FOLDER",
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
central.command("fleet")(show_fleet)
central.command("partition")(partition)
central.add_typer(stores, name="store")
central.add_typer(workstations, name="workstation")
central.add_typer(keys, name="key")
central.add_typer(forks, name="forks")
central.add_typer(parked, name="parked")
central.add_typer(kept_aside, name="aside")
central.add_typer(returns, name="returns")
central.add_typer(orders, name="orders")
central.add_typer(routing, name="routing")
central.add_typer(hooks, name="webhook")
central.command("work")(work)
central.command("tidy")(tidy)
central.command("backup")(backup)
central.command("restore")(restore)
central.add_typer(customer, name="customer")
central.add_typer(deliveries, name="delivery")
central.add_typer(pledge_group, name="pledges")
central.add_typer(counts, name="count")
central.add_typer(emulate, name="emulate")

Folder = Annotated[Path, typer.Argument(exists=True, file_okay=False, metavar="DIR")]


@central.command()
def init(
    home: Home = HOME,
    database: Annotated[
        str, typer.Option("--database", help="PostgreSQL or another SQLite file; it is remembered.")
    ] = "",
) -> None:
    """Make a central: its key, its database. What is there already is kept.

    Example: spindel central init --home /var/lib/spindel-central
    """
    with plainly():
        settings = read_settings(home, database)
        version = make_central(settings, remember=database)
    say(f"Central is ready in {settings.home} (database version {version}).")
    say("Next: spindel central import DIR, then spindel central serve")


@central.command()
def migrate(home: Home = HOME, database: DatabaseUrl = "") -> None:
    """Bring the database to the version that this program needs.

    Example: spindel central migrate --home /var/lib/spindel-central
    """
    with plainly():
        version = migrate_database(read_settings(home, database))
    say(f"The database has version {version}.")


@central.command("serve")
def serve_command(
    home: Home = HOME,
    database: DatabaseUrl = "",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free one.")] = 8470,
    certificate: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="PEM file, for https.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="PEM file of its key.")
    ] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy before central adds TLS.")
    ] = False,
) -> None:
    """Serve tills and systems until Ctrl+C. Plain http only on this computer.

    Example: spindel central serve --host 0.0.0.0 --certificate c.pem --key k.pem
    """
    from central_sync.server.serving import Serving, serve  # FastAPI costs half a second

    with central_at(home, database) as office:
        serve(office, Serving(host, port, certificate, key, behind_proxy))


@central.command("import")
def import_command(
    folder: Folder,
    home: Home = HOME,
    database: DatabaseUrl = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check everything, write nothing.")
    ] = False,
    good_rows: Annotated[
        bool, typer.Option("--good-rows", help="Take the good rows although others are bad.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Block more than half of the items for sale.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Take in a chain's CSV files: what changed is written, and told to the tills.

    Example: spindel central import chain-files --dry-run
    """
    try:
        with central_at(home, database) as office, progress_bar("Importing") as progress:
            if dry_run:
                report = check_folder(office, folder, progress, good_rows=good_rows, accept=accept)
            else:
                report = import_folder(office, folder, progress, good_rows=good_rows, accept=accept)
    except NoFiles as problem:
        typer.echo(f"{problem}.", err=True)
        raise typer.Exit(EXIT_FAILED) from problem
    _tell_import(report, dry_run=dry_run, as_json=as_json)
    if report.held or (report.bad_count and not (good_rows and report.is_written)):
        raise typer.Exit(EXIT_FAILED)


@central.command()
def status(home: Home = HOME, database: DatabaseUrl = "", as_json: Json = False) -> None:
    """What central holds, and when each workstation was last heard.

    Example: spindel central status --json
    """
    with central_at(home, database) as office, office.database.reading() as connection:
        facts = reads.status(connection)
    if as_json:
        say_json(facts.model_dump())
    else:
        _tell_status(facts)


@central.command()
def price(
    sku: str,
    amount: Annotated[str, typer.Argument(metavar="AMOUNT", help="As in 199,00.")],
    home: Home = HOME,
    database: DatabaseUrl = "",
) -> None:
    """Change an item's price in all stores.

    Example: spindel central price 100234-42 499,00
    """
    try:
        price_minor = money_minor(amount)
    except BadValue as problem:
        raise typer.BadParameter(f"must be {problem}") from problem
    with central_at(home, database) as office, office.database.atomic() as connection:
        changed = masters.set_price(connection, sku, price_minor, office.timestamp())
    say(f"{sku} costs {amount}." if changed else f"{sku} costs {amount} already.")


@central.command("rebuild-stock")
def rebuild_stock(
    home: Home = HOME,
    database: DatabaseUrl = "",
    check: Annotated[
        bool, typer.Option("--check", help="Only compare; exit code 1 when anything differs.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make every stock level again from its ledger, and tell the tills what was wrong.

    Example: spindel central rebuild-stock --check
    """
    with central_at(home, database) as office, progress_bar("Adding up") as progress:
        transaction = office.database.reading if check else office.database.atomic
        with transaction() as connection:
            found = rebuild(connection, office.timestamp(), check=check, progress=progress)
    if as_json:
        wrong = [{"store_id": store_id, "sku": sku} for store_id, sku in found.wrong]
        say_json({"levels": found.levels, "wrong": wrong, "written": bool(wrong) and not check})
    else:
        say_table(("store", "item"), found.wrong, f"{found.levels} levels are what they should be.")
        if found.wrong and not check:
            say(f"{len(found.wrong)} of {found.levels} levels were wrong and are right now.")
    if check and found.wrong:
        raise typer.Exit(EXIT_FAILED)


@central.command()
def openapi() -> None:
    """The HTTP API as an OpenAPI document; needs no central.

    Example: spindel central openapi > openapi.json
    """
    from central_sync.server.app import openapi as document

    say(json.dumps(document(), indent=2, ensure_ascii=False))


def _tell_import(report: Report, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        say_json(_import_facts(report))
        return
    for cell in report.bad:
        where = f"{cell.file}:{cell.line}" + (f" {cell.column}" if cell.column else "")
        typer.echo(f"{where}: {cell.value!r} - allowed: {cell.allowed}", err=True)
    rows = [
        (f"{name}.csv", count, report.changed.get(name, "-")) for name, count in report.rows.items()
    ]
    say_table(("file", "good rows", "changed"), rows, "No rows.")
    if report.held:
        word = "It would be held" if dry_run else "Held"
        told = "Nothing was written. Look at the blocked column of items.csv, or add --accept."
        typer.echo(f"{word}: {report.held}. {told}", err=True)
    elif report.bad_count:
        ending = "" if report.is_written else " Nothing was written."
        help_ = "" if report.is_written or dry_run else " Mend them, or add --good-rows."
        typer.echo(f"{report.bad_count} bad cells.{ending}{help_}", err=True)
    elif dry_run:
        say("All rows are good. Nothing was written (--dry-run).")


def _import_facts(report: Report) -> dict[str, object]:
    return {
        "written": report.is_written,
        "rows": report.rows,
        "changed": report.changed,
        "bad_count": report.bad_count,
        "held": report.held,
        "bad": [
            {
                "file": cell.file,
                "line": cell.line,
                "column": cell.column,
                "value": cell.value,
                "allowed": cell.allowed,
            }
            for cell in report.bad
        ],
    }


def _tell_status(facts: Status) -> None:
    say(f"{facts.chain or 'No chain yet (spindel central import DIR)'}, on {facts.database}")
    say(
        f"{facts.stores} stores, {facts.items} items, {facts.operators} operators,"
        f" {facts.customers} customers"
    )
    say(f"{facts.receipts} receipts of {facts.journal_entries} journal entries")
    if facts.waiting:
        say(f"{facts.waiting} entries are kept and not booked yet")
    if facts.parked:
        say(f"{facts.parked} parked: see spindel central parked list")
    if facts.aside:
        say(f"{facts.aside} kept aside: see spindel central aside list")
    if facts.forks:
        say(f"{facts.forks} tills restored or copied: see spindel central forks list")
    say(f"Newest proven backup: {facts.backup_at or 'none yet'}")
    rows = [
        (w.workstation_id, w.store_id, w.status, w.last_contact_at or "never", w.outbox, w.version)
        for w in facts.workstations
    ]
    columns = ("workstation", "store", "status", "last contact", "unsent", "version")
    say_table(columns, rows, "No workstations (spindel central workstation add).")
