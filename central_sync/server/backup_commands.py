"""`spindel central backup` and `restore`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from sqlalchemy.exc import DatabaseError

from central_sync.retail.plain import to_plain
from central_sync.server.backup import KEPT, Progress, make_backup
from central_sync.server.console import (
    HOME,
    DatabaseUrl,
    Home,
    Json,
    plainly,
    progress_bar,
    say,
    say_json,
)
from central_sync.server.restoring import restore_backup
from central_sync.server.settings import CentralTrouble, read_settings
from central_sync.wire.passphrases import HELP, BadPassphrase, passphrase_of

PassphraseFile = Annotated[Path | None, typer.Option("--passphrase-file", help=HELP)]


def backup(
    to: Annotated[Path, typer.Option("--to", help="A folder, or the file to write.")],
    keep: Annotated[
        int, typer.Option(min=1, help="So many backups of central stay in the folder.")
    ] = KEPT,
    no_keys: Annotated[
        bool, typer.Option("--no-keys", help="Leave keys/ out; they are then kept elsewhere.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Back central up while it serves, sealed, and prove it by restoring it aside.

    Example: spindel central backup --to /mnt/backups --passphrase-file /root/recovery
    """
    with _plainly(), _progress("Backing up") as progress:
        made = make_backup(
            read_settings(home, database),
            to,
            passphrase_of(passphrase_file, is_new=True),
            keep=keep,
            with_keys=not no_keys,
            progress=progress,
        )
    if as_json:
        say_json(to_plain(made))
        return
    say(f"Backed central up to {made.path}")
    say(f"{made.rows:,} rows, {made.size_bytes:,} bytes, restored aside and found equal.")
    if not made.has_keys:
        say("Without its keys: keep keys/data.key elsewhere, or customers are lost.")


def restore(
    file: Annotated[Path, typer.Argument(help="The backup.", exists=True, dir_okay=False)],
    replace: Annotated[
        bool, typer.Option("--replace", help="Set aside what is there (nothing is deleted).")
    ] = False,
    passphrase_file: PassphraseFile = None,
    home: Home = HOME,
    database: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Bring central back from a backup; the tills then send again what is newer.

    Stop `serve` and `work` first.
    Example: spindel central restore central-20261122T223000Z.backup --passphrase-file -
    """
    with _plainly(), _progress("Restoring") as progress:
        done = restore_backup(
            home,
            file,
            passphrase_of(passphrase_file, is_new=False),
            database_url=database,
            replace=replace,
            progress=progress,
        )
    if as_json:
        say_json(to_plain(done))
        return
    say(f"Central is as it was on {done.made_at}: {done.rows:,} rows.")
    if done.set_aside:
        say(f"What was there before is in {done.set_aside}.")
    say("Start it: spindel central serve. Each till sends what is newer at its next contact;")
    say("erase again whom you erased after the backup was made.")


@contextmanager
def _plainly() -> Iterator[None]:
    with plainly():
        try:
            yield
        except BadPassphrase as problem:
            raise CentralTrouble(str(problem)) from problem
        except (psycopg.Error, sqlite3.Error, DatabaseError) as problem:
            reason = str(getattr(problem, "orig", problem)).strip().splitlines()[0]
            raise CentralTrouble(
                f"The database refused: {reason}. If it is damaged, restore the newest good backup."
            ) from problem


@contextmanager
def _progress(title: str) -> Iterator[Progress]:
    with progress_bar(title) as bar:
        told: Callable[[int, int], None] = bar
        yield lambda what, done, total: told(done, total)
