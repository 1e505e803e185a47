"""A trial of a device, in this process, against its emulator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hardware.commands.trials import TRIALS, Outcome, Wish
from hardware.drivers import OPENERS
from hardware.emulators.display import EmulatedDisplay
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.line import TcpLine
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.emulators.serving import TcpPrinter
from hardware.errors import Refused
from tests.hardware.waiting import until


@contextmanager
def a_device(kind: str, address: str) -> Iterator[Any]:
    device = OPENERS[kind](address)
    try:
        yield device
    finally:
        device.close()


def tried(kind: str, address: str) -> Outcome:
    wish = Wish(address, False, 0.1, lambda data, symbology: {}, lambda said: None)
    with a_device(kind, address) as device:
        return TRIALS[kind](device, wish)


def test_a_label_printer_is_tried_with_a_label() -> None:
    core = EmulatedLabelPrinter()
    with TcpLine(core) as line:
        tried("label_printer", f"zpl+tcp://{line.place}")

    assert "Räksmörgås ÅÄÖ" in core.sheets[0].text()


def test_a_scale_is_tried_with_what_lies_on_it() -> None:
    core = EmulatedDialog06()
    core.platform.put(452)
    with TcpLine(core) as line:
        outcome = tried("scale", f"dialog06+tcp://{line.place}")

    assert outcome.proven == "Weighed 452 g; at 100.00 a kilogram 45.20."


def test_an_empty_scale_says_why_there_is_no_weight() -> None:
    with (
        TcpLine(EmulatedDialog06()) as line,
        pytest.raises(Refused, match="nothing, or too little"),
    ):
        tried("scale", f"dialog06+tcp://{line.place}")


def test_a_display_is_tried_with_swedish_letters() -> None:
    core = EmulatedDisplay("dmd")
    with TcpLine(core) as line:
        outcome = tried("customer_display", f"dmd+tcp://{line.place}")
        until(lambda: core.rows[0].startswith("ÅÄÖ åäö é"))

    assert "ÅÄÖ åäö é" in outcome.look


def test_a_device_that_is_not_there_is_refused_with_its_reason() -> None:
    with pytest.raises(Refused, match="refused"):
        tried("customer_display", "dmd+tcp://127.0.0.1:1")


def test_a_scanner_that_reads_nothing_proves_nothing() -> None:
    with pytest.raises(Refused, match="no code came"):
        tried("scanner", "memory://")


def test_a_jammed_drawer_is_no_success() -> None:
    with TcpPrinter(EmulatedPrinter()) as wire:
        wire.printer.drawer.jammed = True
        with a_device("printer", f"{wire.address}?drawer_open=high") as printer:
            until(lambda: printer.drawer_pin is not None)
            wish = Wish(wire.address, True, 0.1, lambda data, symbology: {}, lambda said: None)

            with pytest.raises(Refused, match="did not open"):
                TRIALS["drawer"](printer.drawer(), wish)


def test_a_printer_that_confirms_nothing_is_said_to_be_looked_at(tmp_path: Any) -> None:
    outcome = tried("printer", f"escpos+file://{tmp_path}/paper")

    assert outcome.proven == "Sent."
    assert "see whether a page came out" in outcome.look
