"""How far a job has come, from the answers alone: sections, barriers, deadlines.

Pure; the clock is a number that the caller passes in. A job is cut into sections, each
followed by a barrier: a question that the printer answers when all before it is done.

A newcomer would let a later answer prove the earlier ones. A printer that lost its power
in the body and came back answers for the cut, and the body is not on paper; so echoes
are matched by their id, and one that skips another proves nothing. Where a printer does
not know echoes, the plain answer at the end stands for all; where it is known to, that one
proves nothing, for a single byte of noise on the line looks just like it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum

from hardware.printers import answers
from hardware.printers.answers import Answer, Echo, Passed


class Barrier(Enum):
    """What this printer answers in order: a text of ours, its paper status, or nothing."""

    ECHO = "echo"
    STATUS = "status"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Section:
    """Bytes up to a checkpoint; `name` is "" where the job ends without one."""

    data: bytes
    name: str
    barrier: bytes = b""
    process_id: bytes = b""


@dataclass(frozen=True, slots=True)
class Job:
    sections: tuple[Section, ...]

    @property
    def size(self) -> int:
        """All its bytes but the last question, which leaves no trace on paper."""
        return sum(len(each.data) + len(each.barrier) for each in self.sections) - len(
            self.sections[-1].barrier
        )


def with_barriers(pieces: list[tuple[bytes, str]], barrier: Barrier, first_id: int) -> Job:
    """`pieces` are (bytes, checkpoint name); ids count from `first_id`, below 10 000."""
    sections = []
    for place, (data, name) in enumerate(pieces):
        process_id = b"%04d" % ((first_id + place) % 10_000)
        question = _question(barrier, process_id, is_last=place == len(pieces) - 1)
        sections.append(Section(data, name, question, process_id))
    return Job(tuple(sections))


def _question(barrier: Barrier, process_id: bytes, *, is_last: bool) -> bytes:
    match barrier:
        case Barrier.ECHO:
            # Last, the older question too: one of the two is answered.
            return answers.echo_barrier(process_id) + (answers.BARRIER if is_last else b"")
        case Barrier.STATUS:
            return answers.BARRIER
    return b""


class Progress:
    """Feed it answers; it names the checkpoints passed, in order, each once.

    `done` when the last barrier is answered. `deadline` moves on with each answer.
    `echoes` is what is known of the printer, also from earlier jobs: None while nothing is.
    """

    def __init__(
        self,
        job: Job,
        barrier: Barrier,
        patience_seconds: float,
        now: float,
        *,
        echoes: bool | None = None,
    ) -> None:
        self._waiting = deque(job.sections if barrier is not Barrier.NONE else ())
        self._barrier = barrier
        self._patience = patience_seconds
        self.deadline = now + patience_seconds
        self.echoes = echoes

    @property
    def done(self) -> bool:
        return not self._waiting

    @property
    def is_proved(self) -> bool:
        """Done, and not for want of a question."""
        return self.done and self._barrier is not Barrier.NONE

    def sent(self, now: float) -> None:
        """A section has left: the printer's time to do it begins."""
        self.deadline = now + self._patience

    def heard(self, answer: Answer, now: float) -> list[str]:
        """The names of the checkpoints that this answer proves."""
        match answer:
            case Echo(process_id):
                passed = self._next(process_id)
            case Passed():
                passed = self._plainly()
            case _:
                return []
        if passed:
            self.deadline = now + self._patience
        return [section.name for section in passed if section.name]

    def _next(self, process_id: bytes) -> list[Section]:
        ids = [section.process_id for section in self._waiting]
        if self._barrier is not Barrier.ECHO or process_id not in ids:
            return []
        self.echoes = True
        return [self._waiting.popleft()] if ids[0] == process_id else []

    def _plainly(self) -> list[Section]:
        if self._barrier is Barrier.STATUS:
            return [self._waiting.popleft()] if self._waiting else []
        if self.echoes or not self._waiting:
            return []
        # The printer came to the last question and said nothing to those before.
        self.echoes = False
        passed = list(self._waiting)
        self._waiting.clear()
        return passed
