"""A line to central for what a person waits for: an answer in time, or none.

One thread asks and another waits, so that neither the core nor a slow network holds the other. The
thing to get wrong: waiting on the thread that asks. An answer that comes late is thrown away, but
what asked for it may keep it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Generic, Protocol, TypeVar

from central_sync.engine.trouble import SyncTrouble
from central_sync.retail.plain import Unreadable
from pos_client.checkout.mailbox import Mailbox

LOOK_UP_SECONDS = 0.3
"""So long a look-up may take before the till says what it knows itself."""

_log = logging.getLogger(__name__)


class Closes(Protocol):
    def close(self) -> None: ...


D = TypeVar("D", bound=Closes)
T = TypeVar("T")


class PatientLine(Generic[D]):
    """`open_desk` opens the line, on the thread that uses it; `name` is that thread's."""

    def __init__(self, open_desk: Callable[[], D], mailbox: Mailbox, name: str) -> None:
        self._open_desk = open_desk
        self._mailbox = mailbox
        self._desk: D | None = None
        self._waiting = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name}-wait")
        self._asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"{name}-look-up")

    def start(self) -> None:
        """Open the line before the first question, so that it does not wait for libraries."""
        self._asking.submit(self._open)

    def submit(
        self, ask: Callable[[D], T], patience_seconds: float, then: Callable[[T | None], None]
    ) -> None:
        """From the core's thread; `then` comes there too, with None for late or away."""
        self._waiting.submit(self._answer, ask, patience_seconds, then)

    def stop(self) -> None:
        for thread in (self._waiting, self._asking):
            thread.shutdown(wait=False, cancel_futures=True)
        if self._desk is not None:
            self._desk.close()

    def _answer(
        self, ask: Callable[[D], T], patience_seconds: float, then: Callable[[T | None], None]
    ) -> None:
        told = self._in_time(ask, patience_seconds)
        self._mailbox.post(lambda: then(told))

    def _in_time(self, ask: Callable[[D], T], patience_seconds: float) -> T | None:
        asked = self._asking.submit(lambda: ask(self._open()))
        try:
            return asked.result(patience_seconds)
        except Late:
            asked.cancel()
        except (SyncTrouble, Unreadable) as trouble:
            _log.info("central does not tell: %s", trouble)
        return None

    def _open(self) -> D:
        if self._desk is None:
            self._desk = self._open_desk()
        return self._desk
