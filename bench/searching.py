"""Search as you type, over the socket of a real core: key -> answer.

What a cashier types is a prefix growing letter by letter; every step is one
question. The screen's own drawing is measured with the scans.
"""

from __future__ import annotations

import time
from pathlib import Path

from bench.figures import Spread
from bench.payment import running_core
from pos_client.register.queries import FoundItems, Search

TYPED = ("löparsko fjäll blå 42", "strumpa", "vandringskänga", "9524", "58", "ld10-sva", "a", "zzz")


def measure_search(home: Path, rounds: int) -> Spread:
    """Milliseconds from question to answer, for every prefix of what is typed."""
    taken = []
    with running_core(home) as client:
        for _ in range(rounds):
            for text in TYPED:
                for end in range(1, len(text) + 1):
                    begun = time.perf_counter()
                    answer = client.ask(Search(text[:end]))
                    taken.append((time.perf_counter() - begun) * 1000)
                    assert isinstance(answer, FoundItems)
    return Spread.of(taken)
