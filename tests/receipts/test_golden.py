"""Every kind of paper beside its golden file, at 42 columns."""

from __future__ import annotations

import pytest

from hardware.document import Barcode, Document
from hardware.printers.encoder import encode
from hardware.printers.profiles import EPSON
from hardware.printers.text import to_text
from tests.receipts.papers import GOLDEN, PAPERS


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_a_paper_looks_as_it_did(name: str) -> None:
    expected = (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")

    assert to_text(PAPERS[name](), 42) == expected


def test_every_golden_file_has_its_paper() -> None:
    assert {file.stem for file in GOLDEN.glob("*.txt")} == set(PAPERS)


def test_an_ordinary_receipt_of_thirty_lines_is_at_most_1900_bytes() -> None:
    assert len(encode(PAPERS["thirty_lines"](), EPSON)) <= 1900


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_a_paper_survives_the_print_spool(name: str) -> None:
    document = PAPERS[name]()

    assert Document.from_plain(document.to_plain()) == document


def test_the_barcode_is_the_receipt_number_so_that_a_return_is_one_scan() -> None:
    codes = [e.data for e in PAPERS["sale_cash"]().elements if isinstance(e, Barcode)]

    assert codes == ["1-1-42"]
