"""Central and tills on processors of their own, as in a chain they are computers of their own.

The thing to get wrong: what is begun before. A thread's processors are inherited by the threads
and processes that it begins afterwards, and by nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Set
from contextlib import contextmanager


def halves() -> tuple[Set[int], Set[int]]:
    """For central, for the tills; the same for both where there is one processor."""
    every = sorted(os.sched_getaffinity(0))
    half = len(every) // 2
    return (set(every[:half]), set(every[half:])) if half else (set(every), set(every))


@contextmanager
def on(processors: Set[int]) -> Iterator[None]:
    """What is begun in here by this thread runs on these."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
