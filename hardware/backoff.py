"""How long to wait before a lost device is tried again: 0.2, 0.5, 1, 2, 5, 5 … seconds.

Pure. The waits never end and never grow past five seconds: a cashier who puts
the plug back must not wait for a minute. Several tills sharing one switch are
kept apart by the up to 20 % that `spread` adds.
"""

from __future__ import annotations

from collections.abc import Iterator

STEPS_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


def waits(spread: float = 0.0) -> Iterator[float]:
    """Seconds to wait before each new try; `spread` is 0..1, chosen once by the caller."""
    yield from STEPS_SECONDS
    while True:
        yield STEPS_SECONDS[-1] * (1 + 0.2 * spread)
