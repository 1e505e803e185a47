"""What every Printer must do, whatever wire it hangs on (hardware.ports.Printer).

A test module makes a fixture `printer` giving a PrinterUnderTest for each kind
and inherits from PrinterContract.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hardware.document import Checkpoint, Cut, Document, Text
from hardware.errors import DeviceError
from hardware.ports import Health, Printer
from tests.hardware.papers import a_checked_receipt, a_line, a_receipt
from tests.hardware.waiting import until


@dataclass(frozen=True, slots=True)
class PrinterUnderTest:
    """The printer, and how to see what came out; `None` where a kind cannot show it."""

    printer: Printer
    papers: Callable[[], list[str]]
    pulses: Callable[[], int] | None


class PrinterContract:
    def test_a_printed_document_shows_its_words(self, printer: PrinterUnderTest) -> None:
        printer.printer.print(a_receipt(name="Sko Åäö é €"))

        until(printer.papers)
        assert "Sko Åäö é € 0" in printer.papers()[0]

    def test_documents_come_out_in_order_and_once(self, printer: PrinterUnderTest) -> None:
        for number in range(5):
            printer.printer.print(a_line(f"paper {number}"))

        until(lambda: len(printer.papers()) == 5)
        assert [paper.split("\n")[0] for paper in printer.papers()] == [
            f"paper {number}" for number in range(5)
        ]

    def test_an_amount_stays_on_the_row_of_its_item(self, printer: PrinterUnderTest) -> None:
        printer.printer.print(a_receipt(lines=1, name="En sko med ett namn " * 4))

        until(printer.papers)
        rows = [line for line in printer.papers()[0].splitlines() if "1 299,00" in line]
        assert re.fullmatch(r".*0 +1 299,00", rows[0])
        assert len(rows[0]) == printer.printer.columns

    def test_checkpoints_are_told_in_order_and_only_by_a_printer_that_confirms(
        self, printer: PrinterUnderTest
    ) -> None:
        until(lambda: printer.printer.state().health is Health.READY)
        told: list[str] = []

        printer.printer.print(a_checked_receipt(), told.append)

        assert told == (["header", "body", "cut"] if printer.printer.confirms else [])

    def test_a_checkpoint_leaves_no_trace_on_paper(self, printer: PrinterUnderTest) -> None:
        printer.printer.print(Document((Text("a"), Checkpoint("a"), Text("b"), Cut())))

        until(printer.papers)
        assert printer.papers()[0].splitlines()[:2] == ["a", "b"]

    def test_its_own_drawer_is_the_one_that_it_opens(self, printer: PrinterUnderTest) -> None:
        drawer = printer.printer.drawer()

        drawer.open()
        drawer.close()

        assert drawer.state().health in (Health.READY, Health.WARNING)
        if printer.pulses is not None:
            until(lambda: printer.pulses is not None and printer.pulses() == 1)

    def test_the_drawer_opens_once_for_each_asking(self, printer: PrinterUnderTest) -> None:
        printer.printer.open_drawer()
        printer.printer.open_drawer()

        if printer.pulses is not None:
            until(lambda: printer.pulses is not None and printer.pulses() == 2)

    def test_the_state_becomes_ready_by_itself(self, printer: PrinterUnderTest) -> None:
        until(lambda: printer.printer.state().health is Health.READY)

    def test_an_empty_document_is_no_fault(self, printer: PrinterUnderTest) -> None:
        printer.printer.print(Document(()))

    def test_the_paper_has_as_many_columns_as_it_says(self, printer: PrinterUnderTest) -> None:
        width = printer.printer.columns
        printer.printer.print(a_line("x" * (width + 1)))

        until(printer.papers)
        assert printer.papers()[0].splitlines()[:2] == ["x" * width, "x"]

    def test_a_closed_printer_refuses_and_closes_twice(self, printer: PrinterUnderTest) -> None:
        printer.printer.close()
        printer.printer.close()

        with pytest.raises(DeviceError) as trouble:
            printer.printer.print(a_line("too late"))
        assert trouble.value.bytes_written == 0
