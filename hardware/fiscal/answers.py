"""What any control unit can be asked and can say, whatever its dialect.

Pure. A dialect (`ccsp`, `kd`, `xccsp`) turns a `Question` into bytes and bytes into these
answers; `conversation` matches the two. The thing to get wrong: taking an answer for ours
because it is the newest. It is ours when its sequence is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Protocol

from hardware.ports import SealKind, SealRequest

_CODE = re.compile(r"[A-Z2-7]{32};[A-Z2-7]{26}")


class Verdict(StrEnum):
    """Why a unit says no; the driver acts on it, `Denied.words` is for people."""

    DAMAGED = "damaged"  # it could not read us: the same bytes again
    ABORTED = "aborted"  # it lost its power in the middle: the same bytes again
    BUSY = "busy"
    HANDLED = "handled"  # it has had this number before
    WRONG = "wrong"
    REGISTER = "register"
    FULL = "full"
    LICENCE = "licence"
    FATAL = "fatal"


class Storage(Enum):
    """How much room the unit's memory has; a warning comes days ahead."""

    ROOM = 0
    NEAR_FULL = 1
    FULL = 2


@dataclass(frozen=True, slots=True)
class Sealed:
    """`unit_id` and `sequence` are "" in a dialect that does not repeat them."""

    code: str
    unit_id: str = ""
    sequence: str = ""
    storage: Storage = Storage.ROOM


@dataclass(frozen=True, slots=True)
class Accepted:
    """One step of several was understood."""


@dataclass(frozen=True, slots=True)
class Identified:
    unit_id: str
    protocol: str = ""
    firmware: str = ""
    storage: Storage = Storage.ROOM
    is_fatal: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """`clock` is the unit's own local time, YYYYMMDDhhmm, or ""."""

    is_fatal: bool = False
    storage: Storage = Storage.ROOM
    clock: str = ""


@dataclass(frozen=True, slots=True)
class Denied:
    verdict: Verdict
    words: str
    sequence: str = ""


@dataclass(frozen=True, slots=True)
class Damaged:
    """Bytes that are no answer: garbage, a flipped bit, a torn frame."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing that answers the question came in time."""


Answer = Sealed | Accepted | Identified | Condition | Denied | Damaged
Outcome = Sealed | Identified | Condition | Denied | Silent


@dataclass(frozen=True, slots=True)
class Question:
    """Byte strings to send, each after the one before was accepted; the last is answered.

    `sequence` is what the answer must repeat, where the dialect repeats anything.
    """

    steps: tuple[bytes, ...]
    final: type[Sealed] | type[Identified] | type[Condition]
    sequence: str = ""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a question is put anew when the line is no stream: XCCSP's rule."""

    timeouts: int = 0
    busies: int = 0
    pause_seconds: float = 0.0


ONCE = Tries()
"""A stream: the conversation itself repeats, and the driver never does."""


class Reader(Protocol):
    """Bytes to answers, in any portions."""

    def feed(self, data: bytes) -> list[Answer]: ...

    def forget(self) -> list[Answer]:
        """The line has been quiet: half an answer will not get its other half."""


class Pieces(Protocol):
    """Bytes to the whole bodies or lines in them, in any portions."""

    def pieces(self, data: bytes) -> list[str | Damaged]: ...

    def forget(self) -> list[Answer]: ...


class PieceReader:
    """A `Reader` for dialects that say an answer in one framed piece of text."""

    def __init__(self, found: Pieces, answer_in: Callable[[str], Answer]) -> None:
        self._found, self._answer_in = found, answer_in

    def feed(self, data: bytes) -> list[Answer]:
        pieces = self._found.pieces(data)
        return [one if isinstance(one, Damaged) else self._answer_in(one) for one in pieces]

    def forget(self) -> list[Answer]:
        return self._found.forget()


class Dialect(Protocol):
    """One make's way of saying it. `renews`: a repeat is a new request, not the same bytes."""

    @property
    def renews(self) -> bool: ...

    @property
    def tries(self) -> Tries: ...

    @property
    def answer_seconds(self) -> float: ...

    def hello(self) -> Question: ...

    def condition(self) -> Question | None:
        """None where the greeting tells it all."""

    def seal(self, request: SealRequest, sequence: int) -> Question: ...

    def reader(self) -> Reader: ...

    def speaking(self, protocol: str) -> Dialect:
        """The dialect of a unit that named this version of its protocol."""


def is_code(text: str, kind: SealKind = SealKind.NORMAL) -> bool:
    """59 characters of base32 (fiscal-law R11); a training receipt may go without."""
    return _CODE.fullmatch(text) is not None or (kind is SealKind.TRAINING and not text)
