"""What a receipt proves of itself: the same back, small enough for paper, nothing misread."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail import proof
from central_sync.retail.codes import ReceiptCode, read_code
from central_sync.retail.proof import NoProof, Proof, ProofLine
from central_sync.retail.tender import TenderKind
from central_sync.wire.keys import SigningKey
from hardware.printers import qr

KEY = SigningKey.generate()
MINOR = st.integers(0, 10**8)
LINES = st.builds(
    ProofLine,
    st.integers(1, 500),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=20),
    st.integers(1, 999),
    MINOR,
    MINOR,
    st.sampled_from([0, 600, 1200, 2500]),
    st.integers(0, 50_000),
    st.booleans(),
)
PROOFS = st.builds(
    Proof,
    st.uuids().map(str),
    st.just("117-12-1234567"),
    st.sampled_from(["s01-1", "s0123-12-2"]),
    st.dates(min_value=date(2020, 1, 1)).map(lambda day: day.isoformat()),
    st.integers(0, 365),
    st.lists(st.sampled_from(list(TenderKind)), unique=True).map(proof.kinds_of),
    st.lists(LINES, min_size=1, max_size=20).map(tuple),
)


def a_proof(lines: int) -> Proof:
    """Shoes at 899 with 25 % VAT, as many lines as asked for."""
    sold = tuple(
        ProofLine(number, f"FJALL-{number:04}", 1, 89_900, 17_980, 2500)
        for number in range(1, lines + 1)
    )
    name = str(UUID(int=7))
    kinds = (TenderKind.CASH, TenderKind.CARD)
    return Proof(name, "1-1-123456", "s01-1", "2026-11-22", 30, kinds, sold)


def printed(told: Proof) -> str:
    payload = proof.payload_of(told)
    return proof.code_of(payload, KEY.sign(proof.signed_bytes(payload)))


@given(PROOFS)
def test_what_is_printed_is_read_back_whole(told: Proof) -> None:
    payload, signature = proof.parted(printed(told))
    assert proof.read_payload(payload) == told
    assert len(signature) == proof.SIGNATURE_BYTES


@given(PROOFS, st.data())
def test_a_code_that_breaks_off_is_never_read_as_another(told: Proof, data: st.DataObject) -> None:
    payload = proof.payload_of(told)
    part = payload[: data.draw(st.integers(0, len(payload) - 1))]
    with suppress(NoProof):
        assert proof.read_payload(part) != told


@pytest.mark.parametrize("text", ["SPR", "SPR1189", "SPRÅÄÖ" * 30, "SPR" + "A" * 300])
def test_other_characters_are_no_code(text: str) -> None:
    with pytest.raises(NoProof):
        proof.read_payload(proof.parted(text)[0])


def test_the_days_of_return_are_counted_from_the_sale() -> None:
    assert a_proof(1).last_day == "2026-12-22"


def test_a_scanner_takes_it_for_a_receipt() -> None:
    code = printed(a_proof(1))
    assert read_code(code, "Q1") == ReceiptCode(code)
    assert read_code(code.lower()) == ReceiptCode(code.lower())
    assert proof.parted(code.lower()) == proof.parted(code)


@pytest.mark.parametrize(
    ("lines", "most_characters", "most_version"), [(1, 240, 9), (3, 320, 11), (10, 600, 15)]
)
def test_usual_receipts_print_small(lines: int, most_characters: int, most_version: int) -> None:
    code = printed(a_proof(lines))
    assert len(code) <= most_characters
    assert qr.version(code, qr.LEVEL_M) <= most_version


@pytest.mark.parametrize("paper_dots", [384, 504, 576])
@given(st.integers(60, proof.LARGEST_CHARACTERS))
def test_the_largest_code_fits_the_narrowest_paper(paper_dots: int, length: int) -> None:
    text = "A" * length
    level, dots = qr.level_and_dots(text, paper_dots)
    modules = 17 + 4 * qr.version(text, level) + 8
    assert dots >= 3
    assert modules * dots <= paper_dots
