"""The print worker: takes jobs from the spool to the printer, one at a time.

A thread of its own, so that a slow or dead printer never makes a key wait. It
never decides what was printed: no byte left us -> the job waits; some bytes left
us -> only a person can tell. The thing to get wrong: sending before the spool has
said, durably, that it began.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from hardware.errors import DeviceError
from hardware.ports import DeviceState, Health, Printer
from pos_client.checkout.mailbox import Mailbox
from pos_client.storage.errors import StorageTrouble
from pos_client.storage.prints import PrintJob, PrintSpool

RETRY_SECONDS = 3.0
HOLD_SECONDS = 30.0
DRAWER_SECONDS = 2.0
STOP_SECONDS = 5.0

_log = logging.getLogger(__name__)


class PrintWorker:
    """`on_change` runs on the core's thread after each job and state change."""

    def __init__(
        self,
        printer: Printer,
        spool: PrintSpool,
        mailbox: Mailbox,
        on_change: Callable[[], None],
        on_stuck_drawer: Callable[[], None] = lambda: None,
    ) -> None:
        self._printer = printer
        self._spool = spool
        self._mailbox = mailbox
        self._on_change = on_change
        self._on_stuck_drawer = on_stuck_drawer
        self._held_until = 0.0
        self._wake = threading.Event()
        self._drawer_until = 0.0
        self._stopped = False
        self.state = DeviceState(Health.OPENING)
        self._thread = threading.Thread(target=self._run, name="printer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        """There may be a job."""
        self._wake.set()

    def open_drawer(self) -> None:
        """Pulse the drawer before any print; a drawer must not open when nobody expects it."""
        self._drawer_until = time.monotonic() + DRAWER_SECONDS
        self._wake.set()

    def stop(self) -> None:
        """Print what waits, if the printer takes it, then let go.

        On the core's thread, which goes on delivering so that jobs can be finished.
        """
        self._stopped = True
        self._wake.set()
        patience = time.monotonic() + STOP_SECONDS
        while self._thread.is_alive() and time.monotonic() < patience:
            self._mailbox.deliver()
            self._thread.join(timeout=0.02)
        self._printer.close()

    def _run(self) -> None:
        while True:
            self._open_wanted_drawer()
            if self._print_next():
                continue
            if self._stopped:
                return
            self._look()
            self._wake.wait(RETRY_SECONDS)
            self._wake.clear()

    def _open_wanted_drawer(self) -> None:
        until, self._drawer_until = self._drawer_until, 0.0
        if not until:
            return
        if time.monotonic() > until:
            _log.warning("the printer was busy too long to open the drawer")
            return
        try:
            self._printer.open_drawer()
        except DeviceError as problem:
            _log.warning("the drawer did not open: %s", problem)
            self._mailbox.post(self._on_stuck_drawer)
            self._look()

    def _print_next(self) -> bool:
        """Print the oldest queued job; False when there is none or it has to wait."""
        job = None if self._is_held() else self._next()
        if job is None:
            return False
        try:
            self._printer.print(job.document)
        except DeviceError as problem:
            self._failed(job, problem)
            return False
        self._keep(lambda: self._spool.finished(job.job_id))
        self._look()
        return True

    def _next(self) -> PrintJob | None:
        try:
            return self._mailbox.call(self._take)
        except StorageTrouble as problem:
            _log.warning("nothing is printed while the disk refuses: %s", problem)
            return None

    def _keep(self, outcome: Callable[[], None]) -> None:
        """Note what came of a job, however long the disk refuses.

        A stop meanwhile leaves the job as begun: the next start puts it to a person.
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
            self._open_wanted_drawer()

    def _take(self) -> PrintJob | None:
        job = self._spool.next_queued()
        if job is not None:
            self._spool.began(job.job_id)
        return job

    def _failed(self, job: PrintJob, problem: DeviceError) -> None:
        _log.warning("job %s: %s", job.job_id, problem)
        if problem.bytes_written:
            self._keep(lambda: self._spool.doubtful(job.job_id, problem.reason))
        else:
            self._keep(lambda: self._spool.not_begun(job.job_id, problem.reason))
            self._held_until = time.monotonic() + HOLD_SECONDS

    def _is_held(self) -> bool:
        """After a refusal wait for a ready printer: every try is two writes to the disk."""
        is_ready = self._printer.state().health is Health.READY
        return not is_ready and time.monotonic() < self._held_until

    def _look(self) -> None:
        self.state = self._printer.state()
        self._mailbox.post(self._on_change)
