"""What a running sync hears from outside: a signal that ends it, one that asks for a contact.

Heard in a thread of their own. The thing to get wrong: setting an event in a signal's handler. It
runs wherever the main thread is just then, which may hold that very event's lock, and waits for
itself. A sync that was told to end and still waits for central is ended as by kill -9, which
everything here stands: nobody who shuts a till down waits half a minute for a silent network.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from central_sync.engine.loop import Kick

ACCEPT_FILE = "sync.accept"
# So long after the word, or after the last receipts that central has taken since, and no longer
# than the other in all: `spindel stop` insists a little later.
ENDING_SECONDS = 1.5
LONGEST_ENDING_SECONDS = 6.0
_LOOK_SECONDS = 0.1
_ENDS, _ASKS = (signal.SIGTERM, signal.SIGINT), signal.SIGUSR1

log = logging.getLogger("spindel.sync")


@contextmanager
def heard(home: Path, stop: threading.Event, kick: Kick) -> Iterator[None]:
    """Signals of this process set the events while this lasts; for a process of its own."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (*_ENDS, _ASKS))
    for number in (*_ENDS, _ASKS):
        # One that is ignored, as whoever started this may have wished, would never be heard.
        signal.signal(number, lambda *_: None)
    ended = threading.Event()
    threading.Thread(
        target=_hear, args=(home, stop, kick, ended), name="signals", daemon=True
    ).start()
    try:
        yield
    finally:
        ended.set()


def _hear(home: Path, stop: threading.Event, kick: Kick, ended: threading.Event) -> None:
    while signal.sigwait((*_ENDS, _ASKS)) == _ASKS:
        if _is_accepted(home):
            kick.accept.set()
        kick.asked.set()
        kick.wake.set()
    stop.set()
    kick.wake.set()
    _end_in_time(kick, ended)


def _is_accepted(home: Path) -> bool:
    try:
        (home / ACCEPT_FILE).unlink()
    except OSError:
        return False  # there is none, or it cannot be taken back: then nothing is
    return True


def _end_in_time(kick: Kick, ended: threading.Event) -> None:
    told_at = time.monotonic()
    while not ended.wait(_LOOK_SECONDS):
        now = time.monotonic()
        quiet_seconds = now - max(told_at, kick.proven_at)
        if quiet_seconds > ENDING_SECONDS or now - told_at > LONGEST_ENDING_SECONDS:
            log.info("ended while it waited for central")
            os._exit(0)
