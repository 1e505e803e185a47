from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.drivers import open_label_printer
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.line import PtyLine, TcpLine
from hardware.memory import MemoryLabelPrinter
from hardware.ports import Health, Reason
from tests.contracts.label_contract import LabelPrinterContract, LabelPrinterUnderTest
from tests.hardware.waiting import until


@pytest.fixture(params=["memory", "tcp", "pty"])
def labels(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LabelPrinterUnderTest]:
    if request.param == "memory":
        yield from _memory()
        return
    core = EmulatedLabelPrinter()
    if request.param == "tcp":
        with TcpLine(core) as line:
            yield from _driver(core, line, f"zpl+tcp://{line.place}?dpi=203")
    else:
        with PtyLine(core, tmp_path / "labels") as pty:
            yield from _driver(core, pty, f"zpl+serial://{pty.path}?dpi=300")


def _memory() -> Iterator[LabelPrinterUnderTest]:
    twin = MemoryLabelPrinter()
    yield LabelPrinterUnderTest(
        twin,
        printed=lambda: len(twin.printed),
        empty=lambda: twin.put_in_state(Health.BLOCKED, Reason.PAPER_OUT),
        mend=lambda: twin.put_in_state(Health.READY),
    )
    twin.close()


def _driver(
    core: EmulatedLabelPrinter, line: TcpLine | PtyLine, address: str
) -> Iterator[LabelPrinterUnderTest]:
    printer = open_label_printer(address)
    until(lambda: printer.state().health is Health.READY)

    def paper_out(is_out: bool) -> None:
        core.faults.paper_out = is_out

    yield LabelPrinterUnderTest(
        printer,
        printed=lambda: sum(sheet.copies for sheet in core.sheets),
        empty=lambda: line.call(lambda: paper_out(True)),
        mend=lambda: line.call(lambda: paper_out(False)),
    )
    printer.close()


class TestEveryLabelPrinter(LabelPrinterContract):
    pass
