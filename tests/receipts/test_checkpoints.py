"""Where a printer is asked how far it has come, and what stands on a print that broke off."""

from __future__ import annotations

import pytest

from central_sync.countries.se import SWEDEN
from hardware.document import Cut, Document, Text
from hardware.printers.encoder import encode
from hardware.printers.profiles import EPSON
from pos_client.receipts.checkpoints import void_document
from tests.receipts.papers import PAPERS


@pytest.mark.parametrize("name", sorted(PAPERS))
def test_every_paper_is_asked_about_after_its_head_its_body_and_its_cut(name: str) -> None:
    document = PAPERS[name]()

    assert document.checkpoints == ("head", "body", "cut")
    assert isinstance(document.elements[-2], Cut)


def test_what_is_void_says_so_at_double_size_with_the_receipts_number() -> None:
    slip = void_document("117-1-12345", SWEDEN)

    assert doubled(slip) == ["OGILTIG UTSKRIFT", "117-1-12345"]
    assert slip.checkpoints[-1] == "cut"
    assert b"\x1d!\x11OGILTIG UTSKRIFT\n" in encode(slip, EPSON)


def test_a_report_that_is_void_has_no_number_to_show() -> None:
    assert doubled(void_document("", SWEDEN)) == ["OGILTIG UTSKRIFT"]


def doubled(document: Document) -> list[str]:
    return [each.text for each in document.elements if isinstance(each, Text) and each.double]
