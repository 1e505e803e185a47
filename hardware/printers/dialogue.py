"""Asking a printer and hearing it out, over any transport: one conversation, no thread.

The caller holds the line for as long as a call takes. A newcomer would take
silence for "all is well" (the usual library answers "plenty of paper"); here it
is `WARNING(no_answer)`, and a job to such a printer ends without proof.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from hardware.errors import Lost, Stalled
from hardware.ports import DeviceState, Health, Reason
from hardware.printers import answers
from hardware.transports.transport import Transport

# Fixed words for a person at the till; the state carries the reason for programs.
WHY = {
    Reason.PAPER_OUT: "it is out of paper",
    Reason.COVER_OPEN: "its cover is open",
    Reason.CUTTER_JAM: "its cutter is jammed",
    Reason.OVERHEATED: "it is too hot and pauses",
    Reason.OFFLINE: "it is offline; look at its panel",
}


@dataclass(frozen=True, slots=True)
class Patience:
    """Deadlines in seconds. `barrier_seconds` must outlast the slowest receipt's printing."""

    status_seconds: float = 0.3
    write_seconds: float = 2.0
    barrier_seconds: float = 6.0
    drawer_seconds: float = 1.0
    watch_seconds: float = 2.0


class Dialogue:
    """One printer's conversation; `device` is its address, for errors. `seen`: the last look."""

    def __init__(self, device: str, transport: Transport, patience: Patience) -> None:
        self._device = device
        self._transport = transport
        self._patience = patience
        self._answers = answers.Answers()
        self._passed = False
        self.seen = DeviceState(Health.UNKNOWN)

    def open(self) -> None:
        """Raises Absent or Busy."""
        self._transport.open()

    def close(self) -> None:
        self._transport.close()
        self._answers = answers.Answers()

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
            bits = self._ask(question)
            if bits is None:
                return DeviceState(Health.WARNING, Reason.NO_ANSWER)
            found[question] = bits
        if answers.wants_error_detail(found[answers.OFFLINE_CAUSE]):
            found[answers.ERROR] = self._ask(answers.ERROR) or 0
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

    def await_taken(self, job_bytes: int) -> None:
        """Ask for an answer in order, and wait. Raises Stalled or Lost with `job_bytes`.

        A printer that runs out of paper meanwhile ends the wait at once.
        """
        try:
            state = self._await_passed()
        except (Stalled, Lost) as error:
            raise type(error)(self._device, error.reason, bytes_written=job_bytes) from error
        if state is not None:
            why = WHY.get(state.reason, "it did not say that it took the receipt")
            raise Stalled(self._device, why, bytes_written=job_bytes)

    def _await_passed(self) -> DeviceState | None:
        self._passed = False
        self.send(answers.BARRIER)
        state = DeviceState(Health.READY)
        deadline = time.monotonic() + self._patience.barrier_seconds
        while (left := deadline - time.monotonic()) > 0:
            self._hear_until_passed(min(left, 1.0))
            if self._passed:
                return None
            state = self.look()
            if state.health in (Health.BLOCKED, Health.FAULT):
                break
        return None if self._passed else state

    def _hear_until_passed(self, timeout_seconds: float) -> None:
        deadline = time.monotonic() + timeout_seconds
        while not self._passed and (left := deadline - time.monotonic()) > 0:
            self._hear(left)

    def _ask(self, question: int) -> int | None:
        try:
            self._transport.write(answers.ask(question), self._patience.status_seconds)
        except (Stalled, Lost) as error:
            # A question leaves no trace on paper.
            raise type(error)(self._device, error.reason) from error
        deadline = time.monotonic() + self._patience.status_seconds
        while (left := deadline - time.monotonic()) > 0:
            for status in self._hear(left):
                return status.bits
        return None

    def _hear(self, timeout_seconds: float) -> list[answers.Status]:
        heard = self._answers.feed(self._transport.read(timeout_seconds))
        self._passed = self._passed or any(isinstance(one, answers.Passed) for one in heard)
        return [one for one in heard if isinstance(one, answers.Status)]
