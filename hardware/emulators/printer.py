"""An emulated receipt printer: bytes in, answers and paper out, faults to switch.

Sans-IO; `serving` puts it on a TCP port or a pty. Like the real thing it answers
real-time questions while everything else waits for paper, and a question asked
in order (GS r, GS ( H) only when all before it has been done. `go_on` is its clock:
each call is one tick, in which late replies ripen and changes are pushed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hardware.emulators.drawer import EmulatedDrawer
from hardware.emulators.escpos_reader import Command, Reader, RealTime, Unknown
from hardware.emulators.mechanism import Mechanism
from hardware.emulators.paper import Paper, Row
from hardware.emulators.printer_status import Faults, pushed_status, status_bits

__all__ = ["EmulatedPrinter", "Faults"]

# How long it takes to start, a second where a tick is a twentieth.
BOOT_TICKS = 20


@dataclass(slots=True)
class EmulatedPrinter:
    """`feed` bytes, get the answer bytes.

    `taken` counts what came in, `ticks` the calls of `go_on`, `reboots` the power cuts.
    """

    faults: Faults = field(default_factory=Faults)
    mechanism: Mechanism = field(default_factory=Mechanism)
    drawer: EmulatedDrawer = field(default_factory=EmulatedDrawer)
    taken: int = 0
    real_time_pulses: int = 0
    reboots: int = 0
    _real_time: RealTime = field(default_factory=RealTime)
    _reader: Reader = field(default_factory=Reader)
    _held: bytearray = field(default_factory=bytearray)
    _items: deque[Command | Unknown] = field(default_factory=deque)
    _late: deque[tuple[int, bytes]] = field(default_factory=deque)
    ticks: int = 0
    _awake_at: int = 0
    _pushes: bool = False
    _pushed: bytes = b""

    @property
    def papers(self) -> list[Paper]:
        """What has been cut off, oldest first."""
        return self.mechanism.papers

    @property
    def pulses(self) -> int:
        """How often a drawer was kicked."""
        return self.mechanism.pulses + self.real_time_pulses

    def feed(self, data: bytes) -> bytes:
        """Take bytes, real-time commands first; returns what the printer says."""
        self.taken += len(data)
        if self.ticks < self._awake_at:
            return b""
        rest, urgent = self._real_time.feed(data)
        said = b""
        for command in urgent:
            # What DLE DC4 8 throws away are the bytes before it.
            if command.name == b"\x10\x14" and command.data[0] == 8:
                rest = b""
            said += self._urgent(command)
        self._held += rest
        return self._say(said + self._work() + self._news())

    def go_on(self) -> bytes:
        """After a fault was mended: do what was waiting; returns what the printer says."""
        self.ticks += 1
        return self._ripe() + self._say(self._work() + self._news())

    def power_cycle(self) -> None:
        """Off and on: what was waiting is gone, and what comes while it starts."""
        self.reboots += 1
        self._awake_at = self.ticks + BOOT_TICKS
        self._forget_what_waits()
        self._late.clear()
        self._pushes = False
        self.mechanism.reset()

    def _forget_what_waits(self) -> None:
        self._held.clear()
        self._items.clear()
        self._reader.clear()

    def _work(self) -> bytes:
        said = b""
        while not self.faults.stops_printing and (self._items or self._take_in()):
            item = self._items.popleft()
            if self._paper_ends_before(item):
                self._items.appendleft(item)
                self.faults.paper_out = True
                break
            said += self._do(item)
        return said

    def _take_in(self) -> bool:
        """Bytes become commands, as far as the roll lasts and until the power fails."""
        data = self._until_paper_ends()
        fails = self.faults.reboot_after_bytes
        if fails is not None:
            self.faults.reboot_after_bytes = fails - len(data)
            data = data[:fails]
        self._items += self._reader.feed(data)
        if fails is not None and fails <= len(data):
            self.faults.reboot_after_bytes = None
            self._items.append(_POWER_FAILS)
        return bool(self._items)

    def _until_paper_ends(self) -> bytes:
        lasts = self.faults.paper_lasts_bytes
        data = bytes(self._held[:lasts])
        del self._held[:lasts]
        if lasts is not None:
            self.faults.paper_lasts_bytes = lasts - len(data)
            if self._held:
                self.faults.paper_out, self.faults.paper_lasts_bytes = True, None
        return data

    def _paper_ends_before(self, item: Command | Unknown) -> bool:
        if not isinstance(item, Command):
            return False
        faults = self.faults
        if (
            faults.paper_ends_at is not None
            and item.name == b""
            and faults.paper_ends_at in (item.data.decode("cp858"))
        ):
            faults.paper_ends_at = None
            return True
        if faults.paper_ends_before_cut and item.name == b"\x1dV":
            faults.paper_ends_before_cut = False
            return True
        return False

    def _do(self, item: Command | Unknown) -> bytes:
        if item is _POWER_FAILS:
            self.power_cycle()
            return b""
        if isinstance(item, Command) and item.name == b"\x1b@":
            self._pushes = False
        rows = self._rows()
        self.mechanism.obey(item)
        if isinstance(item, Command) and item.name == b"\x1bp":
            self.drawer.kick(item.data[0])
        self._count_lines(self._rows() - rows)
        self._warm_up(item)
        return self._in_order(item) if isinstance(item, Command) else b""

    def _warm_up(self, item: Command | Unknown) -> None:
        hot = self.faults.overheats_at
        if hot is not None and isinstance(item, Command) and hot.encode("cp858") in item.data:
            self.faults.overheated, self.faults.overheats_at = True, None

    def _rows(self) -> int:
        return sum(isinstance(piece, Row) for piece in self.mechanism.paper.pieces)

    def _count_lines(self, printed: int) -> None:
        if self.faults.paper_lasts_lines is not None and printed > 0:
            self.faults.paper_lasts_lines -= printed
            if self.faults.paper_lasts_lines <= 0:
                self.faults.paper_out, self.faults.paper_lasts_lines = True, None

    def _say(self, said: bytes) -> bytes:
        if self.faults.silent or not said:
            return b""
        if self.faults.late_ticks:
            self._late.append((self.ticks + self.faults.late_ticks, said))
            return b""
        return said

    def _ripe(self) -> bytes:
        said = b""
        while self._late and self._late[0][0] <= self.ticks:
            said += self._late.popleft()[1]
        return said

    def _news(self) -> bytes:
        """The automatic status, when something changed since it was last told."""
        if not self._pushes:
            return b""
        now = pushed_status(self.faults, self.drawer)
        if now == self._pushed:
            return b""
        self._pushed = now
        return now

    def _in_order(self, command: Command) -> bytes:
        if self.faults.forgetful:
            return b""
        data = command.data
        match command.name:
            case b"\x1da":
                self._pushes, self._pushed = bool(data[0]), b""
            case b"\x1dr":
                near = self.faults.paper_near_end and data[0] in (1, 49)
                return b"\x03" if near else b"\x00"
            case b"\x1d(H" if data[:2] == b"00" and not self.faults.no_echo:
                return b'7"' + data[2:6] + b"\0"
            case b"\x1d(L" if data[:2] == b"0@" and not self.faults.no_logos:
                keys = b"".join(sorted(self.mechanism.logos))
                return b"7r" + (b"@" + keys if keys else b"@") + b"\0"
            case b"\x1dI":
                return b"\x5fSPINDEL EMULATOR\x00" if data[0] >= 65 else b"\x20"
        return b""

    def _urgent(self, command: Command) -> bytes:
        if command.name == b"\x10\x04":
            return self._status(command.data[0])
        if command.name == b"\x10\x14" and command.data[0] == 1:
            self.real_time_pulses += 1
            self.drawer.kick(command.data[1])
        if command.name == b"\x10\x14" and command.data[0] == 8 and not self.faults.no_clear:
            self._forget_what_waits()
            return b"7%\0"
        return b""

    def _status(self, question: int) -> bytes:
        if self.faults.lose_replies:
            self.faults.lose_replies -= 1
            return b""
        burst = pushed_status(self.faults, self.drawer) if self.faults.burst else b""
        return burst + bytes([status_bits(question, self.faults, self.drawer)])


_POWER_FAILS = Unknown(b"the power fails here")
