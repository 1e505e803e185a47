from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hardware.printers.answers import Echo, Passed, Status
from hardware.printers.progress import Barrier, Job, Progress, with_barriers

PIECES = [(b"head", "header"), (b"body", "body"), (b"cut", "")]


def a_progress(barrier: Barrier) -> tuple[Job, Progress]:
    job = with_barriers(PIECES, barrier, 9_998)
    return job, Progress(job, barrier, 6.0, now=0.0)


def test_an_echo_that_skips_another_proves_nothing_nor_does_what_follows() -> None:
    job, progress = a_progress(Barrier.ECHO)

    assert progress.heard(Echo(job.sections[1].process_id), 1.0) == []
    assert progress.heard(Echo(job.sections[2].process_id), 1.0) == []
    assert progress.heard(Passed(), 1.0) == []
    assert not progress.done


def test_an_echo_of_another_job_proves_nothing() -> None:
    _, progress = a_progress(Barrier.ECHO)

    assert progress.heard(Echo(b"4711"), 1.0) == []
    assert progress.deadline == 6.0


def test_a_printer_that_knows_no_echo_proves_the_job_at_its_end() -> None:
    _, progress = a_progress(Barrier.ECHO)

    assert progress.heard(Passed(), 1.0) == ["header", "body"]
    assert (progress.done, progress.echoes) == (True, False)


def test_a_stray_byte_proves_nothing_to_one_that_echoes() -> None:
    job, progress = a_progress(Barrier.ECHO)
    progress.heard(Echo(job.sections[0].process_id), 1.0)

    assert progress.heard(Passed(), 2.0) == []
    assert not progress.done


def test_plain_answers_are_counted_one_for_each_question() -> None:
    _, progress = a_progress(Barrier.STATUS)

    assert [progress.heard(Passed(), 1.0) for _ in range(4)] == [["header"], ["body"], [], []]
    assert progress.done


def test_without_a_question_nothing_is_proved() -> None:
    _, progress = a_progress(Barrier.NONE)

    assert (progress.done, progress.is_proved) == (True, False)


def test_each_answer_gives_the_next_section_its_own_time() -> None:
    job, progress = a_progress(Barrier.ECHO)
    progress.heard(Echo(job.sections[0].process_id), 5.0)

    assert progress.deadline == 11.0


@given(st.lists(st.sampled_from([0, 1, 2, None]), max_size=12))
def test_each_checkpoint_is_named_once_and_in_order(answers: list[int | None]) -> None:
    job, progress = a_progress(Barrier.ECHO)
    told: list[str] = []
    for each in answers:
        answer = Status(0x12) if each is None else Echo(job.sections[each].process_id)
        told += progress.heard(answer, 1.0)

    assert ["header", "body"][: len(told)] == told
