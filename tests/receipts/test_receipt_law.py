"""What the law wants on a receipt, a return receipt and a copy (fiscal-law R3-R11)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.countries.se import SWEDEN
from central_sync.retail.basket import BasketLine
from central_sync.retail.transaction import ReceiptKind, RetailTransaction
from hardware.document import Columns, Document, Text
from hardware.printers.encoder import encode
from hardware.printers.profiles import EPSON
from hardware.printers.text import to_lines
from pos_client.receipts.layout import copy_document, receipt_document
from tests.receipts.papers import changed_prices, sale_card, sale_cash, taken_back
from tests.retail.trade import SEAL, basket_line, card, closed

TWICE = b"\x1d!\x11"
SINGLE = b"\x1d!\x00"


def paper_of(transaction: RetailTransaction, language: str | None = None) -> str:
    return "\n".join(to_lines(receipt_document(transaction, SWEDEN, language=language), 42))


def copied(transaction: RetailTransaction) -> Document:
    return copy_document(
        transaction, SWEDEN, copied_at_local="2026-11-22 15:02:11", copy_seal=SEAL, number=3
    )


def marked(document: Document) -> list[str]:
    return [e.text for e in document.elements if isinstance(e, Text) and e.double]


@pytest.mark.parametrize(
    "field",
    [
        "Två Par AB",
        "Org.nr 556000-0000",
        "Kungsgatan 12, 411 19 Göteborg",
        "2026-11-22 14:32:07",
        "Kvitto 1-1-42",
        "Kassa 1",
        "Kassör Anna Berg",
        "1 Badlakan",
        "Att betala SEK",
        "Moms",
        "Moms totalt",
        "Kontant",
        "Växel",
        "Öresavrundning",
        "Kontrollenhet DEMOSE00000000001",
        "DEMO - EJ GODKÄND KONTROLLENHET",
    ],
)
def test_a_receipt_holds_every_field_the_law_asks_for(field: str) -> None:
    assert field in paper_of(sale_cash())


def test_the_control_code_is_printed_whole() -> None:
    assert SEAL.code in paper_of(sale_cash()).replace("\n", "")


def test_an_ordinary_sale_carries_no_marking() -> None:
    assert marked(receipt_document(sale_cash(), SWEDEN)) == []


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (ReceiptKind.RETURN, "RETURKVITTO"),
        (ReceiptKind.TRAINING, "ÖVNING"),
        (ReceiptKind.PROFORMA, "EJ KVITTO"),
    ],
)
def test_a_receipt_that_is_no_sale_says_so_first(kind: ReceiptKind, word: str) -> None:
    document = receipt_document(replace(sale_card(), kind=kind), SWEDEN)

    assert document.elements[0] == Text(word, document.elements[0].align, True, True)  # type: ignore[union-attr]


def test_a_return_says_what_is_returned_and_from_which_receipt() -> None:
    paper = paper_of(taken_back())

    assert "-1 Badlakan" in paper
    assert "Avser kvitto 1-1-42" in paper
    assert "Orsak: Fel storlek" in paper


def test_a_copy_is_marked_and_points_at_its_original() -> None:
    paper = "\n".join(to_lines(copied(sale_card()), 42))

    assert marked(copied(sale_card())) == ["KOPIA"]
    assert "Kopia nr 3" in paper
    assert "Kopia av kvitto 1-1-42" in paper
    assert "2026-11-22 14:32:07" in paper
    assert "2026-11-22 15:02:11" in paper


def test_a_copy_of_a_return_bears_both_markings() -> None:
    assert marked(copied(taken_back())) == ["KOPIA", "RETURKVITTO"]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_markings_are_the_laws_own_words_in_every_language(language: str) -> None:
    document = receipt_document(taken_back(), SWEDEN, language=language)

    assert marked(document) == ["RETURKVITTO"]


def test_a_marking_is_twice_as_wide_and_high_and_amounts_are_single() -> None:
    job = encode(copied(sale_card()), EPSON)

    before, _, after = job.partition(TWICE)
    twice, _, rest = after.partition(SINGLE)
    assert b"KOPIA" in twice
    assert b"118,10" not in before + twice
    assert b"118,10" in rest
    assert TWICE not in rest


@given(lines=st.integers(1, 5))
def test_no_amount_is_ever_printed_double(lines: int) -> None:
    rows = [basket_line(at, "Sko", 100_00) for at in range(1, lines + 1)]
    document = copied(closed(rows, [card(lines * 100_00)]))

    assert not [e for e in document.elements if isinstance(e, Columns) and e.double]


def test_a_voided_line_is_not_on_paper() -> None:
    assert "Felslagen tröja" not in paper_of(changed_prices())


def test_an_english_receipt_words_everything_but_names_and_markings_in_english() -> None:
    paper = paper_of(changed_prices(), "en")

    assert "To pay SEK" in paper
    assert "3,296.87" in paper
    assert "Control unit" in paper
    assert "Att betala" not in paper


def test_a_receipt_without_a_seal_claims_no_control_unit() -> None:
    assert "Kontrollenhet" not in paper_of(replace(sale_card(), seal=None))


def kronor(minor: int) -> str:
    """Written here on its own, so that the printed form is checked by another hand."""
    sign, digits = ("-" if minor < 0 else ""), f"{abs(minor):03d}"
    whole = digits[:-2]
    groups = [whole[max(at - 3, 0) : at] for at in range(len(whole), 0, -3)]
    return f"{sign}{' '.join(reversed(groups))},{digits[-2:]}"


rows = st.builds(
    basket_line,
    line=st.just(0),
    name=st.sampled_from(["Sko", "Känga", "Ett mycket långt namn som aldrig ryms på en enda rad"]),
    price_minor=st.integers(1, 2_000_000),
    quantity=st.integers(1, 12),
    rate_basis_points=st.sampled_from([0, 600, 1200, 2500]),
    unit_price_minor=st.integers(1, 2_000_000),
    price_reason=st.just("Skadad"),
    discount_basis_points=st.sampled_from([0, 0, 500, 1_250]),
    discount_minor=st.sampled_from([0, 100, 4_567]),
    discount_reason=st.just("Medlem"),
    is_voided=st.booleans(),
)


@st.composite
def transactions(draw: st.DrawFn) -> RetailTransaction:
    drawn: list[BasketLine] = draw(st.lists(rows, min_size=1, max_size=8))
    lines = [replace(row, line=at) for at, row in enumerate(drawn, start=1)]
    total = sum(line.gross_minor for line in lines)
    by_card = draw(st.integers(0, total))
    return closed(lines, [card(by_card), card(total - by_card)])


@given(sale=transactions())
def test_every_amount_of_the_transaction_stands_on_paper(sale: RetailTransaction) -> None:
    paper = " ".join(paper_of(sale).split())
    amounts = [sale.total_minor, *(payment.amount_minor for payment in sale.payments)]
    for group in sale.tax_groups:
        amounts += [group.gross_minor, group.vat_minor, group.net_minor]
    for line in sale.live_lines:
        amounts.append(line.gross_minor)
        amounts += [m.amount_minor for m in line.modifiers if m.kind == "discount"]
        if line.modifiers:
            amounts.append(line.unit_price_minor)
        if line.unit_price_minor != line.list_price_minor:
            amounts.append(line.list_price_minor)

    assert [kronor(amount) for amount in amounts if kronor(amount) not in paper] == []
