"""What every LabelPrinter must do (hardware.ports.LabelPrinter); see printer_contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hardware.errors import Absent, Refused
from hardware.labels.layouts import price_label
from hardware.ports import Health, Label, LabelBarcode, LabelPrinter, Reason
from tests.hardware.waiting import until

LOAFER = price_label("Loafer läder svart 42", "1 299,00 kr", code="9520000000004")


@dataclass(slots=True)
class LabelPrinterUnderTest:
    """`printed` counts labels that came out; `empty` takes the roll away, `mend` puts it back."""

    printer: LabelPrinter
    printed: Callable[[], int]
    empty: Callable[[], None]
    mend: Callable[[], None]


class LabelPrinterContract:
    def test_a_label_comes_out(self, labels: LabelPrinterUnderTest) -> None:
        labels.printer.print(LOAFER)

        assert labels.printed() == 1
        assert labels.printer.state().health is Health.READY

    def test_copies_come_out_in_one_job(self, labels: LabelPrinterUnderTest) -> None:
        labels.printer.print(LOAFER, copies=3)

        assert labels.printed() == 3

    def test_an_empty_printer_refuses_and_prints_nothing_later(
        self, labels: LabelPrinterUnderTest
    ) -> None:
        labels.empty()
        with pytest.raises(Refused) as refused:
            labels.printer.print(LOAFER)
        assert refused.value.bytes_written == 0
        assert labels.printer.state().reason is Reason.PAPER_OUT

        labels.mend()

        labels.printer.print(LOAFER)
        assert labels.printed() == 1

    def test_a_code_that_is_none_is_refused(self, labels: LabelPrinterUnderTest) -> None:
        wrong = Label(570, 320, (LabelBarcode(10, 10, 100, "ean13", "9520000000005"),))

        with pytest.raises(Refused, match="EAN-13"):
            labels.printer.print(wrong)

        assert labels.printed() == 0

    def test_a_closed_printer_prints_no_more(self, labels: LabelPrinterUnderTest) -> None:
        labels.printer.close()
        labels.printer.close()

        with pytest.raises(Absent):
            labels.printer.print(LOAFER)
        until(lambda: labels.printer.state().health is Health.DISABLED)
