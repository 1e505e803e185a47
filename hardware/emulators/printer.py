"""An emulated receipt printer: bytes in, answers and paper out, faults to switch.

Sans-IO; `serving` puts it on a TCP port or a pty. Like the real thing it answers
real-time questions while everything else waits for paper, and a question asked
in order (GS r) only when all before it has been done.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hardware.emulators.escpos_reader import Command, Reader, RealTime
from hardware.emulators.mechanism import Mechanism
from hardware.emulators.paper import Paper


@dataclass(slots=True)
class Faults:
    """What is wrong with it; may be changed at any time.

    `silent`: it prints but never answers. `forgetful`: it answers real-time questions
    only. `deaf`: it takes no bytes at all. `paper_lasts_bytes`: the roll ends when so
    many more bytes have been printed. `reset_after_bytes`: the line is cut when so many
    bytes have come.
    """

    paper_out: bool = False
    paper_near_end: bool = False
    cover_open: bool = False
    cutter_jam: bool = False
    silent: bool = False
    forgetful: bool = False
    deaf: bool = False
    paper_lasts_bytes: int | None = None
    reset_after_bytes: int | None = None


@dataclass(slots=True)
class EmulatedPrinter:
    """`feed` bytes, get the answer bytes. `taken` counts what came in."""

    faults: Faults = field(default_factory=Faults)
    mechanism: Mechanism = field(default_factory=Mechanism)
    taken: int = 0
    real_time_pulses: int = 0
    _real_time: RealTime = field(default_factory=RealTime)
    _reader: Reader = field(default_factory=Reader)
    _held: bytearray = field(default_factory=bytearray)

    @property
    def papers(self) -> list[Paper]:
        """What has been cut off, oldest first."""
        return self.mechanism.papers

    @property
    def pulses(self) -> int:
        """How often the drawer was kicked."""
        return self.mechanism.pulses + self.real_time_pulses

    def feed(self, data: bytes) -> bytes:
        """Take bytes, real-time commands first; returns what the printer says."""
        self.taken += len(data)
        rest, urgent = self._real_time.feed(data)
        said = b"".join(self._urgent(command) for command in urgent)
        self._held += rest
        return self._say(said + self._work())

    def go_on(self) -> bytes:
        """After a fault was mended: do what was waiting; returns what the printer says."""
        return self._say(self._work())

    def power_cycle(self) -> None:
        """Off and on: what was waiting is gone."""
        self._held.clear()
        self._reader.clear()
        self.mechanism.reset()

    def _work(self) -> bytes:
        if self._stopped():
            return b""
        data, said = self._until_paper_ends(), b""
        for item in self._reader.feed(data):
            self.mechanism.obey(item)
            if isinstance(item, Command):
                said += self._in_order(item)
        return said

    def _until_paper_ends(self) -> bytes:
        lasts = self.faults.paper_lasts_bytes
        data = bytes(self._held[:lasts])
        del self._held[:lasts]
        if lasts is not None:
            self.faults.paper_lasts_bytes = lasts - len(data)
            if self._held:
                self.faults.paper_out, self.faults.paper_lasts_bytes = True, None
        return data

    def _stopped(self) -> bool:
        return self.faults.paper_out or self.faults.cover_open or self.faults.cutter_jam

    def _say(self, said: bytes) -> bytes:
        return b"" if self.faults.silent else said

    def _in_order(self, command: Command) -> bytes:
        if self.faults.forgetful:
            return b""
        if command.name == b"\x1dr":
            if command.data[0] in (1, 49):
                return bytes([0x03 if self.faults.paper_near_end else 0x00])
            return b"\x00"
        if command.name == b"\x1dI":
            return b"\x5fSPINDEL EMULATOR\x00" if command.data[0] >= 65 else b"\x20"
        return b""

    def _urgent(self, command: Command) -> bytes:
        if command.name == b"\x10\x04":
            return bytes([0x12 | self._status(command.data[0])])
        if command.name == b"\x10\x14" and command.data[0] == 1:
            self.real_time_pulses += 1
        return b""

    def _status(self, question: int) -> int:
        faults = self.faults
        match question:
            case 1:
                return 0x08 if self._stopped() else 0
            case 2:
                return (
                    (0x04 if faults.cover_open else 0)
                    | (0x20 if faults.paper_out else 0)
                    | (0x40 if faults.cutter_jam else 0)
                )
            case 3:
                return 0x08 if faults.cutter_jam else 0
            case 4:
                near = 0x0C if faults.paper_near_end or faults.paper_out else 0
                return near | (0x60 if faults.paper_out else 0)
        return 0
