"""The print worker beside the desk: paper comes, waits, or becomes a question."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.document import Document
from hardware.errors import Absent, DeviceError, Lost
from hardware.memory import MemoryPrinter
from hardware.ports import Health
from pos_client.checkout import printing
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.printing import PrintWorker
from pos_client.register import commands
from tests.builders import ANNA, SHOES
from tests.checkout.core_harness import Desk, a_home

NO_BYTE = Absent("printer", "it is switched off")
SOME_BYTES = Lost("printer", "the line broke", bytes_written=400)


class CountingPrinter(MemoryPrinter):
    """A twin that counts how often it was asked to print."""

    tries = 0

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        self.tries += 1
        super().print(document, on_checkpoint)


class Counter:
    """A desk with a printer at work beside it."""

    def __init__(self, home: Path) -> None:
        self.desk = Desk(home)
        self.printer = CountingPrinter()
        self.mailbox = Mailbox()
        self.stuck_drawers = 0
        self.worker = PrintWorker(
            self.printer, self.desk.spool, self.mailbox, lambda: None, self._drawer_is_stuck
        )
        if self.desk.state.operator is None:
            self.desk.signs_on(ANNA).opens()

    def _drawer_is_stuck(self) -> None:
        self.stuck_drawers += 1

    def start(self) -> Counter:
        self.worker.start()
        return self

    def sells(self) -> Counter:
        self.desk.scans(SHOES).pays_cash()
        self.worker.wake()
        return self

    def until(self, holds: Callable[[], bool]) -> Counter:
        """Run what the printer's thread asks of the core until something is so."""
        patience = time.monotonic() + 10.0
        while not holds():
            assert time.monotonic() < patience, "it never came to be"
            self.mailbox.deliver()
            time.sleep(0.002)
        return self

    def run(self, seconds: float) -> None:
        """Serve the printer's thread for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.mailbox.deliver()
            time.sleep(0.002)

    def close(self) -> None:
        self.printer.unblock()
        self.worker.stop()
        self.desk.__exit__(None, None, None)

    @property
    def waiting(self) -> int:
        return self.desk.spool.waiting()

    @property
    def asks(self) -> bool:
        return self.desk.spool.next_unknown() is not None


@pytest.fixture
def counter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    monkeypatch.setattr(printing, "RETRY_SECONDS", 0.02)
    made = Counter(a_home(tmp_path))
    yield made
    made.close()


def test_a_receipt_is_printed_and_waits_no_more(counter: Counter) -> None:
    counter.start().sells().until(lambda: counter.waiting == 0)
    (text,) = counter.printer.texts
    assert "1-1-1" in text


def test_receipts_are_printed_in_order(counter: Counter) -> None:
    counter.sells().sells().sells().start().until(lambda: counter.waiting == 0)
    numbers = [f"1-1-{number}" in text for number, text in enumerate(counter.printer.texts, 1)]
    assert numbers == [True, True, True]


def test_a_printer_that_takes_no_byte_lets_the_job_wait_and_is_tried_again(
    counter: Counter,
) -> None:
    counter.printer.fail_with(NO_BYTE, NO_BYTE, NO_BYTE)
    counter.start().sells().until(lambda: counter.waiting == 0)
    assert len(counter.printer.documents) == 1
    assert not counter.asks


def test_a_job_waits_for_a_ready_printer_without_wearing_the_disk(counter: Counter) -> None:
    counter.printer.put_in_state(Health.ABSENT)
    counter.start().sells().until(lambda: counter.printer.tries >= 1)
    for _ in range(20):
        counter.worker.wake()
        counter.run(0.01)
    assert counter.printer.tries == 1

    counter.printer.put_in_state(Health.READY)
    counter.until(lambda: counter.waiting == 0)
    assert len(counter.printer.documents) == 1


def test_a_drawer_that_does_not_open_is_told_to_the_cashier(counter: Counter) -> None:
    counter.printer.fail_with(NO_BYTE)
    counter.worker.open_drawer()
    counter.start().until(lambda: counter.stuck_drawers == 1)


def test_a_printer_that_took_bytes_leaves_a_question_and_prints_nothing_again(
    counter: Counter,
) -> None:
    counter.printer.fail_with(SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks)
    counter.sells().until(lambda: counter.waiting == 1)
    (text,) = counter.printer.texts
    assert "1-1-2" in text


@pytest.mark.parametrize(("came_out", "papers"), [(True, 0), (False, 1)])
def test_the_answer_decides_whether_it_is_printed_again(
    counter: Counter, came_out: bool, papers: int
) -> None:
    counter.printer.fail_with(SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks)
    job = counter.desk.spool.next_unknown()
    assert job is not None
    counter.desk.do(commands.SettlePrint(job.job_id, came_out))
    assert counter.desk.said == ("print.settled" if came_out else "print.again")
    assert counter.desk.kinds()[-1] == "print_settled"
    counter.worker.wake()
    counter.until(lambda: counter.waiting == 0)
    assert len(counter.printer.documents) == papers


def test_a_question_is_answered_once(counter: Counter) -> None:
    assert counter.desk.do(commands.SettlePrint(1, came_out=True)).said == "print.no_question"
    assert "print_settled" not in counter.desk.kinds()


def test_a_slow_printer_holds_no_sale(counter: Counter) -> None:
    counter.printer.block()
    counter.start().sells().sells().sells()
    assert [receipt.number for receipt in counter.desk.sold()] == [1, 2, 3]


def test_the_drawer_opens_before_the_paper(counter: Counter) -> None:
    counter.sells().worker.open_drawer()
    counter.start().until(lambda: counter.waiting == 0)
    assert counter.printer.pulses == 1


def test_a_drawer_that_could_not_open_in_time_stays_shut(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(printing, "DRAWER_SECONDS", 0.05)
    counter.printer.block()
    counter.start().sells().until(lambda: counter.desk.spool.next_queued() is None)
    counter.worker.open_drawer()
    time.sleep(0.1)
    counter.printer.unblock()
    counter.until(lambda: counter.waiting == 0)
    counter.sells().until(lambda: counter.waiting == 0)
    assert counter.printer.pulses == 0


def test_a_drawer_that_fails_is_not_opened_later(counter: Counter) -> None:
    counter.printer.fail_with(NO_BYTE)
    counter.worker.open_drawer()
    counter.sells().start().until(lambda: counter.waiting == 0)
    assert counter.printer.pulses == 0


def refuse(counter: Counter, *, refuses: bool) -> None:
    word = "ON" if refuses else "OFF"
    counter.desk.records.database.conn.execute(f"PRAGMA query_only = {word}")


def test_nothing_is_begun_while_the_disk_refuses(counter: Counter) -> None:
    counter.sells()
    refuse(counter, refuses=True)
    counter.start()
    for _ in range(20):
        counter.mailbox.deliver()
        time.sleep(0.005)
    assert counter.printer.documents == []
    refuse(counter, refuses=False)
    counter.until(lambda: counter.waiting == 0)
    assert len(counter.printer.documents) == 1


def test_what_was_printed_is_noted_when_the_disk_takes_it_again(counter: Counter) -> None:
    counter.printer.block()
    counter.start().sells().until(lambda: counter.desk.spool.next_queued() is None)
    refuse(counter, refuses=True)
    counter.printer.unblock()
    counter.until(lambda: len(counter.printer.documents) == 1)
    refuse(counter, refuses=False)
    counter.until(lambda: counter.waiting == 0)
    assert len(counter.printer.documents) == 1


@pytest.mark.parametrize("trouble", [NO_BYTE, SOME_BYTES])
def test_what_waits_at_a_stop_is_there_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trouble: DeviceError
) -> None:
    monkeypatch.setattr(printing, "RETRY_SECONDS", 0.02)
    home = a_home(tmp_path)
    first = Counter(home)
    first.printer.fail_with(*[trouble] * 100)
    first.start().sells().until(lambda: not first.desk.spool.next_queued() or trouble is NO_BYTE)
    first.until(lambda: first.asks or trouble is NO_BYTE).close()
    second = Counter(home).start()
    second.until(lambda: second.waiting == (0 if trouble is NO_BYTE else 1))
    assert second.asks == (trouble is SOME_BYTES)
    second.close()
