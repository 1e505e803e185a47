from __future__ import annotations

import pytest

from hardware.emulators.display import EmulatedDisplay
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.line import TcpLine
from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.errors import Absent, Refused
from hardware.trying import try_device
from tests.hardware.waiting import until


def test_a_label_printer_is_tried_with_a_label() -> None:
    core = EmulatedLabelPrinter()
    with TcpLine(core) as line:
        said = try_device(f"zpl+tcp://{line.place}")

    assert said is not None
    assert "Räksmörgås ÅÄÖ" in core.sheets[0].text()


def test_a_scale_is_tried_with_what_lies_on_it() -> None:
    core = EmulatedDialog06()
    core.platform.put(452)
    with TcpLine(core) as line:
        assert try_device(f"dialog06+tcp://{line.place}") == (
            "It weighs 452 g; at 100.00 a kilogram 45.20."
        )


def test_an_empty_scale_says_why_there_is_no_weight() -> None:
    with (
        TcpLine(EmulatedDialog06()) as line,
        pytest.raises(Refused, match="nothing, or too little"),
    ):
        try_device(f"dialog06+tcp://{line.place}")


def test_a_display_is_tried_with_swedish_letters() -> None:
    core = EmulatedDisplay("dmd")
    with TcpLine(core) as line:
        try_device(f"dmd+tcp://{line.place}")
        until(lambda: core.rows[0].startswith("ÅÄÖ åäö é"))


def test_a_device_that_is_not_there_is_absent() -> None:
    with pytest.raises(Absent):
        try_device("dmd+tcp://127.0.0.1:1")


def test_a_receipt_printer_is_none_of_these() -> None:
    assert try_device("escpos+tcp://127.0.0.1:1") is None
