"""Everything that is chance or time in one run, from one seed: nothing else may be asked.

The thing to get wrong: a source of chance that the operating system feeds. Ids, nonces and
keys of the product come from `os.urandom`; while a run lasts it is this run's.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central_sync.retail.identity import uuid7
from central_sync.wire.keys import SigningKey
from pos_client.checkout.clock import Clock, iso
from pos_client.register.shop import Facts
from pos_client.storage.database import Flusher

MORNING = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


class Chance:
    """The run's one source: a random generator, the true time, and a trace of all that was."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.now = MORNING
        self.seen: Counter[str] = Counter()
        self.log: list[str] | None = None
        self._digest = hashlib.sha256()

    def is_so(self, probability: float) -> bool:
        return probability > 0 and self.rng.random() < probability

    def trace(self, *words: object) -> None:
        """What happened, in order; two runs of a seed have the same."""
        line = " ".join(map(str, words))
        self._digest.update(line.encode() + b"\n")
        if self.log is not None:
            self.log.append(f"{self.now:%H:%M:%S} {line}")

    def note(self, what: str) -> None:
        """A path that is reached only sometimes was reached."""
        self.seen[what] += 1

    @property
    def trace_hash(self) -> str:
        return self._digest.hexdigest()[:16]

    def forward(self, seconds: float) -> None:
        self.now += timedelta(milliseconds=int(seconds * 1000))


@dataclass(frozen=True, slots=True)
class PretendClock(Clock):
    """A machine's own clock and ids; `read` says what time it believes it is."""

    read: Callable[[], datetime]
    rng: random.Random

    def facts(self) -> Facts:
        now = self.read()
        local = now.astimezone(self.zone)
        return Facts(
            at=iso(now),
            local_time=local.isoformat(" ", "seconds")[:19],
            today=local.date().isoformat(),
            new_id=self.new_id(),
        )

    def now(self) -> str:
        return iso(self.read())

    def new_id(self) -> str:
        return uuid7(int(self.read().timestamp() * 1000), self.rng.randbytes(10))


class StepFlusher(Flusher):
    """The flusher without its thread: `step` is the moment at which it wakes."""

    def __init__(self, path: Path) -> None:
        self._wal = Path(f"{path}-wal")
        self._is_pending = False

    def soon(self) -> None:
        self._is_pending = True

    def close(self) -> None:
        self._is_pending = False

    def step(self) -> None:
        if self._is_pending:
            self._is_pending = False
            self._flush()


@cache
def fixed_key(name: str) -> SigningKey:
    """A key that is the same in every run."""
    secret = hashlib.sha256(name.encode()).digest()
    return SigningKey(Ed25519PrivateKey.from_private_bytes(secret))


@contextmanager
def fed_by(rng: random.Random) -> Iterator[None]:
    """While this lasts the operating system's chance is this run's."""
    kept = os.urandom, random._urandom  # type: ignore[attr-defined]
    os.urandom = random._urandom = rng.randbytes  # type: ignore[attr-defined]
    try:
        yield
    finally:
        os.urandom, random._urandom = kept  # type: ignore[attr-defined]
