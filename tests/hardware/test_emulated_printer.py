"""The emulated printer against bytes that our encoder did not write."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from escpos.printer import Dummy
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hardware.emulators.escpos_reader import Command, Reader, RealTime
from hardware.emulators.paper import Bars, Matrix, Raster
from hardware.emulators.picture import draw, save
from hardware.emulators.printer import EmulatedPrinter


def test_another_encoders_receipt_is_read_right() -> None:
    foreign = Dummy(profile="TM-T20II", magic_encode_args={"disabled": True, "encoding": "CP858"})
    foreign._raw(b"\x1bt\x13")
    foreign.set(align="center", bold=True, double_width=True, double_height=True)
    foreign.text("KOPIA\n")
    foreign.set(align="left", bold=False, normal_textsize=True)
    foreign.text("Löparsko blå   99,00 €\n")
    foreign.barcode("{BW1-7", "CODE128", function_type="B")
    foreign.qr("hej", native=True, size=4)
    foreign.image(Image.new("1", (64, 16)))
    foreign.cashdraw(2)
    foreign.cut()
    device = EmulatedPrinter()

    device.feed(foreign.output)

    paper = device.papers[0]
    kopia, item = paper.rows()[:2]
    assert {(cell.wide, cell.high, cell.bold) for cell in kopia.cells} == {(2, 2, True)}
    assert item.text() == "Löparsko blå   99,00 €"
    assert "unknown" not in paper.text()
    kinds = [type(piece) for piece in paper.pieces if isinstance(piece, Bars | Matrix | Raster)]
    assert kinds == [Bars, Matrix, Raster]
    assert device.pulses == 1


def test_a_foreign_code_128_in_pairs_of_digits_and_a_relative_move_are_understood() -> None:
    device = EmulatedPrinter()

    device.feed(b"a\x1b\\\x18\x00b\n\x1dkI\x0b{B1-1-{C\x00\x01/\x1dV\x00")

    assert device.papers[0].rows()[0].text() == "a  b"
    assert "[code128: 1-1-000147]" in device.papers[0].text()


@given(st.binary(max_size=300), st.lists(st.integers(0, 300), max_size=6))
def test_every_portioning_of_any_bytes_gives_the_same_paper(data: bytes, cuts: list[int]) -> None:
    whole, portioned = EmulatedPrinter(), EmulatedPrinter()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]

    whole.feed(data)
    for begin, end in itertools.pairwise(edges):
        portioned.feed(data[begin:end])

    assert _words(portioned) == _words(whole)
    assert portioned.pulses == whole.pulses


def _words(device: EmulatedPrinter) -> list[str]:
    """Letters that one portion holds together stay letters of one line in two."""
    device.feed(b"\n")
    return [paper.text() for paper in (*device.papers, device.mechanism.paper)]


def test_an_unknown_command_is_shown() -> None:
    device = EmulatedPrinter()

    device.feed(b"\x1bzHej\n\x1dV\x01")

    assert device.papers[0].text() == "[unknown 1b 7a]\nHej\n"


def test_real_time_questions_are_answered_while_paper_is_out() -> None:
    device = EmulatedPrinter()
    device.faults.paper_out = True

    said = device.feed(b"Hej\n\x1dr\x01\x10\x04\x04")

    assert said == b"\x7e"
    device.faults.paper_out = False
    assert device.go_on() == b"\x00"


def test_a_real_time_command_in_two_portions_is_one() -> None:
    urgent = RealTime()

    assert urgent.feed(b"ab\x10") == (b"ab", [])
    assert urgent.feed(b"\x04\x01c") == (b"c", [Command(b"\x10\x04", b"\x01")])


def test_a_qr_code_may_hold_any_byte() -> None:
    data = bytes(range(0x11, 0x40))
    size = (len(data) + 3).to_bytes(2, "little")

    found = Reader().feed(b"\x1d(k" + size + b"1P0" + data + b"x")

    assert found == [Command(b"\x1d(k", b"1P0" + data), Command(b"", b"x")]


@pytest.mark.parametrize("letter", "åäöÅÄÖé€½§#@")
def test_a_picture_shows_each_letter_as_itself(letter: str) -> None:
    """A font without the letter draws the same box for all that it lacks."""
    assert _picture(letter).tobytes() != _picture("\ufffe").tobytes()
    assert _picture(letter).getextrema() != (255, 255)


def _picture(letter: str) -> Image.Image:
    from hardware.emulators.paper import Cell, Paper, Row

    return draw(Paper(24, [Row((Cell(letter, 0),))]))


def test_a_doubled_letter_is_twice_as_large_in_the_picture() -> None:
    from hardware.emulators.paper import Cell, Paper, Row

    small = draw(Paper(48, [Row((Cell("K", 0),))]))
    large = draw(Paper(48, [Row((Cell("K", 0, wide=2, high=2),))]))

    (left, top, right, bottom), box = _ink(small), _ink(large)
    assert abs((box[2] - box[0]) - 2 * (right - left)) <= 3
    assert abs((box[3] - box[1]) - 2 * (bottom - top)) <= 3


def _ink(picture: Image.Image) -> tuple[int, int, int, int]:
    box = picture.point(lambda grey: 255 if grey < 128 else 0).getbbox()
    assert box is not None
    return box


def test_a_saved_picture_is_a_png(tmp_path: Path) -> None:
    device = EmulatedPrinter()
    device.feed(b"Hej\n\x1dV\x01")

    save(device.papers[0], tmp_path / "one.png")

    with Image.open(tmp_path / "one.png") as picture:
        assert (picture.format, picture.mode) == ("PNG", "L")
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]
