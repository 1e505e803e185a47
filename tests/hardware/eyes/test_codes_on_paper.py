"""Codes on the printed paper, read back by a reader that knows nothing of us (zxing-cpp).

The picture is drawn from our bytes by the emulated printer; what the reader tells is what a
scanner or a telephone would.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from hardware.document import Barcode, BarcodeKind, Cut, Document, Element, QrCode, Text
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.picture import save
from hardware.emulators.printer import EmulatedPrinter
from hardware.labels.layouts import price_label
from hardware.labels.zpl import render
from hardware.ports import Label, LabelBarcode
from hardware.printers.encoder import encode
from hardware.printers.profiles import EPSON
from tests.hardware.papers import a_receipt

Read = set[tuple[str, str]]
SWEDISH = "Öppet köp: räksmörgås à 89,00 € — Åsa Östergård"


def seen(picture: Image.Image) -> Read:
    """(kind, text) of every code on a picture; kinds without blanks and hyphens."""
    kinds = str.maketrans("", "", "- ")
    found = zxingcpp.read_barcodes(picture)
    return {(str(code.format).split(".")[-1].translate(kinds), code.text) for code in found}


def printed(tmp_path: Path, *elements: Element) -> Read:
    """What is read from the PNG of a receipt with these on it."""
    device = EmulatedPrinter()
    device.feed(encode(Document((Text("Två Par AB"), *elements, Cut())), EPSON))
    save(device.papers[0], tmp_path / "paper.png")
    with Image.open(tmp_path / "paper.png") as picture:
        return seen(picture)


@pytest.mark.parametrize("digits", ["9520000000004", "2012345604520", "0012345678905"])
def test_an_ean_13_is_read_as_it_was_meant(tmp_path: Path, digits: str) -> None:
    assert printed(tmp_path, Barcode(BarcodeKind.EAN13, digits)) == {("EAN13", digits)}


@pytest.mark.parametrize("data", ["W0012-1-000147", "1-1-1", "A{B}C", "123456789012", "x y~z"])
def test_a_code_128_is_read_as_it_was_meant(tmp_path: Path, data: str) -> None:
    assert printed(tmp_path, Barcode(BarcodeKind.CODE128, data)) == {("Code128", data)}


@pytest.mark.parametrize(
    "data", ["https://tvapar.example/k/W0012-1-000147", SWEDISH, "ÅÄÖ åäö é ü ½ §", "a" * 300]
)
def test_a_qr_code_is_read_as_it_was_meant(tmp_path: Path, data: str) -> None:
    assert printed(tmp_path, QrCode(data)) == {("QRCode", data)}


@pytest.mark.parametrize("columns", [32, 42])
def test_a_long_code_is_read_from_narrow_paper(tmp_path: Path, columns: int) -> None:
    device, data = EmulatedPrinter(), "SPR" + "A2B7" * 150
    device.feed(encode(Document((QrCode(data), Cut())), EPSON.with_columns(columns)))
    save(device.papers[0], tmp_path / "paper.png")
    with Image.open(tmp_path / "paper.png") as picture:
        assert picture.width <= 12 * 48
        assert seen(picture) == {("QRCode", data)}


def test_both_codes_of_a_receipt_are_found_among_its_text(tmp_path: Path) -> None:
    assert printed(tmp_path, *a_receipt().elements[:-1]) == {
        ("Code128", "W0012-1-000147"),
        ("QRCode", "https://tvapar.example/k/W0012-1-000147"),
    }


@pytest.mark.parametrize("dpi", [203, 300])
@pytest.mark.parametrize(
    ("kind", "data", "told"),
    [
        ("ean13", "9520000000004", ("EAN13", "9520000000004")),
        ("code128", "ORD-2026-000123", ("Code128", "ORD-2026-000123")),
        ("qr", SWEDISH, ("QRCode", SWEDISH)),
    ],
)
def test_a_code_on_a_label_is_read_as_it_was_meant(
    dpi: int, kind: str, data: str, told: tuple[str, str]
) -> None:
    assert labelled(Label(1000, 700, (LabelBarcode(60, 60, 200, kind, data),)), dpi) == {told}


def test_a_shelf_label_is_read_with_the_till_s_own_code() -> None:
    label = price_label("Räksmörgås", "129,00 kr", code="9520000000004", note="2026-11-22")

    assert labelled(label, 203) == {("EAN13", "9520000000004")}


def labelled(label: Label, dpi: int) -> Read:
    core = EmulatedLabelPrinter()
    core.feed(render(label, dpi), 0.0)
    sheet = core.sheets[0]
    return seen(sheet.picture().resize((sheet.width * 2 + 120, sheet.height * 2 + 120)))
