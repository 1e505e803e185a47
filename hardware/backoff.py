"""How long to wait before a lost device is tried again: 0.2, 0.5, 1, 2, 5, 5 … seconds.

The waits never end and never grow past five seconds: a cashier who puts
the plug back must not wait for a minute. Several tills sharing one switch are
kept apart by the up to 20 % that `spread` adds.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

STEPS_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


def waits(spread: float = 0.0) -> Iterator[float]:
    """Seconds to wait before each new try; `spread` is 0..1, chosen once by the caller."""
    yield from STEPS_SECONDS
    while True:
        yield STEPS_SECONDS[-1] * (1 + 0.2 * spread)


class Closing(threading.Event):
    """A driver's wish to end, which is also what its thread waits on between two tries.

    `hurry` ends a rest without ending the driver: a person has put the plug back and
    pressed a key. A hurry between two rests is not lost; it shortens the next.
    """

    def __init__(self) -> None:
        super().__init__()
        self._stir = threading.Event()

    def set(self) -> None:
        super().set()
        self._stir.set()

    def hurry(self) -> None:
        self._stir.set()

    def rest(self, seconds: float) -> None:
        """Until the time is over, somebody is in a hurry, or the driver closes."""
        self._stir.wait(seconds)
        if not self.is_set():
            self._stir.clear()
