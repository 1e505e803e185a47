"""The print worker: takes jobs from the spool to the printers, one at a time.

A thread of its own, so that a slow or dead printer never makes a key wait. A job goes to
the second printer only when the first can take nothing. What came out is decided by
evidence, never guessed:

    the closing checkpoint was answered   -> confirmed, whatever happened after it
    no byte left us                       -> it waits, and is printed as if for the first time
    anything between                      -> torn: the paper is marked void as soon as that
                                             printer prints again, before anything else does,
                                             and then a person is asked

The thing to get wrong: sending before the spool has said, durably, that it began. How far
a job came is only posted to the core: a note that is lost makes us ask, never print twice.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from hardware.document import Document
from hardware.errors import DeviceError
from hardware.ports import DeviceState, Health, Printer, Reason, Retrying
from pos_client.checkout.mailbox import Mailbox
from pos_client.storage.errors import StorageTrouble
from pos_client.storage.prints import PrintJob, PrintSpool

RETRY_SECONDS = 3.0
HOLD_SECONDS = 30.0
STOP_SECONDS = 5.0

STOPPED = frozenset({Health.DISABLED, Health.ABSENT, Health.BLOCKED, Health.FAULT})
"""A printer that is so gets not one byte."""

_log = logging.getLogger(__name__)


@dataclass
class _Slot:
    """A printer and its number: 1 is the till's own, 2 the second."""

    number: int
    printer: Printer
    tried_at: float = float("-inf")

    def is_up(self) -> bool:
        return self.printer.state().health not in STOPPED

    def is_free(self, now: float) -> bool:
        """After a refusal wait, and longer for one that is not ready: a try is two writes."""
        is_ready = self.printer.state().health in (Health.READY, Health.WARNING)
        pause = RETRY_SECONDS if is_ready else HOLD_SECONDS
        return self.is_up() and now >= self.tried_at + pause


@dataclass(frozen=True, slots=True)
class _Aside:
    """Paper that is no job, such as a test page; `told` gets a word for why not, or ""."""

    number: int
    document: Document
    told: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Work:
    """A job to print, or the slip that voids its torn print."""

    job: PrintJob
    void: Document | None = None


class PrintWorker:
    """`void_of` makes the slip for a torn job; `before_print` runs in this thread before paper.

    `on_change` runs on the core's thread after each job and now and then.
    """

    def __init__(
        self,
        printers: Sequence[Printer],
        spool: PrintSpool,
        mailbox: Mailbox,
        on_change: Callable[[], None],
        void_of: Callable[[PrintJob], Document],
        before_print: Callable[[], None] = lambda: None,
    ) -> None:
        self._slots = [_Slot(number, printer) for number, printer in enumerate(printers, 1)]
        self._spool = spool
        self._mailbox = mailbox
        self._on_change = on_change
        self._void_of = void_of
        self._before_print = before_print
        self._asides: SimpleQueue[_Aside] = SimpleQueue()
        self._wake = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)

    @property
    def states(self) -> tuple[DeviceState, ...]:
        """How each printer is, the first one first; read from memory."""
        return tuple(slot.printer.state() for slot in self._slots)

    @property
    def prints_on(self) -> int:
        """The number of the printer that the next job would go to; 0 when none prints."""
        return next((slot.number for slot in self._slots if slot.is_up()), 0)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be a job."""
        self._wake.set()

    def try_again(self, number: int) -> None:
        """Do not wait: reach for that printer, and for what waits for it, now."""
        slot = self._slots[number - 1]
        slot.tried_at = float("-inf")
        if isinstance(slot.printer, Retrying):
            slot.printer.try_now()
        self._wake.set()

    def print_aside(self, number: int, document: Document, told: Callable[[str], None]) -> None:
        """Print what is in no spool, once, on that printer, when no job waits.

        `told` is called in the print worker's thread: "" when it is printed, "torn_first"
        where an interrupted paper lies there, or the printer's word for why not.
        """
        self._asides.put(_Aside(number, document, told))
        self._wake.set()

    def stop(self) -> None:
        """Print what waits, if a printer takes it, then let go.

        On the core's thread, which goes on delivering so that jobs can be finished.
        """
        self._stopped = True
        self._wake.set()
        patience = time.monotonic() + STOP_SECONDS
        while self._thread.is_alive() and time.monotonic() < patience:
            self._mailbox.deliver()
            self._thread.join(timeout=0.02)
        for slot in self._slots:
            slot.printer.close()

    def _run(self) -> None:
        while True:
            self._before_print()
            if self._print_next() or self._print_aside():
                continue
            if self._stopped:
                return
            self._mailbox.post(self._on_change)
            self._wake.wait(RETRY_SECONDS)
            self._wake.clear()

    def _print_next(self) -> bool:
        """Void what lies torn, then print the oldest queued job; False when all has to wait."""
        takes_jobs = True
        for slot in self._slots:
            if not slot.is_free(time.monotonic()):
                continue
            work = self._next(slot, takes_jobs=takes_jobs)
            if work is not None:
                self._do(slot, work)
                return True
            takes_jobs = False
        return False

    def _print_aside(self) -> bool:
        try:
            aside = self._asides.get_nowait()
        except Empty:
            return False
        aside.told(self._printed_aside(aside))
        return True

    def _printed_aside(self, aside: _Aside) -> str:
        printer = self._slots[aside.number - 1].printer
        try:
            if self._mailbox.call(lambda: self._spool.torn_on(aside.number)) is not None:
                return "torn_first"
            printer.print(aside.document)
        except StorageTrouble:
            return "unanswered"
        except DeviceError as problem:
            _log.warning("printer %s, a test: %s", aside.number, problem)
            state = printer.state()
            return (state.health if state.reason is Reason.NONE else state.reason).value
        return ""

    def _next(self, slot: _Slot, *, takes_jobs: bool) -> _Work | None:
        try:
            return self._mailbox.call(lambda: self._take(slot.number, takes_jobs=takes_jobs))
        except StorageTrouble as problem:
            _log.warning("nothing is printed while the disk refuses: %s", problem)
            return None

    def _take(self, number: int, *, takes_jobs: bool) -> _Work | None:
        """On the core's thread. A void slip may be printed twice, so it needs no mark."""
        torn = self._spool.torn_on(number)
        if torn is not None:
            return _Work(torn, self._void_of(torn))
        job = self._spool.next_queued() if takes_jobs else None
        if job is None:
            return None
        self._spool.began(job.job_id, number)
        return _Work(job)

    def _do(self, slot: _Slot, work: _Work) -> None:
        if work.void is None:
            self._print(slot, work.job)
        else:
            self._void(slot, work.job, work.void)
        self._mailbox.post(self._on_change)

    def _void(self, slot: _Slot, job: PrintJob, slip: Document) -> None:
        try:
            slot.printer.print(slip)
        except DeviceError as problem:
            _log.warning("job %s is not voided on paper yet: %s", job.job_id, problem)
            slot.tried_at = time.monotonic()
        else:
            self._keep(lambda: self._spool.voided(job.job_id))

    def _print(self, slot: _Slot, job: PrintJob) -> None:
        passed: list[str] = []

        def on_checkpoint(name: str) -> None:
            passed.append(name)
            self._mailbox.post(lambda: self._note(job.job_id, name))

        trouble: DeviceError | None = None
        try:
            slot.printer.print(job.document, on_checkpoint)
        except DeviceError as problem:
            trouble = problem
        self._judge(slot, job, passed, trouble)

    def _note(self, job_id: int, checkpoint: str) -> None:
        try:
            self._spool.passed(job_id, checkpoint)
        except StorageTrouble as problem:
            _log.warning("how far a print has come is not noted: %s", problem)

    def _judge(
        self, slot: _Slot, job: PrintJob, passed: list[str], trouble: DeviceError | None
    ) -> None:
        """What the evidence says about one attempt."""
        is_proven = bool(passed) and passed[-1:] == list(job.document.checkpoints[-1:])
        if trouble is not None:
            _log.warning("job %s, printer %s: %s", job.job_id, slot.number, trouble)
            slot.tried_at = time.monotonic()
        if trouble is None or is_proven:
            self._keep(lambda: self._spool.finished(job.job_id, is_proven=is_proven))
        elif trouble.bytes_written or passed:
            # The paper has to be voided before anything else is printed there: no pause.
            slot.tried_at = float("-inf")
            self._keep(lambda: self._spool.torn(job.job_id, trouble.reason))
        else:
            self._keep(lambda: self._spool.not_begun(job.job_id, trouble.reason))

    def _keep(self, outcome: Callable[[], None]) -> None:
        """Note what came of a job, however long the disk refuses.

        A stop meanwhile leaves the job as begun: the next start takes it for torn.
        """
        while True:
            try:
                return self._mailbox.call(outcome)
            except StorageTrouble as problem:
                _log.warning("what was printed cannot be noted: %s", problem)
            if self._stopped:
                return None
            self._wake.wait(RETRY_SECONDS)
            self._wake.clear()
            self._before_print()
