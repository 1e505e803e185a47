"""A picture of paper, as a camera would see it: letters in their cells, codes to scan.

The font comes with python-barcode, because Pillow's own has no å, ä, ö or €.
Doubled letters are drawn at twice the size in that direction, which is how a
person can check that a marking word is twice the amounts.
"""

from __future__ import annotations

import importlib.resources
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from hardware.emulators.paper import (
    CELL_HEIGHT,
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

_MARGIN = 24
_BLACK, _WHITE = 0, 255
_CAPTION = 28


def draw(paper: Paper) -> Image.Image:
    """The paper in greys, one pixel a dot, with a margin round it."""
    height = sum(_height(piece) for piece in paper.pieces)
    size = (paper.width + 2 * _MARGIN, height + 2 * _MARGIN)
    picture = Image.new("L", size, _WHITE)
    y = _MARGIN
    for piece in paper.pieces:
        _draw_piece(picture, piece, y)
        y += _height(piece)
    return picture


def save(paper: Paper, path: Path) -> None:
    """Write a PNG; whole or not at all."""
    half = path.with_suffix(".part")
    draw(paper).save(half, format="PNG")
    half.replace(path)


def _height(piece: Piece) -> int:
    match piece:
        case Row():
            return piece.height
        case Bars():
            return piece.height + (_CAPTION if piece.caption else 0)
        case Matrix():
            return len(piece.modules) * piece.dot + 8
        case Raster():
            return piece.height
        case Gap():
            return piece.dots
        case Note():
            return LINE_HEIGHT


def _draw_piece(picture: Image.Image, piece: Piece, y: int) -> None:
    match piece:
        case Row():
            for cell in piece.cells:
                _draw_cell(picture, cell, y, piece.height)
        case Bars():
            _draw_bars(picture, piece, y)
        case Matrix():
            _draw_matrix(picture, piece, y)
        case Raster():
            _draw_raster(picture, piece, y)
        case Note():
            ImageDraw.Draw(picture).text((_MARGIN, y), piece.text(), font=_font(18), fill=128)
        case Gap():
            pass


def _draw_cell(picture: Image.Image, cell: Cell, y: int, row_height: int) -> None:
    tile = _letter(cell.letter, cell.bold)
    if cell.inverse:
        tile = Image.eval(tile, lambda grey: _WHITE - grey)
    tile = tile.resize((CELL_WIDTH * cell.wide, CELL_HEIGHT * cell.high))
    foot = y + row_height - (LINE_HEIGHT - CELL_HEIGHT) - tile.height
    picture.paste(tile, (_MARGIN + cell.x, foot))
    if cell.underline:
        line = (
            _MARGIN + cell.x,
            foot + tile.height,
            _MARGIN + cell.x + cell.width,
            foot + tile.height,
        )
        ImageDraw.Draw(picture).line(line, fill=_BLACK)


@cache
def _letter(letter: str, bold: bool) -> Image.Image:
    tile = Image.new("L", (CELL_WIDTH, CELL_HEIGHT), _WHITE)
    pen = ImageDraw.Draw(tile)
    for shift in (0, 1) if bold else (0,):
        pen.text((CELL_WIDTH / 2 + shift, 19), letter, font=_font(19), fill=_BLACK, anchor="ms")
    return tile


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    file = importlib.resources.files("barcode") / "fonts" / "DejaVuSansMono.ttf"
    with importlib.resources.as_file(file) as path:
        return ImageFont.truetype(str(path), size)


def _draw_bars(picture: Image.Image, bars: Bars, y: int) -> None:
    pen = ImageDraw.Draw(picture)
    x = _MARGIN + bars.x
    for place, module in enumerate(bars.modules):
        if module == "1":
            left = x + place * bars.dot
            pen.rectangle((left, y, left + bars.dot - 1, y + bars.height - 1), fill=_BLACK)
    if bars.caption:
        middle = x + len(bars.modules) * bars.dot / 2
        foot = y + bars.height + 20
        pen.text((middle, foot), bars.data, font=_font(18), fill=_BLACK, anchor="ms")


def _draw_matrix(picture: Image.Image, matrix: Matrix, y: int) -> None:
    pen = ImageDraw.Draw(picture)
    for row, modules in enumerate(matrix.modules):
        for column, black in enumerate(modules):
            if black:
                left, top = _MARGIN + matrix.x + column * matrix.dot, y + 4 + row * matrix.dot
                box = (left, top, left + matrix.dot - 1, top + matrix.dot - 1)
                pen.rectangle(box, fill=_BLACK)


def _draw_raster(picture: Image.Image, raster: Raster, y: int) -> None:
    black_on_white = bytes(byte ^ 0xFF for byte in raster.bits)
    bits = Image.frombytes("1", (raster.width, raster.height), black_on_white)
    picture.paste(bits.convert("L"), (_MARGIN + raster.x, y))
