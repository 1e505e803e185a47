"""The print worker beside the desk: paper comes, waits, goes elsewhere, or becomes a question."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central_sync.countries import COUNTRIES
from hardware.document import Document
from hardware.errors import Absent, DeviceError, Lost
from hardware.memory import MemoryPrinter
from hardware.ports import Health, Reason
from pos_client.checkout import printing
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.paper_watch import ANSWER_SECONDS, PaperWatch
from pos_client.checkout.printing import PrintWorker
from pos_client.receipts.checkpoints import void_document
from pos_client.register import commands
from pos_client.register.shop import PrintQuestion
from pos_client.register.view import Message
from tests.builders import ANNA, SHOES
from tests.checkout.core_harness import Desk, a_home

NO_BYTE = Absent("printer", "it is switched off")
SOME_BYTES = Lost("printer", "the line broke", bytes_written=400)


class CountingPrinter(MemoryPrinter):
    """A twin that counts how often it was asked to print; trouble may leave it in a state."""

    tries = 0
    left_in: Health | None = None

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        self.tries += 1
        try:
            super().print(document, on_checkpoint)
        except DeviceError:
            if self.left_in is not None:
                self.put_in_state(self.left_in, Reason.NONE)
            raise


class Counter:
    """A desk with two printers at work beside it; `seconds` is the time that papers wait by."""

    def __init__(self, home: Path, printers: int = 1) -> None:
        self.desk = Desk(home)
        self.printer = CountingPrinter()
        self.second = CountingPrinter()
        self.mailbox = Mailbox()
        self.worker = PrintWorker(
            (self.printer, self.second)[:printers],
            self.desk.spool,
            self.mailbox,
            self._went_round,
            lambda job: void_document(job.receipt_number, COUNTRIES["SE"]),
        )
        self.desk.hands.paper_waits = self.worker.wake  # type: ignore[method-assign]
        self.rounds = 0
        self.told: list[Message] = []
        self.seconds = 0.0
        self.watch = PaperWatch(
            self.desk.shop,
            self.desk.spool,
            self.desk.desk.copies,
            can_print=lambda: self.worker.prints_on > 0,
            tell=self.told.append,
        )
        if self.desk.state.operator is None:
            self.desk.signs_on(ANNA)
        if not self.desk.state.day:
            self.desk.opens()

    def _went_round(self) -> None:
        self.rounds += 1

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
            self.serve()
        return self

    def serve(self) -> None:
        """What the core's thread does: hear the printer's thread and the fiscal unit's."""
        self.mailbox.deliver()
        while not self.desk.hands.is_idle:
            self.desk.hands.deliver()
        time.sleep(0.002)

    def goes_round(self) -> Counter:
        """The worker has looked at its printers anew since this was called."""
        before = self.rounds
        self.worker.wake()
        return self.until(lambda: self.rounds >= before + 2)

    def run(self, seconds: float) -> None:
        """Serve the printer's thread for a while."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.serve()

    def waits(self, seconds: float) -> Counter:
        """Nobody says anything for so long."""
        for _ in range(int(seconds) + 1):
            self.watch.look(self.seconds)
            self.seconds += 1
        return self

    def answers(self, *, came_out: bool) -> Counter:
        """The cashier has looked."""
        self.desk.do(commands.SettlePrint(self.question.job_id, came_out))
        self.worker.wake()
        return self

    def close(self) -> None:
        self.printer.unblock()
        self.worker.stop()
        self.desk.__exit__(None, None, None)

    @property
    def waiting(self) -> int:
        return self.desk.spool.waiting()

    @property
    def asks(self) -> bool:
        return self.desk.spool.question() is not None

    @property
    def question(self) -> PrintQuestion:
        asked = self.desk.spool.question()
        assert asked is not None
        return asked

    @property
    def settlements(self) -> list[tuple[str, str, int]]:
        """Who settled what and how, by the journal: (operator, outcome, attempt)."""
        found = (body for body in self.desk.bodies() if body.kind == "print_settled")
        return [(b.operator, b.payload["outcome"], b.payload["attempt"]) for b in found]


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter]:
    """A counter with a second printer."""
    monkeypatch.setattr(printing, "RETRY_SECONDS", 0.02)
    made = Counter(a_home(tmp_path), printers=2)
    yield made
    made.close()


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


def test_a_printer_that_is_away_gets_no_byte_and_wears_no_disk(counter: Counter) -> None:
    counter.printer.put_in_state(Health.ABSENT)
    counter.start().sells()
    for _ in range(20):
        counter.worker.wake()
        counter.run(0.01)
    assert counter.printer.tries == 0

    counter.printer.put_in_state(Health.READY)
    counter.until(lambda: counter.waiting == 0)
    assert len(counter.printer.documents) == 1


def test_a_torn_receipt_is_voided_on_paper_before_anything_else_is_printed(
    counter: Counter,
) -> None:
    counter.printer.stop_after(1, SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks)
    counter.sells().until(lambda: counter.waiting == 1)
    void, second = counter.printer.texts
    assert "OGILTIG UTSKRIFT" in void
    assert "1-1-1" in void
    assert "1-1-2" in second


def test_nobody_is_asked_before_the_printer_is_back(counter: Counter) -> None:
    counter.printer.stop_after(1, SOME_BYTES)
    counter.printer.left_in = Health.BLOCKED
    counter.start().sells().until(lambda: bool(counter.desk.spool.in_doubt())).run(0.1)
    assert not counter.asks

    counter.printer.put_in_state(Health.READY)
    counter.until(lambda: counter.asks)


@pytest.mark.parametrize(("came_out", "receipts"), [(True, 0), (False, 1)])
def test_the_answer_decides_whether_it_is_printed_again(
    counter: Counter, came_out: bool, receipts: int
) -> None:
    counter.printer.stop_after(1, SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks).answers(came_out=came_out)
    assert counter.desk.said == ("print.settled" if came_out else "print.again")
    counter.until(lambda: counter.waiting == 0)
    assert len(counter.printer.documents) == 1 + receipts
    assert counter.settlements == [(ANNA, "whole" if came_out else "again", 1)]


def test_what_the_last_checkpoint_proved_is_printed_whatever_broke_later(counter: Counter) -> None:
    counter.printer.stop_after(3, SOME_BYTES)
    counter.start().sells().until(lambda: counter.waiting == 0)
    assert counter.printer.documents == []
    assert states(counter) == ["confirmed"]


def test_a_printer_that_proves_nothing_has_sent_and_not_confirmed(counter: Counter) -> None:
    counter.printer.stop_confirming()
    counter.start().sells().until(lambda: counter.waiting == 0)
    assert states(counter) == ["sent"]


def states(counter: Counter) -> list[str]:
    rows = counter.desk.records.database.conn.execute("SELECT state FROM print_job ORDER BY job_id")
    return [state for (state,) in rows.fetchall()]


def test_a_question_is_answered_once(counter: Counter) -> None:
    assert counter.desk.do(commands.SettlePrint(1, came_out=True)).said == "print.no_question"
    assert "print_settled" not in counter.desk.kinds()


def test_a_question_is_answered_only_by_somebody_who_is_signed_on(counter: Counter) -> None:
    counter.printer.stop_after(1, SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks)
    counter.desk.do(commands.SignOff())
    assert counter.answers(came_out=True).desk.said == "session.sign_on_first"
    assert counter.asks


def test_a_receipt_that_nobody_answers_for_goes_out_as_the_one_copy(counter: Counter) -> None:
    counter.printer.stop_after(1, SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks)
    counter.waits(ANSWER_SECONDS - 2)
    assert counter.asks

    counter.waits(ANSWER_SECONDS).until(lambda: counter.waiting == 0)
    _, copy = counter.printer.texts
    assert "KOPIA" in copy
    assert counter.settlements == [(ANNA, "copied", 1)]
    assert states(counter) == ["cancelled", "confirmed"]
    assert counter.desk.desk.message is not None
    assert counter.desk.said == "print.copied_instead"
    assert counter.desk.do(commands.CopyReceipt("1")).said == "receipt.copied_already"


def test_a_receipt_that_was_copied_before_waits_for_its_answer_for_ever(counter: Counter) -> None:
    counter.printer.stop_after(1, SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks)
    counter.desk.do(commands.CopyReceipt("1"))
    counter.worker.wake()
    counter.until(lambda: counter.waiting == 1).waits(10 * ANSWER_SECONDS)
    assert counter.asks
    assert counter.desk.kinds().count("receipt_copied") == 1


def test_a_copy_of_unknown_fate_is_never_printed_again(counter: Counter) -> None:
    counter.start().sells().until(lambda: counter.waiting == 0)
    counter.printer.stop_after(2, SOME_BYTES)
    counter.desk.do(commands.CopyReceipt("1"))
    counter.worker.wake()
    counter.until(lambda: counter.asks).waits(10 * ANSWER_SECONDS)
    assert counter.question.is_last
    counter.answers(came_out=False)
    assert counter.desk.said == "print.no_second_copy"
    counter.run(0.1)
    assert counter.waiting == 0
    assert not any("KOPIA" in text for text in counter.printer.texts)


def test_a_sale_whose_copy_broke_too_gets_its_original_on_a_persons_word(counter: Counter) -> None:
    counter.printer.stop_after(1, SOME_BYTES)
    counter.start().sells().until(lambda: counter.asks)
    counter.printer.stop_after(1, SOME_BYTES)
    counter.waits(ANSWER_SECONDS + 1).until(lambda: counter.asks and is_about_a_copy(counter))
    counter.answers(came_out=False).until(lambda: counter.waiting == 0)
    assert states(counter) == ["confirmed", "cancelled"]
    assert "OGILTIG" not in counter.printer.texts[-1]
    assert "KOPIA" not in counter.printer.texts[-1]


def is_about_a_copy(counter: Counter) -> bool:
    return counter.question.kind == "copy"


def test_the_second_printer_prints_while_the_first_cannot(pair: Counter) -> None:
    pair.printer.put_in_state(Health.BLOCKED, Reason.PAPER_OUT)
    pair.start().sells().until(lambda: pair.waiting == 0)
    assert pair.worker.prints_on == 2
    assert len(pair.second.documents) == 1

    pair.printer.put_in_state(Health.READY)
    pair.goes_round().sells().until(lambda: pair.waiting == 0)
    assert pair.worker.prints_on == 1
    assert len(pair.printer.documents) == 1
    printed = pair.desk.records.database.conn.execute("SELECT printer FROM print_job")
    assert printed.fetchall() == [(2,), (1,)]


def test_a_job_refused_before_its_first_byte_goes_to_the_second_printer(pair: Counter) -> None:
    pair.printer.fail_with(NO_BYTE)
    pair.start().sells().until(lambda: pair.waiting == 0)
    assert len(pair.second.documents) == 1


def test_a_job_torn_on_the_first_is_not_printed_on_the_second_without_a_word(pair: Counter) -> None:
    pair.printer.stop_after(1, SOME_BYTES)
    pair.printer.left_in = Health.ABSENT
    pair.start().sells().until(lambda: bool(pair.desk.spool.in_doubt())).sells()
    pair.until(lambda: pair.waiting == 1).run(0.1)
    (other,) = pair.second.texts
    assert "1-1-2" in other

    pair.waits(ANSWER_SECONDS + 1).until(lambda: pair.waiting == 0)
    assert "KOPIA" in pair.second.texts[-1]
    pair.printer.put_in_state(Health.READY)
    pair.until(lambda: bool(pair.printer.documents))
    assert "OGILTIG UTSKRIFT" in pair.printer.texts[0]


def test_more_than_three_waiting_papers_are_an_alarm_that_is_told_once(counter: Counter) -> None:
    counter.sells().sells().sells().waits(5)
    assert counter.told == []
    counter.sells().waits(5)
    assert [message.key for message in counter.told] == ["print.many_wait"]


def test_a_slow_printer_holds_no_sale(counter: Counter) -> None:
    counter.printer.block()
    counter.start().sells().sells().sells()
    assert [receipt.number for receipt in counter.desk.sold()] == [1, 2, 3]


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
    first.start().sells().until(lambda: first.printer.tries >= 1).close()
    second = Counter(home).start()
    second.until(lambda: second.waiting == (0 if trouble is NO_BYTE else 1))
    second.until(lambda: second.asks == (trouble is SOME_BYTES))
    second.close()
