"""What one kind of printer can do, as data: page numbers, widths, how it cuts.

A few profiles are ours, by maker; any of the models that python-escpos describes
may be named too ("TM-T88V", "escpos:TM-T88V"), and is looked up only then, since
reading its table takes a quarter of a second.

The mistake to avoid is choosing a code page character by character: € then
lands on a Greek page on every third printer. One page is set per job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hardware.printers import swedish7
from hardware.printers.logo import Picture

# Feed past the cutter, then cut and leave a bridge (GS V 66 0), and the older
# form for printers that do not know it: four lines, then GS V 1.
FEED_AND_CUT = b"\x1dVB\x00"
LINES_AND_CUT = b"\x1bd\x04\x1dV\x01"
LINES_ONLY = b"\x1bd\x05"


@dataclass(frozen=True, slots=True)
class Profile:
    """`page` is the number of `codec` in this printer; `cell_dots` the width of one column.

    `positions`: the printer knows ESC $, which saves sending blanks. `pulse_at_once`:
    it knows the real-time drawer pulse. `answers_in_order`: GS r is answered after
    what was sent before it, so the answer proves that the job was taken. `echoes`: it
    also says a text of ours back then (GS ( H). `pushes`: it tells by itself what
    changes (GS a). `clears`: it can throw away what waits in it (DLE DC4 8).
    `national`: the set of ESC R. `logo`: the shop's picture.
    """

    name: str
    columns: int
    codec: str
    page: int
    cut: bytes
    cell_dots: int = 12
    positions: bool = True
    pulse_at_once: bool = True
    answers_in_order: bool = True
    echoes: bool = False
    pushes: bool = False
    clears: bool = False
    qr: bool = True
    stored_logo: bool = True
    national: int = 0
    logo: Picture | None = None

    @property
    def dots(self) -> int:
        return self.columns * self.cell_dots

    def with_columns(self, columns: int) -> Profile:
        return replace(self, columns=columns)


EPSON = Profile(
    "epson",
    columns=42,
    codec="cp858",
    page=19,
    cut=FEED_AND_CUT,
    echoes=True,
    pushes=True,
    clears=True,
)
GENERIC = Profile(
    "generic",
    columns=48,
    codec="cp858",
    page=19,
    cut=LINES_AND_CUT,
    pulse_at_once=False,
    stored_logo=False,
)
# Clones of their time: news and real-time pulses as Epson's, no echo, their own memory.
BIXOLON = replace(EPSON, name="bixolon", echoes=False, clears=False)
CITIZEN = replace(EPSON, name="citizen", columns=48, echoes=False, clears=False)
# In its ESC/POS mode; the mode is set at the printer, never by us.
STAR = replace(GENERIC, name="star", cut=FEED_AND_CUT, pulse_at_once=True)
XPRINTER = replace(GENERIC, name="xprinter", cut=FEED_AND_CUT)
RONGTA = replace(XPRINTER, name="rongta")
# 58 mm, torn off by hand; their table of pages is their own, and they draw no QR code.
SMALL = replace(GENERIC, name="clone58", columns=32, page=53, cut=LINES_ONLY, qr=False)
# No pages at all: seven bits, in which Swedish letters stand for brackets.
SEVEN_BIT = replace(GENERIC, name="7bit", codec=swedish7.NAME, page=0, national=5, qr=False)
OURS = {
    profile.name: profile
    for profile in (
        EPSON, GENERIC, BIXOLON, CITIZEN, STAR, XPRINTER, RONGTA, SMALL, SEVEN_BIT,
    )
}  # fmt: skip

# In this order: € and Swedish letters, then Swedish letters alone.
_WANTED = ("cp858", "cp1252", "cp850", "cp437")
# Before a name: look among the models of python-escpos only.
_FOREIGN = "escpos:"


def named(name: str) -> Profile:
    """The profile of this name; raises KeyError naming ours where nobody knows it."""
    if name.lower() in OURS:
        return OURS[name.lower()]
    from escpos.capabilities import CAPABILITIES

    name = name.removeprefix(_FOREIGN)
    described = CAPABILITIES["profiles"].get(name)
    if described is None:
        raise KeyError(", ".join((*OURS, *sorted(CAPABILITIES["profiles"]))))
    return _from_description(name, described)


def _from_description(name: str, described: dict[str, Any]) -> Profile:
    features = described["features"]
    is_epson = name.startswith("TM-")
    codec, page = _page(described["codePages"])
    return Profile(
        name,
        columns=described["fonts"]["0"]["columns"],
        codec=codec,
        page=page,
        cut=FEED_AND_CUT if features["paperPartCut"] else LINES_ONLY,
        positions=False,
        pulse_at_once=is_epson,
        echoes=is_epson,
        pushes=is_epson,
        clears=is_epson,
        national=5 if codec == swedish7.NAME else 0,
        qr=features["qrCode"],
        stored_logo=features["graphics"],
    )


def _page(pages: dict[str, str]) -> tuple[str, int]:
    numbers = {codec.lower(): int(number) for number, codec in pages.items()}
    for codec in _WANTED:
        if codec in numbers:
            return codec, numbers[codec]
    return swedish7.NAME, 0
