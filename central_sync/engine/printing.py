"""How `spindel sync` speaks: plain lines for people, JSON for scripts, sentences for failures.

Facts go to stdout, progress and failures to stderr, so that a pipe gets facts alone.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any

import typer

from central_sync.engine.findings import Finding
from central_sync.engine.home_keys import KeysAway
from central_sync.engine.journal import JournalUnreadable
from central_sync.engine.refusals import span
from central_sync.engine.report import RoundReport
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.stages import Stage
from central_sync.engine.state import Identity, StateUnreadable
from central_sync.engine.status import WARN_SKEW_SECONDS, Status
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.verify import EpochCheck, Verified
from central_sync.retail.plain import to_plain
from central_sync.wire.identity import KeyReply
from central_sync.wire.passphrases import BadPassphrase

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

_TOLD = (SyncTrouble, SafetyTrouble, KeysAway, BadPassphrase)
CENTRAL = "central to answer"
# Who has to wait is told for what, but for a wait that nobody notices.
_PATIENCE_SECONDS = 1.0
_WHAT_MENDS = "What mends it: spindel sync doctor"


@contextmanager
def sentences_for_people() -> Iterator[None]:
    """A failure becomes one sentence on stderr and exit code 1."""
    try:
        yield
    except JournalUnreadable as problem:
        typer.echo(f"receipts.db cannot be read: {problem}. {_WHAT_MENDS}", err=True)
        raise typer.Exit(1) from problem
    except _TOLD as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(1) from problem
    except StateUnreadable as problem:
        typer.echo(f"{problem}. {_WHAT_MENDS}", err=True)
        raise typer.Exit(1) from problem
    except BrokenPipeError:
        raise  # whoever read our words has had enough, as `head` has
    except (OSError, sqlite3.Error) as problem:
        typer.echo(f"The disk refused: {problem}. Run `spindel sync doctor`.", err=True)
        raise typer.Exit(1) from problem


class Bar:
    """A progress bar on stderr that appears with the first progress; none in a pipe.

    rich is loaded when there is something to draw on: `sync run` never needs its 2 MB.
    `waits_for`: said in a line of its own after a moment in which nothing was drawn.
    """

    def __init__(self, *, is_quiet: bool = False, waits_for: str = "") -> None:
        self._is_drawn = not is_quiet and sys.stderr.isatty()
        self._bar: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        words = f"Waiting for {waits_for}. Ctrl+C ends the wait; nothing is lost by it."
        self._telling = threading.Timer(_PATIENCE_SECONDS, typer.echo, [words], {"err": True})
        self._has_words = bool(waits_for)

    def __enter__(self) -> Bar:
        if self._is_drawn and self._has_words:
            self._telling.daemon = True
            self._telling.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._telling.cancel()
        if self._bar:
            self._bar.stop()

    def progress(self, what: str, done: int, total: int) -> None:
        self._telling.cancel()
        if self._is_drawn:
            bar = self._bar = self._bar or _started_bar()
            if what not in self._tasks:
                self._tasks[what] = bar.add_task(what, total=total or None)
            bar.update(self._tasks[what], completed=done, total=total or None)


def _started_bar() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    bar.start()
    return bar


def identity(who: Identity, *, as_json: bool) -> None:
    if as_json:
        _json({"enrolled": to_plain(who)})
        return
    typer.echo(f"Enrolled: workstation {who.label} in {who.store_name} ({who.chain}).")


def status(found: Status, now: datetime, *, as_json: bool) -> None:
    if as_json:
        _json(to_plain(found))
        return
    online = "online" if found.is_online else f"offline, last heard {ago(found.heard_at, now)}"
    running = f"sync runs (process {found.process})" if found.process else "sync does not run"
    typer.echo(f"Workstation {found.label} in {found.store}")
    typer.echo(f"{online}; {running}".capitalize())
    typer.echo(f"{'':<10} {'here':>12} {'central':>12} {'missing':>9}  oldest missing")
    for stream in found.streams:
        oldest = ago(stream.oldest_at, now) if stream.oldest_at else ""
        line = f"{stream.name:<10} {stream.here:>12} {stream.there:>12} {stream.behind:>9}"
        typer.echo(f"{line}  {oldest}".rstrip())
    for line in _stage_lines(found, now):
        typer.echo(line)
    checked = ago(found.catalogue_checked_at, now)
    typer.echo(f"Catalogue: {found.items} items, compared with central {checked}")
    for sentence in (found.disk, found.held, problem_of(found), _clock(found)):
        if sentence:
            typer.echo(f"! {sentence}")
    if not found.process:
        typer.echo("! Start the sync: spindel sync run (the till starts it by itself).")


def problem_of(found: Status) -> str:
    """The last error, with the streams that it keeps back where these are not all."""
    if found.disk:
        return "" if found.problem_code == Code.DISK else found.problem
    kept = [stream.name for stream in found.streams if found.problem in stream.problem]
    is_all = len(kept) in (0, len(found.streams))
    return found.problem if is_all else f"{', '.join(kept)}: {found.problem}"


def _clock(found: Status) -> str:
    skew = found.clock_skew_seconds
    if abs(skew) < WARN_SKEW_SECONDS:
        return ""
    side = "ahead of" if skew > 0 else "behind"
    return (
        f"This computer's clock is {span(abs(skew))} {side} central's."
        " Set it: timedatectl set-ntp true."
    )


def _stage_lines(found: Status, now: datetime) -> Iterator[str]:
    """The three stages of a journal entry, in words that fit 80 columns."""
    here, central, backup = found.stages
    if not here.entries:
        return
    yield f"Journal: {_counted(here.entries, 'entry', 'entries')} committed here"
    yield f"  copied at central:        {_reached(central, now)}"
    yield f"  safe in central's backup: {_reached(backup, now)}"
    made = f"made {ago(found.backup_at, now)}" if found.backup_at else "none that holds this till"
    yield f"  central's newest backup:  {made}"


def _reached(stage: Stage, now: datetime) -> str:
    if not stage.lacking:
        return "all"
    oldest = f"; the oldest missing is from {ago(stage.oldest_at, now)}" if stage.oldest_at else ""
    return f"{stage.entries}{oldest}"


def report(done: RoundReport, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        _json(
            {
                "plan": [str(action) for action in done.actions],
                "is_dry_run": dry_run,
                "receipts_sent": done.receipts,
                "changes_applied": done.changes,
                "is_snapshot_taken": done.is_snapshot_taken,
                "new_epoch": done.new_epoch,
                "troubles": [_trouble(trouble) for trouble in done.troubles],
            }
        )
        return
    if dry_run:
        for action in done.actions:
            typer.echo(f"would {action}")
    else:
        typer.echo(_done_line(done))
        if done.new_epoch:
            typer.echo(f"Its disk was restored or copied: it goes on in series {done.new_epoch}.")
            typer.echo("Head office sees both lives: spindel central forks list")
    if dry_run and not done.actions and not done.troubles:
        typer.echo("Nothing to do: this workstation and central are in step.")
    for trouble in done.troubles:
        typer.echo(str(trouble), err=True)


def key_changed(reply: KeyReply, *, as_json: bool) -> None:
    if as_json:
        _json({"public_key": reply.public_key, "former_until": reply.former_until})
        return
    typer.echo("This workstation has a new key.")
    typer.echo(f"The former one is trusted until {reply.former_until}.")
    typer.echo("A sync and a register that run sign with the new one from now on.")


def kicked(process: int, *, as_json: bool) -> None:
    if as_json:
        _json({"process": process, "is_told": True})
        return
    told = f"The running sync (process {process}) has not answered yet; see: spindel sync status"
    typer.echo(told, err=True)


def verified(found: Verified, *, as_json: bool) -> None:
    if as_json:
        first = {"is_good": found.is_good, "first_bad": found.first_bad}
        _json({**first, "remedies": found.remedies, **to_plain(found)})
        return
    for check in found.epochs:
        good = "chain and signatures good" if check.entries else "none here"
        bad = f"FAULT: {check.fault}" if check.fault else ""
        count = _counted(check.entries, "entry", "entries")
        typer.echo(f"Epoch {check.epoch}: {count}, {bad or good}")
        if check.unreadable:
            typer.echo(f"  cannot be read here: {_runs(check.unreadable)}")
        if not found.central_trouble:
            typer.echo(f"  central: {_at_central(check)}")
    if not found.epochs:
        typer.echo("The journal is empty.")
    if found.central_trouble:
        typer.echo(f"Central was not asked: {found.central_trouble}")
    for sentence in found.remedies:
        typer.echo(f"! {sentence}")


def _runs(unreadable: Iterable[str]) -> str:
    return ", ".join(f"{run[:-1]} and on" if run.endswith("-") else run for run in unreadable)


def _at_central(check: EpochCheck) -> str:
    if not check.is_compared:
        newest = f"{check.epoch}:{check.at_central}"
        return f"has up to {newest}; not compared, since {newest} cannot be read here"
    if check.central_fault:
        return f"FAULT: {check.central_fault}"
    if check.other_life:
        return f"from {check.other_life} on by another disk (a copy, or before a restore)"
    missing = check.entries - check.at_central
    tail = f", {missing} not yet sent" if missing else ", complete"
    return f"the same up to {check.epoch}:{check.at_central}{tail}"


def findings(found: Iterable[Finding], *, as_json: bool) -> list[Finding]:
    """Print findings as they come (JSON at the end); returns them all."""
    seen = []
    for finding in found:
        seen.append(finding)
        if not as_json:
            mark = "ok " if finding.is_good else "BAD"
            typer.echo(f"{mark} {finding.name:<12} {finding.finding}")
            if finding.fix:
                typer.echo(f"    {'':<12} -> {finding.fix}")
    if as_json:
        is_good = all(finding.is_good for finding in seen)
        _json({"is_good": is_good, "findings": [to_plain(finding) for finding in seen]})
    return seen


def ago(at: str, now: datetime) -> str:
    """ "3 min ago"; "never" for ""."""
    if not at:
        return "never"
    seconds = max(0, round((now - datetime.fromisoformat(at)).total_seconds()))
    for unit, size in (("days", 172_800), ("h", 7_200), ("min", 120)):
        if seconds >= size:
            return f"{seconds // {'days': 86_400, 'h': 3_600, 'min': 60}[unit]} {unit} ago"
    return f"{seconds} s ago"


def _done_line(done: RoundReport) -> str:
    parts = []
    if done.receipts:
        parts.append(f"sent {_counted(done.receipts, 'journal entry', 'journal entries')}")
    if done.is_snapshot_taken:
        parts.append("fetched the whole catalogue")
    if done.changes:
        parts.append(f"applied {_counted(done.changes, 'change', 'changes')}")
    if not parts:
        return "Nothing was sent or fetched." if done.troubles else "In step with central."
    return f"Done: {', '.join(parts)}."


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _trouble(trouble: SyncTrouble) -> dict[str, str]:
    return {"code": trouble.code, "sentence": trouble.sentence, "remedy": trouble.remedy}


def facts(found: Any) -> None:
    """Facts for scripts."""
    _json(to_plain(found))


def _json(facts: Any) -> None:
    typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
