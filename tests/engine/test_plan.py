from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.engine.plan import (
    Disagreement,
    Have,
    Mark,
    Marks,
    PullFeed,
    Said,
    TakeSnapshot,
    Upload,
    marks_after,
    plan,
    retry_delay,
)


def digest(epoch: int, sequence: int) -> bytes:
    return bytes([epoch, sequence % 256]) * 16


def head(epoch: int, sequence: int) -> Mark:
    return Mark(epoch, sequence, digest(epoch, sequence))


def have(
    heads: tuple[Mark, ...] = (),
    marks: tuple[Mark, ...] = (),
    positions: Mapping[str, int] | None = None,
    *,
    is_held: bool = False,
) -> Have:
    return Have(heads, {mark.epoch: mark for mark in marks}, "s01", positions, is_held)


def own(*heads: Mark) -> dict[tuple[int, int], bytes]:
    """This till's hashes up to its heads."""
    return {
        (each.epoch, sequence): digest(each.epoch, sequence)
        for each in heads
        for sequence in range(1, each.sequence + 1)
    }


UP_TO_DATE = {"chain": 5, "store:s01": 3}


def test_a_mark_moves_to_what_both_sides_hold() -> None:
    till = have((head(1, 9),), (head(1, 4),))
    assert marks_after(till, [head(1, 7)], own(head(1, 9))) == Marks({1: head(1, 7)})


def test_a_mark_moves_back_with_a_central_restored_from_an_older_copy() -> None:
    till = have((head(1, 9),), (head(1, 9),))
    assert marks_after(till, [head(1, 3)], own(head(1, 9))).marks == {1: head(1, 3)}


def test_an_epoch_that_central_does_not_know_starts_again() -> None:
    till = have((head(1, 9), head(2, 2)), (head(1, 9),))
    assert marks_after(till, [], own(head(1, 9))).marks == {1: Mark(1), 2: Mark(2)}


def test_a_number_without_our_hash_proves_nothing() -> None:
    till = have((head(1, 9),), (head(1, 4),))
    agreed = marks_after(till, [Mark(1, 7, b"x" * 32)], own(head(1, 9)))
    assert agreed == Marks({1: head(1, 4)}, (Disagreement("fork", 1, 7),))


def test_a_central_that_holds_more_than_this_till_is_noticed() -> None:
    till = have((head(1, 9),), (head(1, 4),))
    agreed = marks_after(till, [head(1, 12)], own(head(1, 9)))
    assert agreed == Marks({1: head(1, 4)}, (Disagreement("ahead", 1, 12),))


def test_a_forgotten_epoch_is_noticed() -> None:
    agreed = marks_after(have(), [head(1, 12)], {})
    assert agreed.disagreements == (Disagreement("ahead", 1, 12),)


def test_receipts_go_before_prices_and_old_epochs_before_new() -> None:
    till = have((head(1, 9), head(2, 2)), (), {"chain": 1, "store:s01": 3})
    agreed = Marks({1: head(1, 7), 2: Mark(2)})
    assert plan(till, Said((), UP_TO_DATE), agreed) == [
        Upload(1, 7, 2),
        Upload(2, 0, 2),
        PullFeed("chain", 1, 5),
    ]


def test_an_epoch_under_dispute_waits_for_a_person_and_holds_up_nobody() -> None:
    till = have((head(1, 9), head(2, 2)), (), UP_TO_DATE)
    agreed = Marks({1: head(1, 7), 2: Mark(2)}, (Disagreement("fork", 1, 8),))
    assert plan(till, Said((), UP_TO_DATE), agreed) == [Upload(2, 0, 2)]


def test_a_till_in_step_has_nothing_to_do() -> None:
    till = have((head(1, 9),), (), UP_TO_DATE)
    assert plan(till, Said((), UP_TO_DATE), Marks({1: head(1, 9)})) == []


def test_a_till_without_a_catalogue_takes_the_whole_one() -> None:
    (action,) = plan(have(), Said((), UP_TO_DATE), Marks({}))
    assert isinstance(action, TakeSnapshot)


def test_a_feed_that_went_back_is_replaced_by_the_whole_catalogue() -> None:
    till = have(positions={"chain": 9, "store:s01": 3})
    (action,) = plan(till, Said((), UP_TO_DATE), Marks({}))
    assert isinstance(action, TakeSnapshot)


def test_a_held_catalogue_is_left_alone_while_receipts_go_on() -> None:
    till = have((head(1, 1),), (), {"chain": 1}, is_held=True)
    assert plan(till, Said((), UP_TO_DATE), Marks({1: Mark(1)})) == [Upload(1, 0, 1)]


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.booleans())
def test_a_mark_never_stands_where_this_till_has_nothing(
    at: int, marked: int, said: int, is_foreign: bool
) -> None:
    marked = min(at, marked)
    till = have((head(1, at),) if at else (), (head(1, marked),) if marked else ())
    named = Mark(1, said, b"x" * 32) if is_foreign else head(1, said)
    agreed = marks_after(till, [named], own(head(1, at)))
    for mark in agreed.marks.values():
        assert mark.sequence <= at
        assert mark.sequence == 0 or mark.hash == digest(1, mark.sequence)
    for action in plan(till, Said((), {}), agreed):
        if isinstance(action, Upload):
            assert action.after + action.count == at


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"), [(1, 1.0, 2), (3, 0.5, 4), (50, 1.0, 60), (5, 0.0, 0.2)]
)
def test_tries_spread_over_a_growing_time(failures: int, chance: float, seconds: float) -> None:
    assert retry_delay(failures, chance) == seconds


def test_central_is_never_asked_before_it_wishes() -> None:
    assert retry_delay(1, 0.0, 30.0) == 30.0
    assert retry_delay(1, 1.0, 30.0) == 37.5
