"""An emulated printer and its driver's conversation in one process and in pretended time.

No thread, no socket, no waiting: reading advances a clock that both believe in, so a
test runs through thousands of faults a second. A newcomer would let time stand still
when nothing comes; then a deadline never ends.
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.emulators.printer import EmulatedPrinter
from hardware.errors import Absent, Lost, Stalled

TICK_SECONDS = 0.05


class PretendLine:
    """See `transport.Transport`. `now` is the clock to hand to the conversation.

    `breaks_after_bytes`: the line is cut when so many more were written. `on_tick` is
    called each twentieth of a second, for a test to mend and to break things.
    """

    answers = True
    bytes_per_second = 10_000.0

    def __init__(
        self, printer: EmulatedPrinter, on_tick: Callable[[], None] = lambda: None
    ) -> None:
        self.printer = printer
        self.time = 0.0
        self.breaks_after_bytes: int | None = None
        self._on_tick = on_tick
        self._said = bytearray()
        self._is_open = False
        self._reboots = printer.reboots

    def now(self) -> float:
        return self.time

    def open(self) -> None:
        """Raises Absent while the line is cut."""
        if self.breaks_after_bytes == 0:
            raise Absent("pretend", "the line is cut")
        self._is_open, self._reboots = True, self.printer.reboots

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises Stalled or Lost."""
        self._check(0)
        if self.printer.faults.deaf:
            self._pass(timeout_seconds)
            raise Stalled("pretend", "it stopped taking data")
        taken = data[: self.breaks_after_bytes]
        self._said += self.printer.feed(taken)
        self._pass(len(taken) / self.bytes_per_second)
        if self.breaks_after_bytes is not None:
            self.breaks_after_bytes -= len(taken)
        self._check(len(taken))

    def read(self, timeout_seconds: float) -> bytes:
        """Raises Lost. Without anything to hear the time is over at once."""
        if not self._said:
            self._check(0)
            self._pass(timeout_seconds, until_heard=True)
        said = bytes(self._said)
        self._said.clear()
        return said

    def close(self) -> None:
        self._is_open = False
        self._said.clear()

    def _pass(self, seconds: float, *, until_heard: bool = False) -> None:
        end = self.time + seconds
        while self.time < end and not (until_heard and self._said):
            step = min(TICK_SECONDS, end - self.time)
            self.time += step
            self._on_tick()
            self._said += self.printer.go_on()

    def _check(self, written: int) -> None:
        broken = self.breaks_after_bytes == 0 or self._reboots < self.printer.reboots
        if broken or not self._is_open:
            self._is_open = False
            raise Lost("pretend", "the line broke", bytes_written=written)
