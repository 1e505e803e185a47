"""The shop's picture: kept in the printer once, printed by eleven bytes, or drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hardware.document import Cut, Document, Logo, Text
from hardware.drivers import open_printer
from hardware.emulators.paper import Paper, Raster
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import TcpPrinter
from hardware.errors import Misconfigured
from hardware.printers.logo import Picture, draw, key_of, picture_in, show, store, without_orders

HEADED = Document((Logo(), Text("x"), Cut()))


@pytest.fixture
def wire() -> Iterator[TcpPrinter]:
    with TcpPrinter(EmulatedPrinter()) as wire:
        yield wire


@pytest.fixture
def logo(tmp_path: Path) -> Path:
    path = tmp_path / "logo.png"
    picture = Image.new("RGBA", (60, 40), (0, 0, 0, 0))
    picture.paste("black", (0, 0, 30, 40))
    picture.save(path)
    return path


def rasters(paper: Paper) -> list[Raster]:
    return [piece for piece in paper.pieces if isinstance(piece, Raster)]


def print_headed(wire: TcpPrinter, options: str) -> Paper:
    driver = open_printer(f"{wire.address}?{options}")
    driver.print(HEADED)
    driver.close()
    return wire.printer.papers[-1]


def test_a_logo_is_stored_once_and_printed_from_the_printer(wire: TcpPrinter, logo: Path) -> None:
    first = print_headed(wire, f"logo={logo}")
    taken = wire.printer.taken
    second = print_headed(wire, f"logo={logo}")

    assert [(each.width, each.height) for each in rasters(first)] == [(60, 40)]
    assert rasters(second) == rasters(first)
    assert wire.printer.taken - taken < 320
    assert len(wire.printer.mechanism.logos) == 1


def test_another_shops_logo_is_not_taken_for_ours(wire: TcpPrinter, logo: Path) -> None:
    other = Picture(8, 8, b"\xff" * 8)
    wire.printer.feed(store(other))

    paper = print_headed(wire, f"logo={logo}")

    assert [each.width for each in rasters(paper)] == [60]


def test_a_logo_that_was_lost_is_stored_again_when_the_printer_comes_back(
    wire: TcpPrinter, logo: Path
) -> None:
    driver = open_printer(f"{wire.address}?logo={logo}")
    driver.print(HEADED)
    wire.printer.mechanism.logos.clear()
    wire.hang_up()

    driver.print(HEADED)

    assert [each.width for each in rasters(wire.printer.papers[-1])] == [60]
    driver.close()


@pytest.mark.parametrize("profile", ["generic", "epson"])
def test_a_printer_that_keeps_no_pictures_is_sent_it_each_time(
    wire: TcpPrinter, logo: Path, profile: str
) -> None:
    wire.printer.faults.no_logos = True

    paper = print_headed(wire, f"profile={profile}&logo={logo}")

    assert sum(each.height for each in rasters(paper)) == 40


def test_a_logo_wider_than_the_paper_is_made_to_fit(tmp_path: Path) -> None:
    Image.new("L", (2_000, 400), 0).save(tmp_path / "wide.png")

    assert picture_in(tmp_path / "wide.png", 504).width == 504


def test_what_is_see_through_is_white(logo: Path) -> None:
    picture = picture_in(logo, 504)

    assert picture.bits[:8] == b"\xff\xff\xff\xfc\x00\x00\x00\x00"


@pytest.mark.parametrize("name", ["nowhere.png", "text.png"])
def test_a_logo_that_cannot_be_read_is_misconfigured(tmp_path: Path, name: str) -> None:
    (tmp_path / "text.png").write_text("no picture")

    with pytest.raises(Misconfigured, match="logo"):
        open_printer(f"escpos+tcp://10.0.0.9?logo={tmp_path / name}")


pictures = st.integers(1, 40).flatmap(
    lambda height: st.binary(min_size=4 * height, max_size=4 * height).map(
        lambda bits: Picture(32, height, without_orders(bits))
    )
)


@given(pictures)
def test_a_picture_drawn_and_one_kept_are_the_same_dots(picture: Picture) -> None:
    drawn, kept = EmulatedPrinter(), EmulatedPrinter()
    drawn.feed(draw(picture) + b"\n")
    kept.feed(store(picture) + show(key_of(picture)))
    assert drawn.pulses == kept.pulses == 0

    pieces = rasters(drawn.mechanism.paper)
    assert b"".join(each.bits for each in pieces) == picture.bits
    assert [each.bits for each in rasters(kept.mechanism.paper)] == [picture.bits]
