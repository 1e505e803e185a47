"""Threads that a fault ends, watched by the test that plants it.

What a thread raises is told after its last act, by when another test may be running, which
would then fail for it. So a test waits here until the threads that it broke are gone.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_SECONDS = 60


@contextmanager
def faults_of(name: str) -> Iterator[list[type[BaseException]]]:
    """The kinds of faults that ended threads of this name; all such threads end in here."""
    found: list[type[BaseException]] = []
    before = threading.excepthook

    def note(ended: threading.ExceptHookArgs) -> None:
        if ended.thread is None or ended.thread.name != name:
            before(ended)
        else:
            found.append(ended.exc_type)

    threading.excepthook = note
    try:
        yield found
        for thread in threading.enumerate():
            if thread.name == name:
                thread.join(LONGEST_SECONDS)
    finally:
        threading.excepthook = before
