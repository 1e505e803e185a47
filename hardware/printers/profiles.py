"""What one kind of printer can do, as data: page numbers, widths, how it cuts.

Two profiles are ours, "epson" and "generic"; any of the models that
python-escpos describes may be named too, and is looked up only then, since
reading its table takes a quarter of a second.

The mistake to avoid is choosing a code page character by character: € then
lands on a Greek page on every third printer. One page is set per job.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

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
OURS = {profile.name: profile for profile in (EPSON, GENERIC)}

# In this order: € and Swedish letters, then Swedish letters alone.
_WANTED = ("cp858", "cp1252", "cp850", "cp437")


def named(name: str) -> Profile:
    """The profile of this name; raises KeyError naming ours where nobody knows it."""
    if name in OURS:
        return OURS[name]
    from escpos.capabilities import CAPABILITIES

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
        qr=features["qrCode"],
        stored_logo=features["graphics"],
    )


def _page(pages: dict[str, str]) -> tuple[str, int]:
    numbers = {codec.lower(): int(number) for number, codec in pages.items()}
    for codec in _WANTED:
        if codec in numbers:
            return codec, numbers[codec]
    return "ascii", 0
