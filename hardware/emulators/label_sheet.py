"""A printed label as an emulator keeps it, and a picture of it for eyes and scanners."""

from __future__ import annotations

import importlib.resources
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from hardware.emulators.codes import bars, matrix

_EAN13, _CODE128 = 67, 73
_MARGIN = 30


@dataclass(frozen=True, slots=True)
class Field:
    """`kind` is "text", "ean13", "code128" or "qr"; places and sizes are dots."""

    x: int
    y: int
    kind: str
    height: int
    data: str
    module: int = 2


@dataclass(frozen=True, slots=True)
class Sheet:
    """One label; `copies` of it came out."""

    width: int
    height: int
    fields: tuple[Field, ...]
    copies: int = 1

    def text(self) -> str:
        """What is on it, top to bottom, codes in brackets."""
        rows = sorted(self.fields, key=lambda field: (field.y, field.x))
        return "\n".join(
            field.data if field.kind == "text" else f"[{field.kind}: {field.data}]"
            for field in rows
        )

    def picture(self) -> Image.Image:
        """In greys, one pixel a dot, with a margin round it."""
        size = (self.width + 2 * _MARGIN, self.height + 2 * _MARGIN)
        picture = Image.new("L", size, 255)
        for field in self.fields:
            _draw(picture, field)
        return picture

    def save(self, path: Path) -> None:
        """Write a PNG; whole or not at all."""
        half = path.with_suffix(".part")
        self.picture().save(half, format="PNG")
        half.replace(path)


def _draw(picture: Image.Image, field: Field) -> None:
    x, y = field.x + _MARGIN, field.y + _MARGIN
    pen = ImageDraw.Draw(picture)
    if field.kind == "text":
        pen.text((x, y), field.data, fill=0, font=_font(field.height))
        return
    for column, row, width, height in _blocks(field):
        pen.rectangle((x + column, y + row, x + column + width - 1, y + row + height - 1), fill=0)


def _blocks(field: Field) -> list[tuple[int, int, int, int]]:
    size = field.module
    if field.kind == "qr":
        rows = matrix(field.data.encode(), 48)
        return [
            (column * size, row * size, size, size)
            for row, modules in enumerate(rows)
            for column, is_dark in enumerate(modules)
            if is_dark
        ]
    payload = field.data.encode("ascii", "replace")
    kind = _EAN13 if field.kind == "ean13" else _CODE128
    drawn = bars(kind, payload if kind == _EAN13 else payload.replace(b"{", b"{{"))
    modules = drawn[2] if drawn else ""
    return [
        (place * size, 0, size, field.height) for place, bar in enumerate(modules) if bar == "1"
    ]


def _font(height: int) -> ImageFont.FreeTypeFont:
    font = importlib.resources.files("barcode") / "fonts" / "DejaVuSansMono.ttf"
    return ImageFont.truetype(str(font), max(height, 6))
