"""`spindel sync`: what store IT types. Every answer is facts first, then what to do.

Thin: a command opens, calls one function of this room and prints. The thing to get
wrong: writing beside a running `spindel sync run`; a command that must act tells that
process to do it instead.
"""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from central_sync.engine import printing, safety_commands, unit_commands, watch_commands
from central_sync.engine.answering import await_answer
from central_sync.engine.doctor import examine
from central_sync.engine.ending import ACCEPT_FILE, heard
from central_sync.engine.enrol import enrol as enrol_workstation
from central_sync.engine.former_keys import former_keys
from central_sync.engine.loop import Kick
from central_sync.engine.loop import run as run_loop
from central_sync.engine.options import DEFAULT_HOME, Home, Json
from central_sync.engine.printing import CENTRAL, Bar, sentences_for_people
from central_sync.engine.report import RoundReport
from central_sync.engine.rotating import rotate_key
from central_sync.engine.round import contact
from central_sync.engine.status import read_status
from central_sync.engine.sync_log import log_to
from central_sync.engine.trouble import Code
from central_sync.engine.verify import central_heads, verify_journal
from central_sync.engine.workstation import (
    Workstation,
    only_one,
    open_workstation,
    running_process,
)

LONGEST_BUILD_SECONDS = 600.0
# A running sync that is asked for a contact answers in so long, or is still at a first load.
LONGEST_ANSWER_SECONDS = 120.0

sync = typer.Typer(
    help="Store IT: enrol this workstation, watch and check its sync with central.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@sync.command()
def enrol(
    code: Annotated[str, typer.Argument(help="The one-time code from head office.")],
    central: Annotated[str, typer.Option(help="Central's address, https://...")] = "",
    again: Annotated[
        bool, typer.Option("--again", help="After it was revoked: the same till, a new epoch.")
    ] = False,
    home: Home = DEFAULT_HOME,
    as_json: Json = False,
) -> None:
    """Make this computer a workstation of a store, by a code.

    Example: spindel sync enrol K7QP-2MXA4-9DTRC --central https://central.example.com
    """
    with sentences_for_people(), Bar(is_quiet=as_json, waits_for=CENTRAL):
        identity = enrol_workstation(home, code, central_url=central, again=again)
        printing.identity(identity, as_json=as_json)


@sync.command()
def status(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """What is here, what at central, how old, and what to do.

    Needs no network.

    Example: spindel sync status
    """
    with sentences_for_people():
        now = datetime.now(UTC)
        printing.status(read_status(home, now), now, as_json=as_json)


@sync.command()
def now(
    home: Home = DEFAULT_HOME,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print the plan.")] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take a catalogue that is held for its size.")
    ] = False,
    as_json: Json = False,
) -> None:
    """One contact at once: receipts up, catalogue and stock down.

    A sync that runs already makes it, and its answer is waited for.
    Example: spindel sync now --dry-run
    """
    with sentences_for_people():
        process = None if dry_run else running_process(home)
        if process is not None and _ask(home, process, accept=accept, as_json=as_json):
            return
        with log_to(home, is_quiet=True), open_workstation(home) as workstation:
            if dry_run:
                with Bar(is_quiet=as_json, waits_for=CENTRAL):
                    report = contact(workstation, dry_run=True)
            else:
                report = _contact(workstation, accept=accept, is_quiet=as_json)
        _tell(report, dry_run=dry_run, as_json=as_json)


@sync.command()
def run(home: Home = DEFAULT_HOME) -> None:
    """Keep in step with central until it is stopped.

    By SIGTERM or Ctrl+C, within two seconds; its log is logs/sync.log.

    Example: spindel sync run --home /var/lib/spindel
    """
    stop, kick = threading.Event(), Kick()
    with heard(home, stop, kick), sentences_for_people(), log_to(home):
        run_loop(home, stop, kick)


@sync.command("rotate-key")
def rotate_key_command(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Give this workstation a new key.

    The sync and the register may run meanwhile, and sign with it from then on; central
    trusts the former one for a day more.
    Example: spindel sync rotate-key
    """
    with sentences_for_people(), Bar(is_quiet=as_json, waits_for=CENTRAL):
        printing.key_changed(rotate_key(home), as_json=as_json)


@sync.command()
def verify(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Check the journal's chain, and that central holds the same.

    Names the first bad, missing or unreadable entry as epoch:sequence. Exit code 1 too when
    central could not be asked. Example: spindel sync verify
    """
    with sentences_for_people(), open_workstation(home) as workstation:
        with Bar(is_quiet=as_json, waits_for=CENTRAL):
            asked = central_heads(workstation)
        with Bar(is_quiet=as_json) as bar:
            found = verify_journal(
                workstation.journal,
                workstation.key.public,
                asked,
                bar.progress,
                former_keys(home),
                workstation.store.state(),
            )
        printing.verified(found, as_json=as_json)
        if not found.is_good or found.central_trouble:
            raise typer.Exit(1)


@sync.command()
def doctor(home: Home = DEFAULT_HOME, as_json: Json = False) -> None:
    """Look this workstation over; a fix for each fault.

    Disk, rights, key, databases, name server, proxy, TLS, central, version, clock.

    Example: spindel sync doctor --json
    """
    with sentences_for_people():
        findings = printing.findings(examine(home), as_json=as_json)
        if not all(finding.is_good for finding in findings):
            raise typer.Exit(1)


sync.command()(watch_commands.watch)
sync.command()(safety_commands.replay)
sync.command()(safety_commands.backup)
sync.command()(safety_commands.restore)
sync.command()(safety_commands.rescue)


@sync.command("metrics")
def show_metrics(home: Home = DEFAULT_HOME) -> None:
    """This till's figures for Prometheus.

    `run` keeps the same in metrics.prom of the home.

    Example: spindel sync metrics > /var/lib/node_exporter/spindel.prom
    """
    from central_sync.engine.metrics import metrics_of

    with sentences_for_people():
        now = datetime.now(UTC)
        typer.echo(metrics_of(read_status(home, now), now), nl=False)


sync.add_typer(unit_commands.service, name="service")


def _contact(workstation: Workstation, *, accept: bool, is_quiet: bool) -> RoundReport:
    """A whole contact; waits while central makes the catalogue file."""
    waited = 0.0
    with only_one(workstation.home, "now"), Bar(is_quiet=is_quiet, waits_for=CENTRAL) as bar:
        workstation.catalogue.look_over()
        while True:
            report = contact(workstation, accept=accept, progress=bar.progress)
            building = [t for t in report.troubles if t.code is Code.SNAPSHOT_BUILDING]
            if not building or waited > LONGEST_BUILD_SECONDS:
                return report
            bar.progress("central makes the catalogue file", 0, 0)
            pause = building[0].retry_after_seconds or 1.0
            waited += pause
            threading.Event().wait(pause)


def _ask(home: Path, process: int, *, accept: bool, as_json: bool) -> bool:
    """Have the running sync make a contact, and tell how it went; False when it has ended."""
    asked_at = datetime.now(UTC)
    with suppress(ProcessLookupError):
        _kick(home, process, accept=accept)
    with Bar(is_quiet=as_json, waits_for=f"the running sync (process {process})"):
        report = await_answer(
            home, asked_at, lambda: running_process(home) == process, LONGEST_ANSWER_SECONDS
        )
    if report is not None:
        _tell(report, dry_run=False, as_json=as_json)
    elif running_process(home) == process:
        printing.kicked(process, as_json=as_json)
        raise typer.Exit(1)
    else:
        return False
    return True


def _tell(report: RoundReport, *, dry_run: bool, as_json: bool) -> None:
    printing.report(report, dry_run=dry_run, as_json=as_json)
    if report.troubles:
        raise typer.Exit(1)


def _kick(home: Path, process: int, *, accept: bool) -> None:
    if accept:
        (home / ACCEPT_FILE).touch()
    else:
        (home / ACCEPT_FILE).unlink(missing_ok=True)  # of an asking that was cut short
    os.kill(process, signal.SIGUSR1)
