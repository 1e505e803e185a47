"""One direction of a wire that spoils what goes through it, in pretend time and from a seed.

Messages go in with `carry`, bytes come out with `take`. A newcomer would let a fault
change the order of a whole stream; here only REORDER does, as a line delivers in order.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

import pytest

NOISE_LENGTH = 12


class Mischief(StrEnum):
    """What can happen to one message on its way.

    STALE says an earlier message again before it; LOSE_BYTE is an overrun of a serial
    port; CHUNKS lets it come byte by byte; DUPLICATE says it twice.
    """

    DROP = "drop"
    DELAY = "delay"
    DUPLICATE = "duplicate"
    FLIP = "flip"
    LOSE_BYTE = "lose_byte"
    TRUNCATE = "truncate"
    REORDER = "reorder"
    STALE = "stale"
    NOISE = "noise"
    CHUNKS = "chunks"


EVERYTHING = tuple(Mischief)
# What a wire with checksums of its own (TCP, USB) still does.
WITHOUT_DAMAGE = (Mischief.DROP, Mischief.DELAY, Mischief.TRUNCATE, Mischief.CHUNKS)


class BadWire:
    """`met` counts the faults, by kind; `rate` is how many messages of a hundred suffer one.

    `may_be_stale`: whether a message may be said again much later.
    """

    def __init__(
        self,
        luck: random.Random,
        kinds: Sequence[Mischief] = EVERYTHING,
        *,
        rate: int = 50,
        longest_delay_seconds: float = 3.0,
        may_be_stale: Callable[[bytes], bool] = lambda message: True,
    ) -> None:
        self.met: Counter[Mischief] = Counter()
        self._luck = luck
        self._kinds = tuple(kinds)
        self.rate = rate
        self._may_be_stale = may_be_stale
        self._longest = longest_delay_seconds
        self._earlier: deque[bytes] = deque(maxlen=4)
        self._kept_back = b""
        self._coming: deque[tuple[float, bytes]] = deque()

    def carry(self, data: bytes, now: float) -> None:
        """Take a message that was said at `now`."""
        if not data:
            return
        after = 0.0
        pieces, late, self._kept_back = [data], self._kept_back, b""
        if self._kinds and self._luck.random() * 100 < self.rate:
            kind = self._luck.choice(self._kinds)
            self.met[kind] += 1
            after = self._luck.uniform(0, self._longest) if kind is Mischief.DELAY else 0.0
            pieces = self._spoilt(kind, data)
        if self._may_be_stale(data):
            self._earlier.append(data)
        last = self._coming[-1][0] if self._coming else now
        at = max(last, now + after)
        self._coming.extend((at, piece) for piece in (*pieces, late) if piece)

    def take(self, now: float) -> bytes:
        """The next portion that has come by `now`, or b""."""
        if self._coming and self._coming[0][0] <= now:
            return self._coming.popleft()[1]
        return b""

    def next_at(self) -> float:
        """When there is something to take; infinity when nothing is under way."""
        return self._coming[0][0] if self._coming else float("inf")

    def clear(self) -> None:
        """The line was hung up."""
        self._coming.clear()
        self._earlier.clear()
        self._kept_back = b""

    def _spoilt(self, kind: Mischief, data: bytes) -> list[bytes]:
        place = self._luck.randrange(len(data))
        match kind:
            case Mischief.DROP:
                return []
            case Mischief.DUPLICATE:
                return [data, data]
            case Mischief.FLIP:
                bit = data[place] ^ (1 << self._luck.randrange(8))
                return [data[:place] + bytes([bit]) + data[place + 1 :]]
            case Mischief.LOSE_BYTE:
                return [data[:place] + data[place + 1 :]]
            case Mischief.TRUNCATE:
                return [data[:place]]
            case Mischief.REORDER:
                self._kept_back = data
                return []
            case Mischief.STALE:
                return [self._luck.choice(self._earlier) if self._earlier else b"", data]
            case Mischief.NOISE:
                return [self._luck.randbytes(1 + place % NOISE_LENGTH), data]
            case Mischief.CHUNKS:
                return [data[at : at + 1] for at in range(len(data))]
        return [data]


@contextmanager
def seeded(seed: int) -> Iterator[random.Random]:
    """Luck from `seed`; whatever fails inside names it, so that it can be run again."""
    try:
        yield random.Random(seed)
    except Exception as error:
        error.add_note(f"seed {seed}")
        raise


def enough(found: Counter[Mischief], at_least: int, kinds: Sequence[Mischief]) -> None:
    """A fuzz that injects nothing proves nothing: so many faults, and each kind of them."""
    assert found.total() >= at_least, found
    if missing := set(kinds) - set(found):
        pytest.fail(f"never met: {sorted(missing)}")
