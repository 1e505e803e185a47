"""The inside of an emulated printer: commands move the head, paper comes out.

Sans-IO. Written from the command reference; it must not learn anything from our
encoder. A newcomer would forget that a printer keeps its style between jobs:
only ESC @ resets it, so a job that relies on a fresh printer shows its fault here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from hardware.emulators import codes
from hardware.emulators.escpos_reader import Command, Unknown
from hardware.emulators.paper import (
    CELL_WIDTH,
    LINE_HEIGHT,
    Bars,
    Cell,
    Gap,
    Matrix,
    Note,
    Paper,
    Piece,
    Raster,
    Row,
)

# Page number -> codec, as in Epson's table.
PAGES = {
    0: "cp437", 2: "cp850", 3: "cp860", 4: "cp863", 5: "cp865", 13: "cp857", 14: "cp737",
    15: "iso8859_7", 16: "cp1252", 17: "cp866", 18: "cp852", 19: "cp858", 34: "cp855",
    39: "iso8859_2", 40: "iso8859_15", 45: "cp1250", 46: "cp1251",
}  # fmt: skip
# ESC R 5 puts Swedish letters where ASCII has brackets.
_SWEDISH = str.maketrans("$@[\\]^`{|}~", "¤ÉÄÖÅÜéäöåü")


@dataclass(frozen=True, slots=True)
class _Style:
    codec: str = "cp437"
    chinese: bool = False
    swedish: bool = False
    align: int = 0
    wide: int = 1
    high: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False
    bar_height: int = 162
    bar_dot: int = 3
    bar_caption: int = 0
    line: int = LINE_HEIGHT


class Mechanism:
    """`papers` are cut off; `paper` is still in the printer. `pulses` counts drawer kicks."""

    def __init__(self, dots: int = 504, *, chinese: bool = False) -> None:
        self.papers: list[Paper] = []
        self.paper = Paper(dots)
        self.pulses = 0
        self.logos: dict[bytes, Raster] = {}
        self._first = _Style(chinese=chinese)
        self._style = self._first
        self._cells: list[Cell] = []
        self._x = 0
        self._qr = (b"", 3, 48)

    def obey(self, item: Command | Unknown) -> None:
        """Do one command."""
        if isinstance(item, Unknown):
            self._put(Note(f"unknown {item.data.hex(' ')}"))
        elif action := _ACTIONS.get(item.name):
            action(self, item.data)

    def reset(self) -> None:
        """ESC @, or power: the line under way is gone, the style is the factory's."""
        self._style = self._first
        self._cells.clear()
        self._x = 0

    def _letters(self, data: bytes) -> None:
        for letter in self._decoded(data):
            width = CELL_WIDTH * self._style.wide
            if self._x + width > self.paper.width:
                self._end_line(b"")
            style = self._style
            self._cells.append(
                Cell(
                    letter, self._x, style.wide, style.high, style.bold, style.underline,
                    style.inverse,
                )
            )  # fmt: skip
            self._x += width

    def _decoded(self, data: bytes) -> str:
        codec = "gb18030" if self._style.chinese else self._style.codec
        text = data.decode(codec, errors="replace")
        return text.translate(_SWEDISH) if self._style.swedish else text

    def _end_line(self, _: bytes) -> None:
        """Print what is in the line buffer; an empty one just feeds."""
        cells, self._cells, self._x = self._cells, [], 0
        if not cells:
            self._feed_dots(self._style.line)
            return
        shift = self._indent(max(cell.x + cell.width for cell in cells))
        self._put(Row(tuple(replace(cell, x=cell.x + shift) for cell in cells)))

    def _indent(self, width: int) -> int:
        room = max(self.paper.width - width, 0)
        return (0, room // 2, room)[self._style.align % 3]

    def _put(self, piece: Piece) -> None:
        self.paper.pieces.append(piece)

    def _flush(self) -> None:
        if self._cells:
            self._end_line(b"")

    def _feed_dots(self, dots: int) -> None:
        if dots:
            self._put(Gap(dots))

    def _feed_lines(self, data: bytes) -> None:
        self._flush()
        self._feed_dots(data[0] * self._style.line)

    def _feed_units(self, data: bytes) -> None:
        self._flush()
        self._feed_dots(data[0])

    def _tab(self, _: bytes) -> None:
        stop = 8 * CELL_WIDTH
        self._x = min((self._x // stop + 1) * stop, self.paper.width - CELL_WIDTH)

    def _go_to(self, data: bytes) -> None:
        target = int.from_bytes(data, "little")
        if target < self.paper.width:
            self._x = target

    def _go_by(self, data: bytes) -> None:
        target = self._x + int.from_bytes(data, "little", signed=True)
        if 0 <= target < self.paper.width:
            self._x = target

    def _cut(self, data: bytes) -> None:
        self._flush()
        if data and data[0] in b"AB":
            self._feed_dots(data[1])
        if not self.paper.empty:
            self.papers.append(self.paper)
        self.paper = Paper(self.paper.width)

    def _pulse(self, _: bytes) -> None:
        self.pulses += 1

    def _size(self, data: bytes) -> None:
        self._set(wide=(data[0] >> 4 & 7) + 1, high=(data[0] & 7) + 1)

    def _mode(self, data: bytes) -> None:
        bits = data[0]
        self._set(
            bold=bool(bits & 0x08),
            high=2 if bits & 0x10 else 1,
            wide=2 if bits & 0x20 else 1,
            underline=bool(bits & 0x80),
        )

    def _set(self, **changes: object) -> None:
        self._style = replace(self._style, **changes)  # type: ignore[arg-type]

    def _bars(self, data: bytes) -> None:
        self._flush()
        kind, payload = data[0], data[2:] if data[0] >= 65 else data[1:].rstrip(b"\0")
        drawn = codes.bars(kind, payload)
        if drawn is None:
            self._put(Note(f"barcode {kind} cannot be drawn"))
            return
        symbology, text, modules = drawn
        style = self._style
        x = self._indent(len(modules) * style.bar_dot)
        caption = bool(style.bar_caption)
        self._put(Bars(symbology, text, modules, x, style.bar_dot, style.bar_height, caption))

    def _two_dimensional(self, data: bytes) -> None:
        data_kept, dot, correction = self._qr
        match data[:2]:
            case b"1C":
                self._qr = (data_kept, data[2], correction)
            case b"1E":
                self._qr = (data_kept, dot, data[2])
            case b"1P":
                self._qr = (data[3:], dot, correction)
            case b"1Q" if data_kept:
                self._flush()
                modules = codes.matrix(data_kept, correction)
                x = self._indent(len(modules) * dot)
                self._put(Matrix(data_kept.decode("utf-8", "replace"), modules, x, dot))

    def _graphics(self, data: bytes) -> None:
        if data[:3] == b"0C0":
            width, height = (int.from_bytes(data[at : at + 2], "little") for at in (6, 8))
            self.logos[data[3:5]] = Raster(width, height, data[11:], 0)
        if data[:2] == b"0E":
            self._flush()
            self._show(data[2:4])

    def _show(self, key: bytes) -> None:
        name = key.decode("ascii", "replace")
        kept = self.logos.get(key)
        if kept is None:
            self._put(Note(f"logo {name} is not stored"))
            return
        self._put(Note(f"logo {name}"))
        self._put(replace(kept, x=self._indent(kept.width)))

    def _raster(self, data: bytes) -> None:
        self._flush()
        width, height = (int.from_bytes(data[at : at + 2], "little") for at in (1, 3))
        self._put(Raster(width * 8, height, data[5:], self._indent(width * 8)))

    def _columns_picture(self, data: bytes) -> None:
        self._put(Note(f"picture of {int.from_bytes(data[1:3], 'little')} columns"))


def _switch(name: str, *, on: object = True, off: object = False) -> Callable[..., None]:
    def act(mechanism: Mechanism, data: bytes) -> None:
        mechanism._set(**{name: on if not data or data[0] & 1 else off})

    return act


def _number(name: str) -> Callable[..., None]:
    def act(mechanism: Mechanism, data: bytes) -> None:
        mechanism._set(**{name: data[0]})

    return act


_ACTIONS: dict[bytes, Callable[[Mechanism, bytes], None]] = {
    b"": Mechanism._letters,
    b"\n": Mechanism._end_line,
    b"\t": Mechanism._tab,
    b"\x1b@": lambda self, _: self.reset(),
    b"\x1c.": lambda self, _: self._set(chinese=False),
    b"\x1c&": lambda self, _: self._set(chinese=True),
    b"\x1bt": lambda self, data: self._set(codec=PAGES.get(data[0], "ascii")),
    b"\x1bR": lambda self, data: self._set(swedish=data[0] == 5),
    b"\x1b!": Mechanism._mode,
    b"\x1d!": Mechanism._size,
    b"\x1bE": _switch("bold"),
    b"\x1bG": _switch("bold"),
    b"\x1b-": lambda self, data: self._set(underline=data[0] % 48 > 0),
    b"\x1dB": _switch("inverse"),
    b"\x1ba": lambda self, data: self._set(align=data[0] % 48),
    b"\x1bd": Mechanism._feed_lines,
    b"\x1bJ": Mechanism._feed_units,
    b"\x1b2": lambda self, _: self._set(line=LINE_HEIGHT),
    b"\x1b3": _number("line"),
    b"\x1b$": Mechanism._go_to,
    b"\x1b\\": Mechanism._go_by,
    b"\x1bp": Mechanism._pulse,
    b"\x1bi": Mechanism._cut,
    b"\x1bm": Mechanism._cut,
    b"\x1dV": Mechanism._cut,
    b"\x1dh": _number("bar_height"),
    b"\x1dw": _number("bar_dot"),
    b"\x1dH": _number("bar_caption"),
    b"\x1dk": Mechanism._bars,
    b"\x1d(k": Mechanism._two_dimensional,
    b"\x1d(L": Mechanism._graphics,
    b"\x1dv0": Mechanism._raster,
    b"\x1b*": Mechanism._columns_picture,
}
