"""What stands on paper about goods by weight, labels and deposits (fiscal-law R3 f-h)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from central_sync.countries.se import SWEDEN
from hardware.printers.text import to_text
from pos_client.receipts.layout import receipt_document
from tests.retail.trade import basket_line, card, closed


def paper_of(**changes: Any) -> str:
    line = replace(basket_line(1, "Nötter", 19900, 1, 600), **changes)
    receipt = closed([line], [card(line.gross_minor)])
    sold = replace(receipt.lines[0], **changes)
    return to_text(receipt_document(replace(receipt, lines=(sold,)), SWEDEN), 42)


def test_a_weighed_line_shows_weight_price_by_kilogram_and_sum() -> None:
    paper = paper_of(weight_grams=452)

    assert "0,452 kg x 199,00 kr/kg" in paper
    assert "89,95" in paper
    assert "manuell vikt" not in paper


def test_a_typed_weight_is_marked() -> None:
    assert "manuell vikt" in paper_of(weight_grams=452, weight_reason="scale_broken")


def test_a_price_from_a_label_is_marked() -> None:
    assert "pris enligt etikett" in paper_of(is_label_price=True)


def test_a_serial_number_is_on_the_receipt() -> None:
    assert "Serienr S9" in paper_of(serial="S9")
