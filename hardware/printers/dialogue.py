"""Asking a printer and hearing it out, over any transport: one conversation, no thread.

The caller holds the line for as long as a call takes. A newcomer would take
silence for "all is well" (the usual library answers "plenty of paper"); here it
is `WARNING(no_answer)`, and a job to such a printer ends without proof.

The clock is given, so that a test can run this against an emulated printer in one
process and in pretended time.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass

from hardware.errors import DeviceError, Lost, Stalled
from hardware.ports import DeviceState, Health, Reason
from hardware.printers import answers
from hardware.printers.progress import Barrier, Job, Progress
from hardware.transports.transport import Transport

# Fixed words for a person at the till; the state carries the reason for programs.
WHY = {
    Reason.PAPER_OUT: "it is out of paper",
    Reason.COVER_OPEN: "its cover is open",
    Reason.CUTTER_JAM: "its cutter is jammed",
    Reason.OVERHEATED: "it is too hot and pauses",
    Reason.OFFLINE: "it is offline; look at its panel",
}
# What ends by itself, while a job waits; the rest wants a person.
_PASSING = (Reason.OVERHEATED,)
# A question in order is answered within this; then look why not.
_IMPATIENT_SECONDS = 1.0

Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Patience:
    """Deadlines in seconds. `barrier_seconds` must outlast the slowest section's printing."""

    status_seconds: float = 0.3
    write_seconds: float = 2.0
    barrier_seconds: float = 6.0
    drawer_seconds: float = 1.0
    watch_seconds: float = 2.0


class Dialogue:
    """One printer's conversation; `device` is its address, for errors.

    `seen` is the last look, `drawer_pin` the level of the drawer's switch (None: not
    heard of), `echoes` whether it answers with a text of ours (None: not known yet).
    """

    def __init__(
        self,
        device: str,
        transport: Transport,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._device = device
        self._transport = transport
        self._patience = patience
        self._clock = clock
        self._answers = answers.Answers()
        self._owed = 0
        self.is_open = False
        self._progress: Progress | None = None
        self._told: Told = _nobody
        self._cleared = False
        self._logos: frozenset[bytes] | None = None
        self._more = False
        self.seen = DeviceState(Health.UNKNOWN)
        self.drawer_pin: bool | None = None
        self.echoes: bool | None = None

    def open(self) -> None:
        """Raises Absent or Busy; Lost where the line we had was hung up meanwhile.

        A new line must not be taken for the old one: the printer may have been off.
        """
        if self.is_open and self._transport.answers:
            while self._hear(0.0):
                pass
        self._transport.open()
        self.is_open = True

    def close(self) -> None:
        self._transport.close()
        self.is_open = False
        self._answers = answers.Answers()
        self._owed = 0
        self.drawer_pin = None
        # The next that answers on this line may be another printer.
        self.echoes = None if self.echoes else self.echoes

    def listen(self, timeout_seconds: float) -> bool:
        """Take what the printer says by itself; whether it said anything. Raises Lost."""
        return bool(self._hear(timeout_seconds))

    def look(self) -> DeviceState:
        """How the printer is now, also kept as `seen`. Raises Lost or Stalled, 0 written."""
        self.seen = self._look()
        return self.seen

    def _look(self) -> DeviceState:
        if not self._transport.answers:
            return DeviceState(Health.READY)
        self._hear(0.0)
        found = {answers.ERROR: 0}
        for question in (answers.PRINTER, answers.OFFLINE_CAUSE, answers.PAPER):
            status = self._ask(question)
            if status is None:
                return DeviceState(Health.WARNING, Reason.NO_ANSWER)
            if question == answers.PRINTER:
                self.drawer_pin = status.drawer_pin
            found[question] = status.bits
        if answers.wants_error_detail(found[answers.OFFLINE_CAUSE]):
            error = self._ask(answers.ERROR)
            found[answers.ERROR] = error.bits if error else 0
        if not answers.is_sound(answers.PAPER, found[answers.PAPER]):
            # Two sensors that always move together do not: believe none of it.
            detail = "its paper sensors contradict each other"
            return DeviceState(Health.WARNING, Reason.NO_ANSWER, detail)
        return answers.state_of(
            found[answers.PRINTER],
            found[answers.OFFLINE_CAUSE],
            found[answers.ERROR],
            found[answers.PAPER],
        )

    def send(self, data: bytes) -> None:
        """Raises Stalled or Lost with what left this machine."""
        on_the_wire = len(data) / self._transport.bytes_per_second
        self._transport.write(data, self._patience.write_seconds + on_the_wire)

    def clear(self) -> bool:
        """Throw away what waits in the printer; whether it said so. Raises Stalled or Lost, 0."""
        self._cleared = False
        self._quietly(answers.CLEAR)
        deadline = self._clock() + self._patience.status_seconds
        while not self._cleared and (left := deadline - self._clock()) > 0:
            self._hear(left)
        return self._cleared

    def logos(self) -> frozenset[bytes] | None:
        """The keys of the pictures in the printer; None where it does not say."""
        self._logos, self._more = None, True
        self._quietly(answers.ASK_LOGOS)
        deadline = self._clock() + self._patience.drawer_seconds
        while self._more and (left := deadline - self._clock()) > 0:
            self._hear(left)
        return self._logos

    def run(self, job: Job, barrier: Barrier, told: Told) -> None:
        """Send a job and hear of each checkpoint as the printer passes it.

        Raises Stalled or Lost with the bytes that left this machine; `told` has then
        been called for every checkpoint that is proved. A printer that runs out of paper
        meanwhile ends the wait at once.
        """
        patience, now = self._patience.barrier_seconds, self._clock()
        self._progress = Progress(job, barrier, patience, now, echoes=self.echoes)
        self._told = told
        try:
            self._send_sections(job, self._progress)
            self._await_done(job, self._progress)
        finally:
            if self._progress.echoes is not None:
                self.echoes = self._progress.echoes
            self._progress, self._told = None, _nobody

    def _send_sections(self, job: Job, progress: Progress) -> None:
        written = 0
        for section in job.sections:
            try:
                self.send(section.data + section.barrier)
                written += len(section.data) + len(section.barrier)
                progress.sent(self._clock())
                self._hear(0.0)
            except (Stalled, Lost) as error:
                # What it said before is still in the line, and is proof.
                with contextlib.suppress(DeviceError):
                    self._hear(0.0)
                if not progress.is_proved:
                    raise self._over(error, min(written + error.bytes_written, job.size)) from error

    def _await_done(self, job: Job, progress: Progress) -> None:
        try:
            state = self._until_done(progress)
        except (Stalled, Lost) as error:
            if progress.is_proved:
                return
            raise self._over(error, job.size) from error
        if state is not None:
            why = WHY.get(state.reason, "it did not say that it took the receipt")
            raise Stalled(self._device, why, bytes_written=job.size)

    def _until_done(self, progress: Progress) -> DeviceState | None:
        state = DeviceState(Health.READY)
        while not progress.done and (left := progress.deadline - self._clock()) > 0:
            if self._hear_or_trouble(progress, min(left, _IMPATIENT_SECONDS)):
                continue
            state = self.look()
            if _wants_a_person(state) and not progress.done:
                return state
        return None if progress.done else state

    def _hear_or_trouble(self, progress: Progress, timeout_seconds: float) -> bool:
        """False when it was silent for so long, or said by itself that it cannot go on."""
        end = self._clock() + timeout_seconds
        while not progress.done and (left := end - self._clock()) > 0:
            heard = self._hear(left)
            pushed = [each.state for each in heard if isinstance(each, answers.Pushed)]
            if pushed and _wants_a_person(pushed[-1]):
                return False
        return progress.done

    def _over(self, error: DeviceError, written: int) -> DeviceError:
        return type(error)(self._device, error.reason, bytes_written=written)

    def _ask(self, question: int) -> answers.Status | None:
        """Answers carry no question, so one that is owed from before is let by first."""
        self._quietly(answers.ask(question))
        self._owed += 1
        heard: list[answers.Answer] = []
        deadline = self._clock() + self._patience.status_seconds
        while self._owed and (left := deadline - self._clock()) > 0:
            found = [each for each in self._hear(left) if isinstance(each, answers.Status)]
            heard += found
            self._owed = max(self._owed - len(found), 0)
        if heard:
            self._owed = 0
        last = heard[-1] if heard else None
        return last if isinstance(last, answers.Status) else None

    def _quietly(self, data: bytes) -> None:
        """A question leaves no trace on paper, so an error counts no byte."""
        try:
            self._transport.write(data, self._patience.status_seconds)
        except (Stalled, Lost) as error:
            raise self._over(error, 0) from error

    def _hear(self, timeout_seconds: float) -> list[answers.Answer]:
        heard = self._answers.feed(self._transport.read(timeout_seconds))
        for answer in heard:
            self._note(answer)
        return heard

    def _note(self, answer: answers.Answer) -> None:
        if isinstance(answer, answers.Pushed):
            self.seen, self.drawer_pin = answer.state, answer.drawer_pin
        elif isinstance(answer, answers.Cleared):
            self._cleared = True
        elif isinstance(answer, answers.Logos):
            self._logos = (self._logos or frozenset()) | answer.keys
            self._more = answer.more
            if answer.more:
                self._quietly(answers.ACKNOWLEDGE)
        elif self._progress is not None:
            for name in self._progress.heard(answer, self._clock()):
                self._told(name)


def _wants_a_person(state: DeviceState) -> bool:
    blocked = state.health in (Health.BLOCKED, Health.FAULT)
    return blocked and state.reason not in _PASSING


def _nobody(_name: str) -> None:
    return
