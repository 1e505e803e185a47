"""`spindel sync backup | restore | rescue | replay`: a till's files, saved and brought back.

Thin, as `commands` is: each opens, calls one function of `safety` and prints. What that needs
is loaded by the command itself, since whoever syncs needs the memory for its catalogue.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from central_sync.engine import printing
from central_sync.engine.options import (
    DEFAULT_HOME,
    Home,
    Json,
    PassphraseFile,
)
from central_sync.engine.printing import Bar, sentences_for_people
from central_sync.engine.safety import KEPT
from central_sync.engine.safety.register import the_register
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.retail.plain import to_plain
from central_sync.wire.passphrases import passphrase_of

if TYPE_CHECKING:
    from central_sync.engine.safety.replayed import Replayed
    from central_sync.engine.safety.rescue import Rescued
    from central_sync.engine.safety.restore import Restored


def backup(
    to: Annotated[Path, typer.Option("--to", help="A folder, or the file to write.")],
    keep: Annotated[
        int, typer.Option(min=1, help="So many backups of this till stay in the folder.")
    ] = KEPT,
    no_catalogue: Annotated[
        bool, typer.Option("--no-catalogue", help="Leave the items out; central has them.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Back this till up while it sells, into one sealed file.

    It is read back before it counts.

    It opens with the store's key, which the store's tills and head office have, and with a
    recovery passphrase where one is given.
    Example: spindel sync backup --to /mnt/backups --keep 30
    """
    from central_sync.engine.safety.backup import make_backup

    with sentences_for_people(), Bar(is_quiet=as_json) as bar:
        made = make_backup(
            home,
            to,
            passphrase_of(passphrase_file, is_new=True),
            keep=keep,
            with_catalogue=not no_catalogue,
            progress=bar.progress,
        )
    if as_json:
        printing.facts(made)
        return
    newest = f", journal up to {', '.join(made.heads)}" if made.heads else ""
    typer.echo(f"Backed up {made.workstation} to {made.path}")
    typer.echo(f"{made.size_bytes:,} bytes, read back and found whole{newest}")
    typer.echo(f"It opens with: {' or '.join(made.opens_with)}.")
    if made.removed:
        typer.echo(f"Removed {len(made.removed)} older ones.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", exists=True, dir_okay=False)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Move aside what is in the home (nothing is deleted).")
    ] = False,
    store_key: Annotated[
        Path | None,
        typer.Option("--store-key", help="keys/store.key of another till of the store."),
    ] = None,
    passphrase_file: PassphraseFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Bring a till back from its backup.

    Into an empty home or beside a fresh enrolment.

    The till then sells in a new series of numbers, so that none is printed twice.
    Example: spindel sync restore /mnt/backups/s01-1-20261122T081500Z.backup
    """
    from central_sync.engine.safety.restore import restore as restore_home
    from central_sync.engine.safety.restore import store_secrets

    with sentences_for_people(), Bar(is_quiet=as_json) as bar:
        secrets = store_secrets(passphrase_of(passphrase_file, is_new=False), store_key)
        done = restore_home(home, file, secrets, replace=replace, progress=bar.progress)
    if as_json:
        printing.facts(done)
        return
    _tell_restored(done, home)


def replay(
    to: Annotated[
        str, typer.Option("--to", help="End at this receipt and show where it stood.")
    ] = "",
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Fold the journal again; hold totals and stock against it.

    Writes nothing and may run while the till sells. Exit code 1 when something differs; the
    first difference is named first. Example: spindel sync replay --to 1-1-42
    """
    with sentences_for_people(), Bar(is_quiet=as_json) as bar:
        if not (home / "receipts.db").exists():
            raise SafetyTrouble(
                "This till has no journal yet: nothing was sold here. What central has of it comes"
                " back by: spindel sync rescue"
            )
        found = the_register().replay(home, to.strip(), bar.progress)
    if as_json:
        printing.facts({"is_good": found.is_good, "replayed": found})
    else:
        _tell_replayed(found)
    if not found.is_good:
        raise typer.Exit(1)


def rescue(
    damaged: Annotated[
        Path | None,
        typer.Option(
            "--from", help="A damaged home; without it the home itself, or central alone."
        ),
    ] = None,
    backup_file: Annotated[
        Path | None,
        typer.Option("--backup", help="A backup instead of a damaged home.", dir_okay=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Save what can be saved of a damaged till.

    From damaged files, a backup, the print spool, central's copy.

    Best into a fresh enrolment: a new home, a code, spindel sync enrol, then this. What is lost
    is listed by number; exit code 1 when anything is. Nothing damaged is deleted.
    Example: spindel sync rescue --from /mnt/olddisk/spindel --home /var/lib/spindel
    """
    from central_sync.engine.safety.rescue import rescue as rescue_home

    with sentences_for_people(), Bar(is_quiet=as_json) as bar:
        if damaged is not None and backup_file is not None:
            raise SafetyTrouble("Give --from or --backup, not both.")
        passphrase = passphrase_of(passphrase_file, is_new=False)
        done = rescue_home(
            home, damaged, backup=backup_file, passphrase=passphrase, progress=bar.progress
        )
    if as_json:
        printing.facts({"is_whole": done.is_whole, **to_plain(done)})
    else:
        _tell_rescued(done, home)
    if not done.is_whole:
        raise typer.Exit(1)


def _tell_rescued(done: Rescued, home: Path) -> None:
    typer.echo(
        f"Saved {done.entries} journal entries with {done.receipts} receipts:"
        f" {done.from_disk} from the disk, {done.from_central} from central only."
    )
    if done.appended:
        typer.echo(f"{done.appended} entries from behind a gap are told again in the new series.")
    if done.central_trouble:
        typer.echo(f"! Central was not asked: {done.central_trouble}")
    for trouble in done.troubles:
        typer.echo(f"! {trouble}")
    numbers = done.receipts_by_number
    if numbers.saved:
        typer.echo(f"Saved receipts: {', '.join(numbers.saved)}")
    if not numbers.is_end_known:
        typer.echo("! How far its numbers went cannot be read: there may have been higher ones.")
    if done.loose_file:
        typer.echo(f"! Saved beside the journal, which does not reach them: {done.loose_file}")
        typer.echo(
            f"  entries {', '.join(done.aside)}; receipts {', '.join(numbers.aside) or 'none'}"
        )
    if numbers.on_paper:
        typer.echo(f"! Saved as text alone, from the print spool: {', '.join(numbers.on_paper)}")
        typer.echo(f"  {', '.join(done.papers)}")
    if done.missing:
        typer.echo(f"! Lost entries: {', '.join(done.missing)}")
    if numbers.lost:
        typer.echo(f"! Lost receipts: {', '.join(numbers.lost)}")
    if done.moved_to:
        typer.echo(f"The damaged files are in {done.moved_to}; keep them.")
        if done.aside:
            typer.echo(
                "  To book what is beside the journal: a code from head office, a new home, then"
                f" spindel sync rescue --from {done.moved_to} --home NEW"
            )
    if done.awaits_new_epoch:
        typer.echo("It sells after it has a new series of numbers from central.")
    typer.echo(f"Next: spindel sync now --home {home}, then spindel sync replay --home {home}")


def _tell_replayed(found: Replayed) -> None:
    typer.echo(f"{found.entries} entries up to {found.upto}, {found.receipts} receipts")
    day = found.day or "no day is open"
    typer.echo(f"Day: {day}, newest receipt {found.last_receipt or 'none'}")
    totals = found.totals
    sales, returns = totals["sales_minor"], totals["returns"]["amount_minor"]
    typer.echo(f"The day's sales {_money(sales)}, returns {_money(returns)}")
    for name in found.unread:
        typer.echo(f"! {name} cannot be read by this version")
    for difference in found.differences:
        typer.echo(f"! {difference}")
    if found.is_compared and found.is_good:
        typer.echo("What the register keeps is what its journal adds up to.")


def _money(amount_minor: int) -> str:
    sign = "-" if amount_minor < 0 else ""
    return f"{sign}{abs(amount_minor) // 100}.{abs(amount_minor) % 100:02}"


def _tell_restored(done: Restored, home: Path) -> None:
    newest = f", journal up to {', '.join(done.heads)}" if done.heads else ""
    typer.echo(f"{done.workstation} is as it was on {done.made_at}{newest}.")
    if done.moved_to:
        typer.echo(f"What was here before is in {done.moved_to}.")
    if done.only_there:
        lies = "1 entry of it lies" if done.only_there == 1 else f"{done.only_there} entries lie"
        typer.echo(
            f"! {lies} only there, as far as is known here. To save what it holds: a code from head"
            f" office, a new home, then spindel sync rescue --from {done.moved_to} --home NEW"
        )
    if done.awaits_new_epoch:
        typer.echo("It sells after it has a new series of numbers from central.")
    typer.echo(f"Next: spindel sync now --home {home}, then spindel sync verify --home {home}")
