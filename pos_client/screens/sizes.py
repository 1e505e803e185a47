"""A model's variants as a grid: sizes as a person counts them, colours as they sell.

Pure. The thing to get wrong: sorting sizes as words, where 100 comes before 36 and XL
before S.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pos_client.register.stock_queries import ModelItem

_LETTERS = ("XXS", "XS", "S", "M", "L", "XL", "XXL", "XXXL", "4XL")


@dataclass(frozen=True, slots=True)
class Grid:
    """`cells` by (colour, size) place."""

    colours: tuple[str, ...]
    sizes: tuple[str, ...]
    cells: Mapping[tuple[int, int], ModelItem]

    def at(self, colour: int, size: int) -> ModelItem | None:
        return self.cells.get((colour, size))

    def place(self, sku: str) -> tuple[int, int]:
        """Where an item stands; the first cell for one that is not in it."""
        return next((at for at, item in self.cells.items() if item.sku == sku), (0, 0))

    def with_size(self, sku: str, size: str) -> str:
        """The item of this size in the colour of `sku`, or in any; "" when there is none."""
        colour, _ = self.place(sku)
        wanted = size.strip().casefold()
        found = {
            at: item.sku
            for at, item in self.cells.items()
            if self.sizes[at[1]].casefold() == wanted
        }
        own = (found[at] for at in found if at[0] == colour)
        return next(own, next(iter(found.values()), ""))

    def beside(self, sku: str, arrow: str) -> str:
        """The next item in the direction of an arrow key, over empty cells; else `sku`."""
        colour, size = self.place(sku)
        steps = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}
        if arrow not in steps:
            return sku
        down, along = steps[arrow]
        for _ in range(max(len(self.colours), len(self.sizes))):
            colour, size = colour + down, size + along
            item = self.at(colour, size)
            if item is not None:
                return item.sku
        return sku


def grid_of(items: Sequence[ModelItem]) -> Grid:
    """The first item of a cell is shown; it is the one asked for, or sells best."""
    colours = tuple(dict.fromkeys(item.colour for item in items))
    sizes = tuple(sorted({item.size for item in items}, key=_size_order))
    cells: dict[tuple[int, int], ModelItem] = {}
    for item in items:
        cells.setdefault((colours.index(item.colour), sizes.index(item.size)), item)
    return Grid(colours, sizes, cells)


def _size_order(size: str) -> tuple[int, int, str]:
    """Numbers by value (36, 36½, 100), then S M L, then the rest by the alphabet."""
    digits = size[: len(size) - len(size.lstrip("0123456789"))]
    if digits:
        return 0, int(digits), size
    if size.upper() in _LETTERS:
        return 1, _LETTERS.index(size.upper()), size
    return 2, 0, size
