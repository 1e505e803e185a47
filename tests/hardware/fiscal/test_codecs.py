"""CCSP frames, kd lines and XCCSP documents: every portioning, every flipped bit, round trips."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.fiscal import ccsp, kd, xccsp
from hardware.fiscal.answers import Damaged, Identified, Sealed
from hardware.fiscal.request import vat_pairs
from tests.contracts.fiscal_contract import a_request

CODE = f"{'A2' * 16};{'Z7' * 13}"
FRAME = ccsp.framed(f"RA#{CODE}#EMUSE000000000001#12#0")
LINE = kd.lined(f"0 12 EMUSE000000000001 {CODE} 0")
BODIES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=200)


def test_a_frame_is_as_the_maker_describes_it() -> None:
    assert ccsp.framed("IQ") == b"#!#00D#IQ#7D\r"
    assert len(ccsp.framed("IQ")) == 0x00D


def test_a_kd_crc_counts_the_last_space() -> None:
    assert kd.lined("ver") == b"ver 0x5F2E\r\n"


def test_a_receipt_is_written_field_by_field() -> None:
    (asked,) = ccsp.Ccsp().seal(a_request(receipt_number="W0012-1-000147"), 7).steps
    body = "RR#7#202611221332#000147#W0012#5560000001#1299,00#0,00#normal#25,00;259,80# # # "
    assert asked == ccsp.framed(body)


def test_unused_vat_pairs_are_filled() -> None:
    request = a_request(vat=((2500, 100), (600, -5)))

    assert vat_pairs(request, empty=" ") == ("25,00;1,00", "6,00;-0,05", " ", " ")


@given(BODIES, st.binary(max_size=20), st.lists(st.integers(0, 300), max_size=8))
def test_a_frame_is_found_in_any_portions_behind_any_garbage(
    body: str, garbage: bytes, cuts: list[int]
) -> None:
    # What looks like a start in the garbage would own the bytes behind it until silence.
    data = garbage.replace(b"#", b"") + ccsp.framed(body)
    reader = ccsp.FrameReader()
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]

    found = [
        one for begin, end in itertools.pairwise(edges) for one in reader.pieces(data[begin:end])
    ]

    assert [one for one in found if not isinstance(one, Damaged)] == [body]


@pytest.mark.parametrize(("wire", "reader"), [(FRAME, ccsp.AnswerReader), (LINE, kd.AnswerReader)])
def test_no_flipped_bit_makes_another_seal(
    wire: bytes, reader: type[ccsp.AnswerReader | kd.AnswerReader]
) -> None:
    (right,) = reader().feed(wire)
    for at, bit in itertools.product(range(len(wire)), range(8)):
        spoilt = wire[:at] + bytes([wire[at] ^ (1 << bit)]) + wire[at + 1 :]
        for answer in reader().feed(spoilt):
            assert answer == right or isinstance(answer, Damaged)


def test_half_a_frame_does_not_swallow_the_next() -> None:
    reader = ccsp.AnswerReader()

    found = reader.feed(FRAME[:40] + FRAME + FRAME)

    assert [type(one) for one in found if not isinstance(one, Damaged)] == [Sealed, Sealed]


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_error(data: bytes) -> None:
    for reader in (ccsp.AnswerReader(), kd.AnswerReader(), xccsp.AnswerReader()):
        reader.feed(data)
        reader.forget()


def test_the_documents_of_a_public_integration_are_understood() -> None:
    answer = (
        b'<?xml version="1.0" encoding="iso-8859-1"?>'
        b'<response xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        b' xmlns="http://www.retailinnovation.se/xccsp"><type>RegisterReceiptResponse</type>'
        b"<data><RegisterResult><Code>" + CODE.encode() + b"</Code><UnitId>RIHTT131550010466"
        b"</UnitId><UnitMainStatus>0</UnitMainStatus><UnitStorageStatus>0</UnitStorageStatus>"
        b"</RegisterResult></data></response>"
    )

    assert xccsp.answer_in(answer) == Sealed(CODE, "RIHTT131550010466")


def test_a_document_with_entities_is_not_read() -> None:
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><response>&a;</response>'

    assert isinstance(xccsp.answer_in(bomb), Damaged)


def test_a_unit_names_its_version_in_its_greeting() -> None:
    greeted = ccsp.answer_in("IR#EMUSE000000000001#1.0#FW3")

    assert greeted == Identified("EMUSE000000000001", "1.0", "FW3")
    assert ccsp.Ccsp().speaking("1.0").version == 1
