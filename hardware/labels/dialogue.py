"""Asking a label printer how it is, and giving it a job, over any transport: no thread.

The clock and the pause are given, so that a test can run this against an emulated printer
in one process and in pretended time. A newcomer would send a job and look afterwards; a
printer that cannot print keeps it, and it comes out hours later.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from hardware.errors import Lost, Refused, Stalled
from hardware.labels.status import ASK, WHY, LabelStatus, StatusReader
from hardware.ports import DeviceState, Health, Reason
from hardware.transports.transport import Transport


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for an answer, between two looks, for a whole job and for each label of it."""

    answer_seconds: float = 1.0
    watch_seconds: float = 2.0
    job_seconds: float = 5.0
    label_seconds: float = 2.0
    again_seconds: float = 0.05


class LabelDialogue:
    """One printer's conversation; `seen` is the last look. `asks`: it answers ~HS."""

    def __init__(
        self,
        device: str,
        transport: Transport,
        patience: Patience,
        *,
        asks: bool = True,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        self._device = device
        self._transport = transport
        self._patience = patience
        self._asks = asks and transport.answers
        self._clock = clock
        self._pause = pause
        self._reader = StatusReader()
        self.seen = DeviceState(Health.OPENING)

    def print(self, job: bytes, copies: int) -> None:
        """Raises Absent, Busy, Refused and Stalled with nothing written; after that Stalled,
        Lost and Refused count the bytes: the labels may be out."""
        self._make_ready()
        seconds = self._patience.job_seconds + len(job) / self._transport.bytes_per_second
        self._transport.write(job, seconds)
        if self._asks:
            self._await_printed(len(job), copies)

    def look(self) -> DeviceState:
        """How it is now, also kept as `seen`. A line that broke while we were idle is made
        anew once: only a question was lost. Raises Absent, Busy, Stalled and Lost."""
        self.seen = self._look()
        return self.seen

    def close(self) -> None:
        self._transport.close()

    def _make_ready(self) -> None:
        """Not one byte to a printer that cannot print."""
        state = self.look()
        if state.health in (Health.BLOCKED, Health.FAULT):
            if state.reason is Reason.NO_ANSWER:
                raise Stalled(self._device, state.detail)
            raise Refused(self._device, state.detail)

    def _await_printed(self, written: int, copies: int) -> None:
        """Until it said twice that nothing waits: the first may be older than the job."""
        patience = self._patience
        deadline = self._clock() + patience.job_seconds + copies * patience.label_seconds
        quiet = 0
        while quiet < 2:
            status = self._ask_after(written)
            if status is None:
                raise Stalled(self._device, WHY[Reason.NO_ANSWER], bytes_written=written)
            self.seen = status.state()
            if status.reason is not Reason.NONE:
                raise Refused(self._device, self.seen.detail, bytes_written=written)
            if self._clock() > deadline:
                raise Stalled(self._device, "labels still wait in it", bytes_written=written)
            quiet = 0 if status.waiting else quiet + 1
            self._pause(patience.again_seconds)

    def _look(self) -> DeviceState:
        self._transport.open()
        if not self._asks:
            return DeviceState(Health.READY, detail="it is not asked; only its port is known")
        try:
            status = self._ask()
        except Lost:
            self._transport.close()
            self._transport.open()
            status = self._ask()
        if status is None:
            return DeviceState(Health.FAULT, Reason.NO_ANSWER, WHY[Reason.NO_ANSWER])
        return status.state()

    def _ask_after(self, written: int) -> LabelStatus | None:
        """A question that fails after a job says that the job's bytes are out."""
        try:
            return self._ask()
        except (Stalled, Lost) as error:
            raise type(error)(self._device, error.reason, bytes_written=written) from error

    def _ask(self) -> LabelStatus | None:
        """How it is now; None when it says nothing. What lies in the buffers is from before."""
        while self._transport.read(0.0):
            pass
        self._reader.clear()
        self._transport.write(ASK, self._patience.answer_seconds)
        deadline = self._clock() + self._patience.answer_seconds
        while (left := deadline - self._clock()) > 0:
            found = self._reader.feed(self._transport.read(left))
            if found:
                return found[-1]
        return None
