from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.document import (
    Align,
    Barcode,
    BarcodeKind,
    Columns,
    Cut,
    Document,
    Element,
    Feed,
    Logo,
    QrCode,
    Rule,
    Text,
)
from hardware.emulators.escpos_reader import Command, Reader
from hardware.emulators.paper import Bars, Matrix, Paper, Row
from hardware.emulators.printer import EmulatedPrinter
from hardware.printers.encoder import encode, encode_pieces
from hardware.printers.profiles import EPSON, GENERIC, OURS, Profile, named
from hardware.printers.progress import Barrier, with_barriers
from hardware.printers.text import to_lines
from hardware.printers.wording import clean
from tests.hardware.papers import a_checked_receipt, a_line, a_receipt

anything = st.text(max_size=80)
profiles = st.sampled_from([*OURS.values(), named("TM-T88V"), named("POS-5890")])
elements = st.one_of(
    st.builds(Text, anything, st.sampled_from(Align), st.booleans(), st.booleans()),
    st.builds(Columns, anything, anything, st.booleans(), st.booleans()),
    st.builds(Rule),
    st.builds(Feed, st.integers(-3, 400)),
    st.builds(Barcode, st.sampled_from(BarcodeKind), anything),
    st.builds(QrCode, anything),
    st.builds(Logo, anything),
)


def printed(document: Document, profile: Profile = EPSON) -> Paper:
    """The paper an independent printer makes of the encoder's bytes."""
    device = EmulatedPrinter()
    device.mechanism.paper.width = profile.dots
    device.feed(encode(Document((*document.elements, Cut())), profile))
    return device.papers[0]


@given(st.lists(elements, max_size=6), profiles)
def test_no_text_can_put_a_command_on_the_wire(found: list[Element], profile: Profile) -> None:
    allowed = {
        b"", b"\n", b"\x1b@", b"\x1bR", b"\x1bt", b"\x1c.", b"\x1ba", b"\x1bE", b"\x1d!", b"\x1b$",
        b"\x1bd", b"\x1dh", b"\x1dw", b"\x1dH", b"\x1dk", b"\x1d(k", b"\x1d(L", b"\x1da",
    }  # fmt: skip

    reader = Reader()
    seen = reader.feed(encode(Document(tuple(found)), profile))

    assert reader.waiting == 0
    assert all(isinstance(one, Command) and one.name in allowed for one in seen)
    texts = [one.data for one in seen if isinstance(one, Command) and one.name == b""]
    assert all(byte >= 0x20 and byte != 0x7F for text in texts for byte in text)


@given(anything, st.sampled_from(["cp858", "cp1252", "cp437", "ascii"]))
def test_clean_text_always_fits_its_page(text: str, codec: str) -> None:
    cleaned = clean(text, codec)

    assert cleaned.encode(codec).decode(codec) == cleaned
    assert cleaned.isprintable()


@given(st.lists(elements, min_size=1, max_size=6))
def test_no_row_is_wider_than_the_paper(found: list[Element]) -> None:
    paper = printed(Document((Text("x"), *found)))

    assert all(cell.x + cell.width <= EPSON.dots for row in paper.rows() for cell in row.cells)
    rows = [row for element in found for row in to_lines(Document((element,)), EPSON.columns)
            if not isinstance(element, Barcode | QrCode | Logo)]  # fmt: skip
    assert all(len(row) <= EPSON.columns for row in rows)


@pytest.mark.parametrize("profile", [EPSON, GENERIC])
def test_paper_and_plain_text_say_the_same(profile: Profile) -> None:
    document = a_receipt(lines=4)
    words = [line for line in to_lines(document, profile.columns)[:-1] if "[" not in line]

    paper = [row.text() for row in printed(document, profile).rows()]

    assert [line.split() for line in paper] == [line.split() for line in words]


def test_swedish_letters_and_the_euro_come_out_right() -> None:
    assert printed(a_line("åäöÅÄÖ é ½ § € #$@[]")).text() == "åäöÅÄÖ é ½ § € #$@[]\n"


def test_a_letter_the_page_lacks_becomes_its_likeness_or_a_question_mark() -> None:
    assert clean("Łódź “Ørsted” – 5…  日本") == 'Lódz "Ørsted" - 5...  ??'
    assert clean("10 €", "cp437") == "10 EUR"


def test_decomposed_letters_are_composed() -> None:
    assert clean("Mo\u0308rko\u0308") == "Mörkö"


def test_a_name_with_a_drawer_kick_in_it_stays_a_name() -> None:
    device = EmulatedPrinter()

    device.feed(encode(a_line("Sko\x1bp\x00\x19\xfa\x10\x14\x01\x00\x02blå"), EPSON))

    assert device.pulses == 0
    assert "Skop" in device.papers[0].text()


def test_an_amount_never_wraps() -> None:
    rows = printed(Document((Columns("En sko " * 12, "1 299,00"),))).rows()

    assert [len(row.cells) > 0 for row in rows] == [True] * 3
    assert rows[-1].text().endswith("  1 299,00")


def test_an_amount_stands_at_the_right_edge() -> None:
    rows = printed(Document((Columns("Sko", "9,00"), Columns("Sko", "9,00", double=True)))).rows()

    assert [row.cells[-1].x + row.cells[-1].width for row in rows] == [EPSON.dots] * 2


def test_a_marking_word_is_twice_as_wide_and_high_as_amounts() -> None:
    rows = printed(a_receipt(marking="KOPIA")).rows()

    marking = next(row for row in rows if row.text().strip() == "KOPIA")
    amounts = [cell for row in rows if "1 299,00" in row.text() for cell in row.cells]
    assert {(cell.wide, cell.high) for cell in marking.cells} == {(2, 2)}
    assert {(cell.wide, cell.high) for cell in amounts} == {(1, 1)}


def test_codes_are_drawn_by_the_printer_itself() -> None:
    document = Document(
        (
            Barcode(BarcodeKind.EAN13, "9520000000004"),
            Barcode(BarcodeKind.CODE128, "W1-{7}"),
            QrCode("https://tvåpar.example/1"),
        )
    )

    codes = [(piece.data, type(piece)) for piece in printed(document).pieces
             if isinstance(piece, Bars | Matrix)]  # fmt: skip
    assert codes == [
        ("9520000000004", Bars),
        ("W1-{7}", Bars),
        ("https://tvåpar.example/1", Matrix),
    ]


def test_a_code_that_cannot_be_drawn_is_printed_as_text() -> None:
    long = "A code too long for the paper, 1234567890"

    paper = printed(Document((Barcode(BarcodeKind.CODE128, long), Barcode(BarcodeKind.EAN13, "7"))))

    assert [row.text().strip() for row in paper.rows()] == [long, "7"]


def test_every_piece_lies_on_the_paper() -> None:
    for piece in printed(a_receipt()).pieces:
        if isinstance(piece, Row):
            assert all(cell.x >= 0 for cell in piece.cells)
        if isinstance(piece, Bars):
            assert piece.x + len(piece.modules) * piece.dot <= EPSON.dots


def test_a_thirty_line_receipt_is_within_its_budget_of_bytes() -> None:
    pieces = encode_pieces(a_checked_receipt(lines=30), EPSON)
    job = with_barriers(pieces, Barrier.ECHO, first_id=0)

    assert sum(len(each.data) + len(each.barrier) for each in job.sections) <= 1_900


def test_a_receipt_is_encoded_within_two_milliseconds() -> None:
    receipt = a_receipt(lines=30)
    times = []
    for _ in range(30):
        begun = time.perf_counter()
        encode(receipt, EPSON)
        times.append(time.perf_counter() - begun)

    assert min(times) <= 0.002


def test_a_job_needs_nothing_of_the_job_before_it() -> None:
    device = EmulatedPrinter()
    device.feed(b"\x1ba\x02\x1d!\x33\x1bt\x10\x1c&" + encode(a_line("å €"), EPSON))

    assert device.papers[0].text() == "å €\n"


def test_a_clone_that_starts_in_chinese_mode_prints_swedish() -> None:
    from hardware.emulators.mechanism import Mechanism

    device = EmulatedPrinter(mechanism=Mechanism(chinese=True))
    device.feed(encode(a_line("åäö"), EPSON))

    assert device.papers[0].text() == "åäö\n"


@pytest.mark.parametrize("name", OURS)
def test_every_profile_of_ours_prints_swedish(name: str) -> None:
    device = EmulatedPrinter()
    # The small clones count their pages in their own way.
    device.feed(encode(a_line("Åäö ÅÄÖ é 25 %"), OURS[name]).replace(b"\x1bt\x35", b"\x1bt\x13"))
    device.feed(b"\x1dV\x01")

    assert device.papers[0].text().splitlines()[0] == "Åäö ÅÄÖ é 25 %"


def test_seven_bits_have_no_brackets_and_say_so_in_other_signs() -> None:
    device = EmulatedPrinter()
    device.feed(encode(a_line("[5 €] a@b.se"), OURS["7bit"]))

    assert device.papers[0].text().splitlines()[0] == "(5 EUR) a(a)b.se"


@pytest.mark.parametrize(("name", "columns"), [("clone58", 32), ("citizen", 48), ("EPSON", 42)])
def test_a_profile_knows_its_width(name: str, columns: int) -> None:
    assert named(name).columns == columns


@pytest.mark.parametrize(
    ("name", "codec"), [("TM-T88V", "cp858"), ("POS-5890", "cp858"), ("escpos:TM-T20II", "cp858")]
)
def test_models_of_python_escpos_are_profiles(name: str, codec: str) -> None:
    profile = named(name)

    assert (profile.codec, profile.columns > 20) == (codec, True)


def test_an_unknown_profile_names_the_known_ones() -> None:
    with pytest.raises(KeyError, match="epson, generic"):
        named("nobody's")
