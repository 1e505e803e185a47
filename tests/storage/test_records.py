"""What the core keeps: state and events, receipts, returns, stock, parked baskets, paper."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from central_sync.retail.basket import Basket
from pos_client.register import events as happened
from pos_client.register.shop import PrintOutcome, SuspendedBasket
from pos_client.register.state import Register
from pos_client.storage.records import suspended_baskets
from tests.retail.trade import basket_line, card, closed, returned_line
from tests.storage.disk import AT, PAPER, Disk, a_receipt


def a_line(number: int) -> happened.LineAdded:
    return happened.LineAdded("b-1", basket_line(number, f"Sko {number}", 100 * number))


def test_a_new_file_is_an_empty_register(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        assert disk.records.load().state == Register()


def test_edits_are_folded_in_on_the_next_start(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.records.save_edits([a_line(1), a_line(2)])
        disk.records.save_edits([happened.LineVoided(1)])
    with Disk(tmp_path) as disk:
        loaded = disk.records.load()
    assert loaded.recovered_events == 3
    assert [line.is_voided for line in loaded.state.basket.lines] == [True, False]


def test_an_act_is_the_truth_from_then_on_and_ends_the_events_before(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.records.save_edits([a_line(1)])
        with disk.records.act(Register(day="2026-11-22"), disk.totals):
            pass
    with Disk(tmp_path) as disk:
        loaded = disk.records.load()
    assert (loaded.state, loaded.recovered_events) == (Register(day="2026-11-22"), 0)


def test_totals_come_back_with_the_state(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(a_receipt(1), a_receipt(2))
        expected = disk.totals
    with Disk(tmp_path) as disk:
        assert disk.records.load().totals == expected


def test_a_receipt_is_found_by_its_whole_number_and_by_its_last_part(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(a_receipt(1), a_receipt(42))
        for number in ("1-1-42", " 42 "):
            assert disk.receipts.find(number) == a_receipt(42)
        for number in ("", "43", "1-1-43", "x", "4" * 50):
            assert disk.receipts.find(number) is None


def test_a_receipt_is_found_without_its_store_and_never_as_another_stores(tmp_path: Path) -> None:
    sold = replace(a_receipt(42), receipt_number="s01-1-1-42")
    with Disk(tmp_path) as disk:
        disk.files(sold)
        for number in ("s01-1-1-42", "1-1-42", "42"):
            assert disk.receipts.find(number) == sold
        for number in ("s02-1-1-42", "2-1-42", "1-2-42", "1-1-42-", "%-42"):
            assert disk.receipts.find(number) is None


def test_the_last_part_means_the_newest_epochs_receipt(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(a_receipt(1))
    newer = replace(a_receipt(1), receipt_id="new", receipt_number="1-2-1")
    with Disk(tmp_path, epoch=2) as disk:
        disk.files(newer)
        assert disk.receipts.find("1") == newer
        assert disk.receipts.find("1-1-1") == a_receipt(1)


def test_the_newest_receipts_come_first(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(*(a_receipt(number) for number in range(1, 6)))
        assert [receipt.number for receipt in disk.receipts.newest(3)] == [5, 4, 3]


def test_what_was_taken_back_is_counted_per_line(tmp_path: Path) -> None:
    sale = closed([basket_line(1, "Sko", 100), basket_line(2, "Bok", 50)], [card(150)], number=1)
    back = closed([returned_line(1, sale.lines[1], sale)], [card(-50)], number=2)
    with Disk(tmp_path) as disk:
        disk.files(sale, back)
        assert disk.receipts.returned(sale.receipt_id) == {2: 1}
        assert disk.receipts.returned(back.receipt_id) == {}


def test_stock_moves_with_the_receipt_and_back_with_its_return(tmp_path: Path) -> None:
    sale = closed([basket_line(1, "Sko", 100, 3)], [card(300)], number=1)
    back = closed([returned_line(1, sale.lines[0], sale)], [card(-300)], number=2)
    with Disk(tmp_path) as disk:
        disk.files(sale)
        assert disk.receipts.moved_since("SKU-1", 1, 0) == -3
        assert disk.receipts.moved_since("SKU-1", 1, 1) == 0
        disk.files(back)
        assert disk.receipts.moved_since("SKU-1", 1, 0) == 0
        assert disk.receipts.moved_since("SKU-1", 1, 1) == 3


def test_a_receipts_number_is_written_once(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(a_receipt(7))
        assert disk.receipts.highest_number(1) == 7
        assert disk.receipts.highest_number(2) == 0


def test_a_parked_basket_waits_until_it_is_fetched(tmp_path: Path) -> None:
    parked = SuspendedBasket(AT, "Anna", Basket("b-1", (basket_line(1, "Sko", 100),)))
    with Disk(tmp_path) as disk:
        with disk.records.act(Register(), disk.totals) as act:
            act.suspend(parked)
        assert suspended_baskets(disk.records.database) == (parked,)
        with disk.records.act(Register(), disk.totals) as act:
            act.resume("b-1")
        assert suspended_baskets(disk.records.database) == ()


def test_paper_is_queued_with_the_sale_and_printed_in_order(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.files(a_receipt(1), a_receipt(2))
        first = disk.spool.next_queued()
        assert first is not None
        assert (first.receipt_number, first.document, first.attempts) == ("1-1-1", PAPER, 0)
        disk.spool.began(first.job_id)
        second = disk.spool.next_queued()
        assert second is not None
        assert second.receipt_number == "1-1-2"


def test_a_job_on_paper_waits_no_more(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        job = queued(disk)
        disk.spool.began(job)
        assert disk.spool.waiting() == 1
        disk.spool.finished(job)
        assert disk.spool.waiting() == 0


def test_a_job_of_which_no_byte_left_waits_again(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        job = queued(disk)
        disk.spool.began(job)
        disk.spool.not_begun(job, "no paper")
        again = disk.spool.next_queued()
        assert again is not None
        assert (again.job_id, again.attempts) == (job, 0)
        assert disk.spool.question() is None


def test_a_job_that_may_have_reached_paper_is_never_queued_by_itself(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        job = queued(disk)
        disk.spool.began(job)
        disk.spool.torn(job, "the line broke")
        assert disk.spool.next_queued() is None
    with Disk(tmp_path) as disk:
        disk.spool.after_restart()
        assert disk.spool.next_queued() is None
        assert [doubt.job_id for doubt in disk.spool.in_doubt()] == [job]


def test_a_torn_print_is_voided_before_anybody_is_asked(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        job = torn(disk)
        assert disk.spool.question() is None
        assert disk.spool.torn_on(2) is None
        lying = disk.spool.torn_on(1)
        assert lying is not None
        disk.spool.voided(lying.job_id)
        assert disk.spool.torn_on(1) is None
        asked = disk.spool.question()
        assert asked is not None
        assert (asked.job_id, asked.kind, asked.attempt) == (job, "receipt", 1)


def test_a_job_being_sent_when_the_core_died_is_torn(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.spool.began(queued(disk), 2)
    with Disk(tmp_path) as disk:
        assert disk.spool.after_restart() == 1
        assert disk.spool.after_restart() == 0
        assert disk.spool.torn_on(2) is not None


@pytest.mark.parametrize(("checkpoint", "torn_jobs"), [("head", 1), ("cut", 0)])
def test_a_job_whose_last_checkpoint_was_answered_is_done_whatever_came_after(
    tmp_path: Path, checkpoint: str, torn_jobs: int
) -> None:
    with Disk(tmp_path) as disk:
        job = queued(disk)
        disk.spool.began(job)
        disk.spool.passed(job, checkpoint)
    with Disk(tmp_path) as disk:
        assert disk.spool.after_restart() == torn_jobs
        assert disk.spool.waiting() == torn_jobs


def test_a_new_attempt_has_passed_nothing(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        job = torn(disk)
        disk.spool.passed(job, "cut")
        disk.spool.voided(job)
        settle(disk, job, PrintOutcome.AGAIN)
        disk.spool.began(job)
        assert disk.spool.after_restart() == 1


def test_what_lies_torn_in_a_printer_that_is_gone_is_voided_on_the_first(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        disk.spool.began(queued(disk), 2)
        disk.spool.after_restart()
        disk.spool.after_restart(printers=1)
        assert disk.spool.torn_on(1) is not None


@pytest.mark.parametrize(
    ("outcome", "queue_length"),
    [
        (PrintOutcome.WHOLE, 0),
        (PrintOutcome.AGAIN, 1),
        (PrintOutcome.GIVEN_UP, 0),
        (PrintOutcome.COPIED, 0),
    ],
)
def test_a_question_is_settled_by_its_outcome(
    tmp_path: Path, outcome: PrintOutcome, queue_length: int
) -> None:
    with Disk(tmp_path) as disk:
        job = torn(disk)
        disk.spool.voided(job)
        settle(disk, job, outcome)
        assert disk.spool.question() is None
        assert disk.spool.waiting() == queue_length


def test_an_original_given_up_for_a_copy_that_never_came_is_printed_again(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        original = torn(disk)
        disk.spool.voided(original)
        with disk.records.act(Register(), disk.totals) as act:
            act.settle_print(original, PrintOutcome.COPIED)
            act.print(PAPER, kind="copy", receipt_number="1-1-1", total_minor=1, at=AT)
        copy = torn(disk)
        disk.spool.voided(copy)
        asked = disk.spool.question()
        assert asked is not None
        assert (asked.kind, asked.is_last) == ("copy", False)
        settle(disk, copy, asked.outcome(came_out=False))
        again = disk.spool.next_queued()
        assert again is not None
        assert (again.job_id, again.attempts) == (original, 1)


def test_a_torn_copy_of_a_receipt_that_came_out_is_never_printed_again(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        original = queued(disk)
        disk.spool.began(original)
        disk.spool.finished(original)
        with disk.records.act(Register(), disk.totals) as act:
            act.print(PAPER, kind="copy", receipt_number="1-1-1", total_minor=1, at=AT)
        copy = torn(disk)
        disk.spool.voided(copy)
        asked = disk.spool.question()
        assert asked is not None
        assert asked.is_last
        settle(disk, copy, asked.outcome(came_out=False))
        assert disk.spool.waiting() == 0


def test_an_answer_to_a_job_that_is_not_in_question_does_nothing(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        job = queued(disk)
        disk.spool.began(job)
        disk.spool.finished(job)
        settle(disk, job, PrintOutcome.AGAIN)
        assert disk.spool.next_queued() is None


def test_no_job_is_looked_for_by_reading_every_receipt_ever_printed(tmp_path: Path) -> None:
    with Disk(tmp_path) as disk:
        for where in ("state = 'queued'", "torn_on > 0 AND torn_on = 1", "state = 'unknown'"):
            plan = disk.records.database.conn.execute(
                f"EXPLAIN QUERY PLAN SELECT * FROM print_job WHERE {where} ORDER BY job_id LIMIT 1"
            ).fetchall()
            assert "USING INDEX" in plan[0][3], plan


def torn(disk: Disk) -> int:
    """A job that broke off in the first printer, after some of its bytes."""
    job = queued(disk)
    disk.spool.began(job)
    disk.spool.torn(job, "the line broke")
    return job


def settle(disk: Disk, job: int, outcome: PrintOutcome) -> None:
    with disk.records.act(Register(), disk.totals) as act:
        act.settle_print(job, outcome)


def queued(disk: Disk) -> int:
    """The oldest job that waits, after one more sale if there is none."""
    job = disk.spool.next_queued() or disk.files(a_receipt()).spool.next_queued()
    assert job is not None
    return job.job_id
