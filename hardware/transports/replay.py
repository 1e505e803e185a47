"""A recorded byte log as a wire that a driver can be run against: a field fault as a test.

No device and no waiting: what the device said comes as soon as the driver has
written what it had written then. A newcomer would play the log by the clock; then a
faster machine meets another order than the shop did.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from hardware.errors import Absent, Busy, DeviceError, Lost, Stalled
from hardware.transports.recording import Record, Way

_ERRORS: dict[str, type[DeviceError]] = {
    "absent": Absent,
    "busy": Busy,
    "stalled": Stalled,
    "lost": Lost,
}
DEVICE = "replay://"


class Replay:
    """See `transport.Transport`. `strict`: other bytes than were written then are Lost, named.

    Without `strict` only their number counts, for a driver that has since learned to
    say it otherwise. When the log is at its end nothing more comes.
    """

    answers = True
    bytes_per_second = 1_000_000.0

    def __init__(self, records: Iterable[Record], *, strict: bool = True) -> None:
        self._left = deque(each for each in records if each.data != b"close")
        self._strict = strict
        self.written = bytearray()

    @property
    def at_end(self) -> bool:
        return not self._left

    def open(self) -> None:
        """Raises what opening raised then."""
        self._fail_if_noted("open")

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises what writing raised then; Lost where the driver goes another way."""
        self.written += data
        rest = data
        while rest and self._left:
            record = self._left[0]
            if record.way is not Way.OUT:
                if record.data.startswith(b"write "):
                    self._fail_if_noted("write")
                if not self._strict:
                    break
                raise self._other_way(rest, record)
            self._take_out(rest[: len(record.data)], record)
            rest = rest[len(record.data) :]
        if self._left and self._left[0].data.startswith(b"write "):
            self._fail_if_noted("write")

    def read(self, timeout_seconds: float) -> bytes:
        """What came at this place, or b""; raises what reading raised then."""
        if self._left and self._left[0].way is Way.IN:
            return self._left.popleft().data
        self._fail_if_noted("read")
        return b""

    def close(self) -> None:
        """Nothing to let go of."""

    def _take_out(self, said: bytes, record: Record) -> None:
        if self._strict and not _same(said, record.data[: len(said)]):
            raise self._other_way(said, record)
        self._left.popleft()
        if len(said) < len(record.data):
            self._left.appendleft(Record(record.at, record.way, record.data[len(said) :]))

    def _fail_if_noted(self, what: str) -> None:
        """Take the notes here; raise the first that tells of trouble with `what`."""
        while self._left and self._left[0].way is Way.NOTE:
            words = self._left[0].data.decode().split(" ", 3)
            if words[0] != what and len(words) > 1:
                return
            self._left.popleft()
            if len(words) == 4:
                raise _ERRORS.get(words[1], Lost)(DEVICE, words[3], bytes_written=int(words[2]))
            if words[0] == what:
                return

    def _other_way(self, said: bytes, record: Record) -> Lost:
        then = f"{record.way} {record.data.hex()}"
        return Lost(DEVICE, f"the driver says {said.hex()} where the recording has {then}")


def _same(said: bytes, recorded: bytes) -> bool:
    """Equal but for what was hidden."""
    return len(said) == len(recorded) and all(
        then in (now, ord("*")) for now, then in zip(said, recorded, strict=True)
    )
