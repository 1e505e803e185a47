"""What is wrong with an emulated printer, and the status bits that tell of it.

Pure, written from the command reference; it shares nothing with the driver that
reads these bits.
"""

from __future__ import annotations

from dataclasses import dataclass

from hardware.emulators.drawer import EmulatedDrawer


@dataclass(slots=True)
class Faults:
    """What is wrong with it; may be changed at any time.

    Paper: `paper_lasts_bytes` and `paper_lasts_lines`: the roll ends after so many more;
    `paper_ends_at`: before this word is printed; `paper_ends_before_cut`.
    `overheats_at`: it pauses after this word.
    Answers: `silent`: none at all. `forgetful`: real-time only. `no_echo`, `no_clear`,
    `no_logos`: it does not know GS ( H, DLE DC4 8, GS ( L. `late_ticks`: each comes so
    many ticks later. `lose_replies`: so many real-time answers are lost. `burst`: a status
    nobody asked for comes before each. `stuck_bits`: set in each answer about paper.
    Line: `deaf`: it takes no bytes at all. `slow_reader`: one byte at a time.
    `reset_after_bytes`: the line is cut when so many have come; `reboot_after_bytes`: its
    power fails for a moment when so many have been printed.
    """

    paper_out: bool = False
    paper_near_end: bool = False
    paper_ends_before_cut: bool = False
    overheats_at: str | None = None
    cover_open: bool = False
    cutter_jam: bool = False
    overheated: bool = False
    offline: bool = False
    broken: bool = False
    silent: bool = False
    forgetful: bool = False
    no_echo: bool = False
    no_clear: bool = False
    no_logos: bool = False
    burst: bool = False
    deaf: bool = False
    slow_reader: bool = False
    late_ticks: int = 0
    lose_replies: int = 0
    stuck_bits: int = 0
    paper_lasts_bytes: int | None = None
    paper_lasts_lines: int | None = None
    reset_after_bytes: int | None = None
    reboot_after_bytes: int | None = None
    paper_ends_at: str | None = None

    @property
    def stops_printing(self) -> bool:
        return self.paper_out or self.cover_open or self.offline or self.has_error

    @property
    def has_error(self) -> bool:
        return self.cutter_jam or self.overheated or self.broken


def status_bits(question: int, faults: Faults, drawer: EmulatedDrawer) -> int:
    """The answer to DLE EOT `question`, with its fixed bits."""
    return 0x12 | _bits(question, faults, drawer)


def _bits(question: int, faults: Faults, drawer: EmulatedDrawer) -> int:
    match question:
        case 1:
            return 0x08 * faults.stops_printing | 0x04 * drawer.level
        case 2:
            return 0x04 * faults.cover_open | 0x20 * faults.paper_out | 0x40 * faults.has_error
        case 3:
            return 0x08 * faults.cutter_jam | 0x20 * faults.broken | 0x40 * faults.overheated
        case 4:
            near = faults.paper_near_end or faults.paper_out
            return 0x0C * near | 0x60 * faults.paper_out | faults.stuck_bits
    return 0


def pushed_status(faults: Faults, drawer: EmulatedDrawer) -> bytes:
    """The four bytes of the automatic status."""
    first = 0x10 | 0x04 * drawer.level | 0x08 * faults.stops_printing | 0x20 * faults.cover_open
    second = 0x08 * faults.cutter_jam | 0x20 * faults.broken | 0x40 * faults.overheated
    near = faults.paper_near_end or faults.paper_out
    return bytes([first, second, 0x03 * near | 0x0C * faults.paper_out, 0])
