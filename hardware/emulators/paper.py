"""Paper as an emulated printer leaves it: rows of cells, codes, pictures, cuts.

Pure. Positions are in dots, since bytes may say "go to dot 432"; a cell is 12
dots wide (font A) and 24 high, twice that where the bytes doubled it. A reader
of `text()` should know that a double letter stands in the column where it
begins and takes one character, though it covers two columns on paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field

CELL_WIDTH = 12
CELL_HEIGHT = 24
LINE_HEIGHT = 30


@dataclass(frozen=True, slots=True)
class Cell:
    """One letter at `x` dots from the left edge."""

    letter: str
    x: int
    wide: int = 1
    high: int = 1
    bold: bool = False
    underline: bool = False
    inverse: bool = False

    @property
    def width(self) -> int:
        return CELL_WIDTH * self.wide


@dataclass(frozen=True, slots=True)
class Row:
    """One printed line; `kind` below is what a row may be."""

    cells: tuple[Cell, ...]

    @property
    def height(self) -> int:
        return max((cell.high for cell in self.cells), default=1) * CELL_HEIGHT + (
            LINE_HEIGHT - CELL_HEIGHT
        )

    def text(self) -> str:
        line, end = "", 0
        for cell in sorted(self.cells, key=lambda cell: cell.x):
            if cell.x != end:
                line = line.ljust(cell.x // CELL_WIDTH)
            line += cell.letter
            end = cell.x + cell.width
        return line.rstrip()


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode; `modules` is a string of 1 (black) and 0, `dot` dots wide each."""

    symbology: str
    data: str
    modules: str
    x: int
    dot: int
    height: int
    caption: bool

    def text(self) -> str:
        return f"[{self.symbology}: {self.data}]"


@dataclass(frozen=True, slots=True)
class Matrix:
    """A QR code; `modules` are rows of True (black), `dot` dots wide each."""

    data: str
    modules: tuple[tuple[bool, ...], ...]
    x: int
    dot: int

    def text(self) -> str:
        return f"[qr: {self.data}]"


@dataclass(frozen=True, slots=True)
class Raster:
    """A picture sent as bits, `width` dots wide, one byte a group of eight dots."""

    width: int
    height: int
    bits: bytes
    x: int

    def text(self) -> str:
        return f"[picture {self.width}x{self.height}]"


@dataclass(frozen=True, slots=True)
class Note:
    """Something the bytes asked for that leaves no letters: a stored logo, a foreign command."""

    words: str

    def text(self) -> str:
        return f"[{self.words}]"


@dataclass(frozen=True, slots=True)
class Gap:
    """Paper fed without printing."""

    dots: int

    def text(self) -> str:
        return "\n" * max(self.dots // LINE_HEIGHT - 1, 0)


Piece = Row | Bars | Matrix | Raster | Note | Gap


@dataclass(slots=True)
class Paper:
    """One receipt's length of paper, `width` dots wide."""

    width: int
    pieces: list[Piece] = field(default_factory=list)

    def text(self) -> str:
        """What a person would read, each row on a line, codes in square brackets."""
        return "".join(f"{piece.text()}\n" for piece in self.pieces)

    def rows(self) -> list[Row]:
        return [piece for piece in self.pieces if isinstance(piece, Row)]

    @property
    def empty(self) -> bool:
        return not any(not isinstance(piece, Gap) for piece in self.pieces)
