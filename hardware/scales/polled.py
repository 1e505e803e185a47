"""Scales that are asked "W" and answer at once: Toledo 8217, NCI SCP-01, SMA.

Sans-IO. Such an answer has no number and no checksum, so a weight counts only when
two answers in a row, asked one after the other, say the same and both say "at rest".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.ports import Reason, WeighRequest
from hardware.scales.parity import BAD, Parity, from_wire, to_wire
from hardware.scales.talk import (
    ANSWER_SECONDS,
    FORGET_SECONDS,
    PATIENCE_SECONDS,
    PAUSE_SECONDS,
    TRIES,
    Outcome,
    Reading,
    Trouble,
)

_LONGEST_FRAME = 64


@dataclass(frozen=True, slots=True)
class Dialect:
    """`read` gets a frame without its first and last byte; None: it was garbled.

    `restarts`: the first byte never occurs inside a frame, so it always begins one;
    except right after the byte `opaque_after`, where any byte may stand.
    """

    name: str
    ask: bytes
    first: int
    last: int
    read: Callable[[bytes], Reading | Trouble | None]
    parity: Parity
    restarts: bool = True
    opaque_after: int = -1


class Frames:
    """Cuts frames out of whatever comes, in any chunks; noise between them is dropped."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._frame: bytearray | None = None

    def feed(self, text: bytes) -> list[bytes]:
        found = [self._take(byte) for byte in text]
        return [frame for frame in found if frame is not None]

    def _take(self, byte: int) -> bytes | None:
        dialect, frame = self._dialect, self._frame
        is_opaque = bool(frame) and frame is not None and frame[-1] == dialect.opaque_after
        if byte == dialect.first and (frame is None or (dialect.restarts and not is_opaque)):
            self._frame = bytearray()
        elif frame is not None and byte == dialect.last and not is_opaque:
            self._frame = None
            return bytes(frame)
        elif frame is not None:
            frame.append(byte)
            self._frame = frame if len(frame) <= _LONGEST_FRAME else None
        return None

    def clear(self) -> None:
        self._frame = None


class PolledTalk:
    """See `talk.Talk`."""

    answers_price = False

    def __init__(
        self,
        dialect: Dialect,
        parity: Parity | None = None,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._dialect = dialect
        self._parity = parity or dialect.parity
        self._patience_seconds = patience_seconds
        self._frames = Frames(dialect)
        self.outcome: Outcome | None = None
        self.due = 0.0
        self._is_asking = self._is_fenced = False
        self._owed = self._tries = 0
        self._asked_at = self._patience = self._until = 0.0
        self._first: Reading | None = None
        self._needs_two = False
        self._is_noisy = False

    def weigh(self, request: WeighRequest, now: float) -> bytes:
        self._needs_two = True
        return self._begin(now, self._patience_seconds)

    def glance(self, now: float) -> bytes:
        self._needs_two = False
        return self._begin(now, 0.0)

    def feed(self, data: bytes, now: float) -> bytes:
        said = b""
        text = from_wire(data, self._parity)
        self._is_noisy = self._is_noisy or BAD in text
        for frame in self._frames.feed(text):
            said += self._heard(frame, now)
        return said

    def tick(self, now: float) -> bytes:
        if self.outcome is not None or now < self.due:
            return b""
        if self._is_fenced:
            return self._start(now)
        if not self._is_asking:
            return self._ask(now)
        self._frames.clear()
        return self._again(now, Reason.NO_ANSWER)

    def _begin(self, now: float, patience: float) -> bytes:
        self.outcome = self._first = None
        self._is_asking = self._is_noisy = False
        self._tries = TRIES
        self._patience = patience
        self._frames.clear()
        self.due = self._asked_at + FORGET_SECONDS
        self._is_fenced = self._owed > 0 and now < self.due
        return b"" if self._is_fenced else self._start(now)

    def _start(self, now: float) -> bytes:
        """Nothing is under way any more: what comes now is the answer."""
        self._is_fenced = False
        self._owed = 0
        self._until = now + self._patience
        return self._ask(now)

    def _ask(self, now: float) -> bytes:
        self._owed += 1
        self._asked_at = now
        self._is_asking = True
        self.due = now + ANSWER_SECONDS
        return to_wire(self._dialect.ask, self._parity)

    def _again(self, now: float, reason: Reason) -> bytes:
        self._first = None
        self._tries -= 1
        if self._tries > 0:
            return self._ask(now)
        self.outcome = Trouble(Reason.BAD_CHECKSUM if self._is_noisy else reason)
        return b""

    def _heard(self, frame: bytes, now: float) -> bytes:
        if self._is_fenced:
            return b""
        self._owed = max(self._owed - 1, 0)
        if self.outcome is not None or not self._is_asking:
            return b""
        self._is_asking = False
        sight = self._dialect.read(frame)
        if sight is None:
            return self._again(now, Reason.BAD_CHECKSUM)
        return self._seen(sight, now)

    def _seen(self, sight: Reading | Trouble, now: float) -> bytes:
        if isinstance(sight, Trouble):
            self._first = None
            if sight.reason is not Reason.IN_MOTION or now >= self._until:
                self.outcome = sight
                return b""
            self.due = now + PAUSE_SECONDS
            return b""
        if self._needs_two and sight != self._first:
            is_restless = self._first is not None and now >= self._until
            self.outcome = Trouble(Reason.IN_MOTION) if is_restless else None
            self._first = sight
            return b"" if is_restless else self._ask(now)
        self.outcome = sight
        return b""
