"""A scale's protocol and an emulated scale in one thread, in pretend time."""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.emulators.line import Core
from hardware.ports import WeighRequest
from hardware.scales.talk import Outcome, Talk

STEP_SECONDS = 0.02


@dataclass(slots=True)
class Lane:
    """`now` moves only when nothing is on the wire; `chunk` is how many bytes arrive at once."""

    talk: Talk
    core: Core
    chunk: int = 64
    now: float = 1000.0
    _on_the_wire: bytearray = field(default_factory=bytearray)

    def weigh(self, request: WeighRequest) -> Outcome:
        self._drain()
        self._hand_over(self.talk.weigh(request, self.now))
        return self._until_outcome()

    def glance(self) -> Outcome:
        self._drain()
        self._hand_over(self.talk.glance(self.now))
        return self._until_outcome()

    def pass_time(self, seconds: float) -> None:
        """Nothing is asked; what comes lies in the buffers."""
        self.now += seconds
        self._on_the_wire += self.core.go_on(self.now)

    def _drain(self) -> None:
        """As the driver does: what lies there was sent before."""
        self._on_the_wire += self.core.go_on(self.now)
        self._on_the_wire.clear()

    def _hand_over(self, said: bytes) -> None:
        for start in range(0, len(said), self.chunk):
            self._on_the_wire += self.core.feed(said[start : start + self.chunk], self.now)

    def _until_outcome(self) -> Outcome:
        while (outcome := self.talk.outcome) is None:
            self._on_the_wire += self.core.go_on(self.now)
            if self._on_the_wire:
                data = bytes(self._on_the_wire[: self.chunk])
                del self._on_the_wire[: self.chunk]
                self._hand_over(self.talk.feed(data, self.now))
            else:
                self.now += STEP_SECONDS
                self._hand_over(self.talk.tick(self.now))
        return outcome
