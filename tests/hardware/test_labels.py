from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st

from hardware.drivers import open_label_printer
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.label_sheet import Sheet
from hardware.emulators.line import TcpLine
from hardware.errors import Absent, DeviceError, Misconfigured, Refused, Stalled
from hardware.labels.dialogue import Patience
from hardware.labels.driver import ZplPrinter
from hardware.labels.layouts import address_label, price_label
from hardware.labels.status import StatusReader
from hardware.labels.zpl import quoted, render
from hardware.ports import Health, Label, LabelBarcode, LabelText, Reason
from hardware.transports.tcp import TcpTransport
from tests.hardware.waiting import until

LOAFER = price_label(
    "Loafer läder svart 42", "1 299,00 kr", code="9520000000004", comparison="Jfr 1 299,00 kr/st"
)
QUICK = Patience(answer_seconds=0.3, watch_seconds=60, job_seconds=0.3, label_seconds=0.1)


def printed(*jobs: bytes, chunk: int = 4096) -> EmulatedLabelPrinter:
    core = EmulatedLabelPrinter()
    for job in jobs:
        for start in range(0, len(job), chunk):
            core.feed(job[start : start + chunk], 0.0)
    return core


def codes_on(sheet: Sheet) -> set[tuple[str, str]]:
    """What another program's scanner reads from the picture."""
    picture = sheet.picture().resize((sheet.width * 2 + 120, sheet.height * 2 + 120))
    return {(str(found.format), found.text) for found in zxingcpp.read_barcodes(picture)}


@contextmanager
def a_printer(core: EmulatedLabelPrinter) -> Iterator[ZplPrinter]:
    with TcpLine(core) as line:
        host, port = line.place.split(":")
        printer = ZplPrinter("zpl", TcpTransport("zpl", host, int(port)), patience=QUICK)
        try:
            until(lambda: printer.state().health is not Health.OPENING)
            yield printer
        finally:
            printer.close()


def test_swedish_text_comes_out_as_written() -> None:
    core = printed(render(price_label("Räksmörgås ½ é", "129,00 €"), 203))

    assert core.sheets[0].text().split("\n")[:2] == ["Räksmörgås ½ é", "129,00 €"]
    assert core.unknown == []


@pytest.mark.parametrize(
    "name", ["^XZ~JR", "^FS^XZ~JA^XA", "a_5E^XZ", "\\&~HS", "\x1b^XZ\x00~JR", "＾XZ"]
)
def test_a_name_that_is_a_command_stays_a_name(name: str) -> None:
    core = printed(render(price_label(name, "1,00"), 203), b"~HS")

    assert core.resets == 0
    assert len(core.sheets) == 1
    assert name.replace("\x1b", "").replace("\x00", "") in core.sheets[0].text()


@given(st.text(max_size=60), st.integers(1, 40))
def test_any_text_is_one_field_in_any_chunking(text: str, chunk: int) -> None:
    label = Label(570, 320, (LabelText(20, 20, 28, "x" + text),))
    core = printed(render(label, 203), chunk=chunk)

    assert (core.resets, core.unknown, len(core.sheets)) == (0, [], 1)
    assert len(core.sheets[0].fields) == 1


@given(st.text(max_size=80))
def test_quoted_text_holds_no_command_character(text: str) -> None:
    sent = quoted(text)

    assert not set(sent) & set(b"^~\\")
    assert all(0x20 <= byte < 0x7F for byte in sent)


@pytest.mark.parametrize("dpi", [203, 300])
def test_the_codes_of_a_price_label_are_read_by_another_reader(dpi: int) -> None:
    core = printed(render(LOAFER, dpi))

    assert [text for _, text in codes_on(core.sheets[0])] == ["9520000000004"]


@pytest.mark.parametrize("dpi", [203, 300])
def test_the_code_of_an_address_label_is_read_by_another_reader(dpi: int) -> None:
    label = address_label(
        ("Åsa Öberg", "Storgatan 1 lgh 1102", "113 51 STOCKHOLM"),
        ("Skobutiken", "Kungsgatan 5", "111 43 Stockholm"),
        code="ORD-2026-000123",
        note="Hemleverans",
    )
    core = printed(render(label, dpi))

    assert [text for _, text in codes_on(core.sheets[0])] == ["ORD-2026-000123"]
    assert "Åsa Öberg" in core.sheets[0].text()


def test_a_qr_code_carries_any_text() -> None:
    label = Label(500, 500, (LabelBarcode(50, 50, 200, "qr", "https://ex.se/Å?a^b~c_d"),))
    core = printed(render(label, 203))

    assert [text for _, text in codes_on(core.sheets[0])] == ["https://ex.se/Å?a^b~c_d"]


def test_a_code_128_with_an_angle_bracket_is_itself() -> None:
    core = printed(render(Label(800, 300, (LabelBarcode(20, 20, 90, "code128", "A>B{C"),)), 203))

    assert core.sheets[0].fields[0].data == "A>B{C"


@given(name=st.text(min_size=1, max_size=80), price=st.text(min_size=1, max_size=14))
def test_everything_on_a_price_label_lies_on_it(name: str, price: str) -> None:
    label = price_label(name, price, code="9520000000004", note="2026-11-22")

    for element in label.elements:
        assert 0 <= element.x < label.width
        assert element.y + element.height <= label.height


def test_a_long_name_is_cut_with_an_ellipsis() -> None:
    label = price_label("Handgjord loafer i svart läder med tofs och röd sula, herr, 42", "1,00")
    names = [e.text for e in label.elements if isinstance(e, LabelText)][:2]

    assert names[1].endswith("…")


@given(st.binary(max_size=200), st.integers(1, 50))
def test_a_status_is_read_in_every_chunking_and_noise_is_none(noise: bytes, chunk: int) -> None:
    core = EmulatedLabelPrinter()
    core.faults.paper_out = True
    data = noise.replace(b"\x02", b"").replace(b"\x03", b"") + core.feed(b"~HS", 0.0)
    reader = StatusReader()
    found = [
        status
        for start in range(0, len(data), chunk)
        for status in reader.feed(data[start : start + chunk])
    ]

    assert [status.reason for status in found] == [Reason.PAPER_OUT]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("paper_out", Reason.PAPER_OUT),
        ("head_open", Reason.COVER_OPEN),
        ("ribbon_out", Reason.RIBBON_OUT),
        ("paused", Reason.OFFLINE),
        ("hot", Reason.OVERHEATED),
        ("lost_settings", Reason.INTERNAL_FAULT),
    ],
)
def test_every_fault_has_its_own_reason_and_nothing_is_sent(fault: str, reason: Reason) -> None:
    core = EmulatedLabelPrinter()
    with a_printer(core) as printer:
        setattr(core.faults, fault, True)

        with pytest.raises(Refused) as refused:
            printer.print(LOAFER)

        assert refused.value.bytes_written == 0
        assert printer.state().reason is reason
        assert core.sheets == []


def test_a_printer_that_says_nothing_gets_no_label() -> None:
    core = EmulatedLabelPrinter()
    with a_printer(core) as printer:
        core.faults.paper_out = core.faults.mute_when_blocked = True

        with pytest.raises(Stalled, match="labels, ribbon and head"):
            printer.print(LOAFER)

        assert printer.state().reason is Reason.NO_ANSWER


def test_labels_that_run_out_in_a_job_are_told_with_what_was_sent() -> None:
    core = EmulatedLabelPrinter()
    with a_printer(core) as printer:
        core.faults.lasts = 0

        with pytest.raises(Refused) as refused:
            printer.print(LOAFER)

        assert refused.value.bytes_written > 0
        assert printer.state().reason is Reason.PAPER_OUT


def test_a_print_returns_when_no_label_waits_any_more() -> None:
    core = EmulatedLabelPrinter()
    core.faults.slow = True
    with a_printer(core) as printer:
        printer.print(LOAFER)

        assert len(core.sheets) == 1


def test_a_printer_that_hung_up_while_idle_is_found_again() -> None:
    core = EmulatedLabelPrinter()
    with TcpLine(core) as line:
        printer = open_label_printer(f"zpl+tcp://{line.place}")
        until(lambda: printer.state().health is Health.READY)
        line.hang_up()

        printer.print(LOAFER)

        printer.close()
    assert len(core.sheets) == 1


def test_an_unplugged_printer_is_absent() -> None:
    core = EmulatedLabelPrinter()
    with a_printer(core):
        pass
    printer = open_label_printer("zpl+tcp://127.0.0.1:1")
    try:
        with pytest.raises(Absent):
            printer.print(LOAFER)
        assert printer.state().health is Health.ABSENT
    finally:
        printer.close()


def test_a_file_takes_the_same_bytes(tmp_path: Path) -> None:
    printer = open_label_printer(f"zpl+file://{tmp_path}/labels.zpl?dpi=300")
    printer.print(LOAFER, copies=2)
    printer.close()

    core = printed((tmp_path / "labels.zpl").read_bytes())

    assert [sheet.copies for sheet in core.sheets] == [2]


CARRIERS = "^XA^CI28^FO40,40^A0N,40^FH_^FDEva Ek^FS^FO40,320^BCN,120,Y^FDSPD1SE^FS^XZ"


def test_a_label_that_a_carrier_has_drawn_is_printed_as_it_is() -> None:
    core = printed(render(replace(LOAFER, zpl=CARRIERS), 203, 2))

    assert [sheet.text() for sheet in core.sheets] == ["Eva Ek\n[code128: SPD1SE]"] * 2


@pytest.mark.parametrize(
    "zpl",
    ["~JR^XA^FDx^FS^XZ", "^XA^JUS^XZ", "^XA^CC+^FDx^FS^XZ", "^XA^FDx^FS", "%PDF-1.7", "^XA^XZ~JA"],
)
def test_a_label_that_does_more_than_draw_is_drawn_by_us_instead(zpl: str) -> None:
    assert render(replace(LOAFER, zpl=zpl), 203) == render(LOAFER, 203)


@pytest.mark.parametrize("address", ["zpl+tcp://x?dpi=204", "zpl+tcp://", "zpl+file://labels"])
def test_a_wrong_label_printer_address_is_misconfigured(address: str) -> None:
    with pytest.raises(Misconfigured):
        open_label_printer(address)


def test_all_trouble_is_device_trouble() -> None:
    core = EmulatedLabelPrinter()
    with a_printer(core) as printer:
        core.faults.deaf = True
        with pytest.raises(DeviceError):
            printer.print(LOAFER)
