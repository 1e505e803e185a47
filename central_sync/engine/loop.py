"""`spindel sync run`: keeps a workstation and central in step for as long as it runs.

A receipt is sent within a third of a second, a changed price comes within two, a whole
contact (heartbeat, plan) is made each minute and after every trouble. Nothing that
happens on the network ends the loop; it waits with full jitter and tries again. It
yields the machine to the register at every point.
"""

from __future__ import annotations

import logging
import os
import random
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from central_sync.engine.answering import write_answer
from central_sync.engine.journal import JournalUnreadable
from central_sync.engine.nudges import Nudges
from central_sync.engine.plan import retry_delay
from central_sync.engine.report import RoundReport, note_outcome
from central_sync.engine.round import contact, poll_feed, send_receipts, take_told
from central_sync.engine.trouble import FOR_A_PERSON, Code, SyncTrouble, journal_trouble
from central_sync.engine.workstation import KEY_FILE, Workstation, only_one, open_workstation

LOOK_SECONDS = 0.3
FEED_SECONDS = 2.0
CONTACT_SECONDS = 60.0
# While central's events come, asking is only for a stream that hangs without a sound.
FEED_NUDGED_SECONDS = 30.0
STANDBY_SECONDS = 1.0
NICENESS = 10

log = logging.getLogger("spindel.sync")


@dataclass(slots=True)
class _Times:
    """When what is next, on a clock that only goes forward."""

    contact: float = 0.0
    feed: float = 0.0
    failures: int = 0


@dataclass(slots=True)
class Kick:
    """Another process asks for a contact at once, skipping the wait after a failure.

    `accept` lets one contact take a catalogue that is held; `wake` ends a wait early. The loop
    answers with `proven_at`: when central last proved to have more receipts (time.monotonic).
    """

    asked: threading.Event = field(default_factory=threading.Event)
    accept: threading.Event = field(default_factory=threading.Event)
    wake: threading.Event = field(default_factory=threading.Event)
    proven_at: float = 0.0


def run(home: Path, stop: threading.Event, kick: Kick) -> None:
    """Sync until `stop` is set; waits for enrolment, and for another process to end.

    Raises SyncTrouble when a person has to mend something before it can begin.
    """
    _yield_the_machine()
    waits_for: Code | None = None
    while not stop.is_set():
        try:
            # Looked at before it is read: a change in between is then one that comes after.
            key_changed_at = _changed_at(home)
            with only_one(home), open_workstation(home) as workstation:
                log.info("started workstation=%s", workstation.identity.workstation_id)
                nudges = Nudges(workstation.another_central(), kick.wake)
                nudges.start()
                try:
                    loop = Loop(
                        workstation, stop, kick, nudges=nudges, key_changed_at=key_changed_at
                    )
                    loop.run()
                finally:
                    nudges.stop()
                log.info("stopped")
        except SyncTrouble as trouble:
            if trouble.code not in (Code.NOT_ENROLLED, Code.RUNNING):
                raise
            if trouble.code is not waits_for:
                log.warning("waiting code=%s %s", trouble.code, trouble)
            waits_for = trouble.code
            stop.wait(STANDBY_SECONDS)


def _yield_the_machine() -> None:
    """Lower priority, and no pushing in before a register that has just been woken by a key."""
    with suppress(PermissionError):
        os.nice(NICENESS)
        if hasattr(os, "SCHED_BATCH"):
            os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))


class Loop:
    """One workstation's turns. `clock` is monotonic seconds, `chance` uniform in 0..1."""

    def __init__(
        self,
        workstation: Workstation,
        stop: threading.Event,
        kick: Kick,
        *,
        nudges: Nudges | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
        key_changed_at: int | None = None,
    ) -> None:
        self._workstation, self._stop, self._kick = workstation, stop, kick
        self._nudges, self._clock, self._chance = nudges, clock, chance
        self._times = _Times()
        is_known = key_changed_at is not None
        self._key_changed_at = key_changed_at if is_known else _changed_at(workstation.home)
        self._heads: tuple[tuple[int, int], ...] = ()
        self._sent_at = 0.0

    def run(self) -> None:
        while not self._stop.is_set() and not self._has_new_key():
            self.turn()
            self._kick.wake.wait(LOOK_SECONDS)
            self._kick.wake.clear()
        self._send_the_last()

    def _send_the_last(self) -> None:
        """The Z and who signed off come just before the end; nobody may start this till for days.

        Not while central is away: whoever waits for the end has waited long enough.
        """
        if self._times.failures == 0 and self._seen():
            self._reckon(send_receipts(self._workstation, self._between), is_whole=False)

    def _has_new_key(self) -> bool:
        """`spindel sync rotate-key` ran: begin again with it."""
        return _changed_at(self._workstation.home) != self._key_changed_at

    def turn(self) -> None:
        """Do what is due now."""
        now = self._clock()
        self._take_told()
        if self._kick.asked.is_set() or now >= self._times.contact:
            self._contact()
        elif self._times.failures == 0:
            if self._seen():
                report = send_receipts(self._workstation)
                self._reckon(report, is_whole=False)
                if any(trouble.code is Code.FORK for trouble in report.troubles):
                    self._times.contact = now  # where it is healed
            self._hear(now)
            if self._times.failures == 0 and now >= self._times.feed:
                self._reckon(poll_feed(self._workstation), is_whole=False)
                self._times.feed = self._clock() + self._feed_seconds() * (
                    0.9 + 0.2 * self._chance()
                )

    def _contact(self) -> None:
        is_asked, accept = self._kick.asked.is_set(), self._kick.accept.is_set()
        # What is asked from here on is asked of the next contact, or nobody would answer it.
        if is_asked:
            self._kick.asked.clear()
        if accept:
            self._kick.accept.clear()
        begun_at = datetime.now(UTC)
        self._seen()
        if is_asked:
            self._workstation.catalogue.look_over()
        report = contact(self._workstation, accept=accept, progress=self._between)
        if is_asked:
            _answer(self._workstation.home, report, begun_at)
        self._reckon(report)

    def _take_told(self) -> None:
        """Before all else: a changed price is on the till as soon as it is heard of."""
        told = self._nudges.take_told() if self._nudges else []
        if told and self._nudges and self._times.failures == 0:
            report = take_told(self._workstation, told)
            self._reckon(report, is_whole=False)
            if report.is_behind:
                self._nudges.fetch(max(each.spread_seconds for each in told))

    def _hear(self, now: float) -> None:
        delay_seconds = self._nudges.take() if self._nudges else None
        if delay_seconds is not None:
            self._times.feed = min(self._times.feed, now + delay_seconds)

    def _feed_seconds(self) -> float:
        return FEED_NUDGED_SECONDS if self._nudges and self._nudges.is_live else FEED_SECONDS

    def _seen(self) -> bool:
        """True when the journal has grown since the last look."""
        try:
            self._workstation.look_for_journal()
            heads = tuple((h.epoch, h.sequence) for h in self._workstation.journal.heads())
        except (JournalUnreadable, sqlite3.Error) as problem:
            log.warning("trouble %s", journal_trouble(problem))
            return False
        has_grown, self._heads = heads != self._heads, heads
        return has_grown

    def _between(self, what: str, done: int, total: int) -> None:
        """A catalogue may take minutes on a thin line: receipts go up meanwhile."""
        if what == "receipts":
            self._kick.proven_at = time.monotonic()
        if what == "catalogue" and self._clock() >= self._sent_at + LOOK_SECONDS:
            self._sent_at = self._clock()
            note_outcome(self._workstation, RoundReport())  # it flows, so central is there
            if self._seen():
                send_receipts(self._workstation)

    def _reckon(self, report: RoundReport, *, is_whole: bool = True) -> None:
        """When to come back, from how it went."""
        now = self._clock()
        if report.receipts or report.changes or report.is_snapshot_taken:
            log.info(
                "done receipts=%d changes=%d snapshot=%s",
                report.receipts,
                report.changes,
                report.is_snapshot_taken,
            )
        failed = [trouble for trouble in report.troubles if trouble.code not in FOR_A_PERSON]
        for trouble in failed:
            log.warning("trouble code=%s %s", trouble.code, trouble)
        if is_whole or failed:
            _note_metrics(self._workstation.home)
        if not failed:
            self._times.failures = 0
            if is_whole:
                self._times.contact = now + CONTACT_SECONDS * (0.9 + 0.2 * self._chance())
            return
        self._times.failures += 1
        wish = failed[0].retry_after_seconds
        self._times.contact = now + retry_delay(self._times.failures, self._chance(), wish)


def _answer(home: Path, report: RoundReport, begun_at: datetime) -> None:
    """Whoever asked waits for it, and no longer than a while; a full disk does not end the sync."""
    try:
        write_answer(home, report, begun_at)
    except OSError as problem:
        log.warning("trouble answer %s", problem)


def _note_metrics(home: Path) -> None:
    """Figures are for an alarm elsewhere; a disk without room must not end the sync."""
    # Loaded after the first contact: a first load needs the memory more.
    from central_sync.engine.metrics import write_metrics

    try:
        write_metrics(home, datetime.now(UTC))
    except (OSError, JournalUnreadable, SyncTrouble, sqlite3.Error) as problem:
        log.warning("trouble metrics %s", problem)


def _changed_at(home: Path) -> int:
    """When the key's file was written, in nanoseconds; 0 when there is none."""
    try:
        return (home / KEY_FILE).stat().st_mtime_ns
    except OSError:
        return 0
