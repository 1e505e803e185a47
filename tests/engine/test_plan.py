from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

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
    heads_to_name,
    marks_after,
    narrowed,
    outnumbered,
    plan,
    probes,
    retry_delay,
    uploads,
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
    writing: int = 0,
) -> Have:
    marked = {mark.epoch: mark for mark in marks}
    return Have(heads, marked, "s01", positions, is_held, writing=writing)


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
    agreed = marks_after(replace(have(), writing=1), [head(1, 12)], {})
    assert agreed.disagreements == (Disagreement("ahead", 1, 12),)


def test_the_epochs_of_whoever_stood_here_before_are_no_disagreement() -> None:
    till = replace(have((head(2, 3),)), writing=2)
    agreed = marks_after(till, [head(1, 12), head(2, 3)], own(head(2, 3)))
    assert agreed == Marks({2: head(2, 3)})


def test_what_a_fork_left_behind_is_settled_where_both_agree() -> None:
    till = replace(have((head(1, 9), head(2, 4)), writing=2), limits={1: head(1, 5)})
    theirs = Mark(1, 20, b"x" * 32)
    agreed = marks_after(till, [theirs], own(head(1, 9)), common=[head(1, 5)])
    assert agreed == Marks({1: head(1, 5), 2: Mark(2)})
    assert uploads(till, agreed) == [Upload(2, 0, 4)]


def test_of_a_forked_epoch_only_what_both_share_is_sent_under_its_name() -> None:
    till = replace(have((head(1, 9), head(2, 4)), writing=2), limits={1: head(1, 5)})
    assert uploads(till, Marks({1: head(1, 2), 2: head(2, 4)})) == [Upload(1, 2, 3)]
    assert [(one.epoch, one.sequence) for one in heads_to_name(till)] == [(1, 5), (2, 4)]


def test_a_fork_that_turns_out_older_than_it_was_thought_is_noticed_again() -> None:
    till = replace(have((head(1, 9), head(2, 4)), writing=2), limits={1: head(1, 5)})
    agreed = marks_after(till, [Mark(1, 7, b"x" * 32)], own(head(1, 9)), common=[])
    assert agreed.disagreements == (Disagreement("fork", 1, 7),)


def test_a_restored_till_at_the_very_head_is_known_by_the_numbers_it_forgot() -> None:
    till = replace(have((head(1, 9),), writing=1), numbers={1: 40})
    assert outnumbered(till, Said((), {}, numbers={1: 43}))
    assert not outnumbered(till, Said((), {}, numbers={1: 40, 2: 99}))


@given(st.integers(0, 3000), st.integers(0, 3000), st.integers(2, 64))
def test_the_last_entry_in_common_is_found_by_few_questions(
    length: int, same: int, most: int
) -> None:
    low, high, rounds = 0, length, 0
    same = min(same, length)
    while low < high:
        asked = probes(low, high, most)
        assert 0 < len(asked) <= most
        assert all(low < at <= high for at in asked)
        low, high = narrowed(low, high, asked, [at for at in asked if at <= same])
        rounds += 1
    assert low == same
    assert most ** (rounds - 1) <= 3 * length + 1


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


def test_another_history_at_the_same_number_is_replaced_by_the_whole_catalogue() -> None:
    till = replace(have(positions=UP_TO_DATE), hashes={"chain": "aa", "store:s01": "bb"})
    said = Said((), UP_TO_DATE, hashes={"chain": "aa", "store:s01": "cc"})
    (action,) = plan(till, said, Marks({}))
    assert action == TakeSnapshot("central tells another history of store:s01")


@pytest.mark.parametrize("hashes", [{}, {"chain": "aa"}])
def test_an_older_central_that_names_no_hash_is_believed_by_number(hashes: dict[str, str]) -> None:
    till = replace(have(positions=UP_TO_DATE), hashes={"chain": "aa", "store:s01": "bb"})
    assert plan(till, Said((), UP_TO_DATE, hashes=hashes), Marks({})) == []


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
