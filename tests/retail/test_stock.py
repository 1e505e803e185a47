"""Stock as the sum of its movements, what may be promised of it, and rights to it."""

from __future__ import annotations

import math
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central_sync.retail.orders.invariants import beyond_pledge, double_promises
from central_sync.retail.stock import (
    AvailabilityRule,
    Band,
    DocumentLine,
    Figure,
    Level,
    MovementKind,
    Regime,
    Reservation,
    ReservationEvent,
    ReservationKind,
    ReservationState,
    StockDocument,
    StockMovement,
    available,
    band_of,
    count_delta,
    delta_of,
    evolve_reservation,
    expires_now,
    guard,
    level_bytes,
    network_available,
    poisson_quantile,
    project,
    read_document,
    regime_of,
    reservations_of,
    reserved_of,
    shortfall,
)

AT = "2026-11-22T13:00:00.000Z"
_WAY = {MovementKind.SALE: -1, MovementKind.TRANSFER_OUT: -1, MovementKind.PICK: -1}


@st.composite
def ledgers(draw: st.DrawFn) -> list[StockMovement]:
    found = []
    for number in range(draw(st.integers(0, 30))):
        kind = draw(st.sampled_from(list(MovementKind)))
        pieces = draw(st.integers(0, 5)) * _WAY.get(kind, 1)
        till = draw(st.sampled_from(["", "w1", "w2"]))
        place = draw(st.sampled_from([("s1", "A"), ("s1", "B"), ("s2", "A")]))
        at = f"2026-11-22T13:{draw(st.integers(0, 59)):02d}:00.000Z"
        found.append(StockMovement(f"m{number}", *place, kind, pieces, at, till, 1, number + 1))
    return found


@given(ledgers(), st.randoms(use_true_random=False))
def test_a_rebuilt_level_is_the_same_in_every_byte(
    ledger: list[StockMovement], chance: object
) -> None:
    again = [*ledger, *ledger[:7]]
    chance.shuffle(again)  # type: ignore[attr-defined]

    assert list(map(level_bytes, project(again).values())) == list(
        map(level_bytes, project(ledger).values())
    )


@given(ledgers())
def test_on_hand_is_the_sum_of_movements(ledger: list[StockMovement]) -> None:
    for movement in ledger:
        movement.check()
    for (store, sku), level in project(ledger).items():
        assert level.on_hand == sum(m.delta for m in ledger if (m.store_id, m.sku) == (store, sku))


def test_a_sale_has_to_take_goods_out() -> None:
    with pytest.raises(AssertionError, match="out"):
        StockMovement("m1", "s1", "A", MovementKind.SALE, 1, AT).check()


def test_a_late_sale_is_not_swallowed_by_a_count() -> None:
    sold_before_counting = StockMovement("m2", "s1", "A", MovementKind.SALE, -1, AT, "w1", 1, 1)
    ledger = [
        StockMovement("m1", "s1", "A", MovementKind.OPENING, 10, AT),
        StockMovement("m3", "s1", "A", MovementKind.COUNT, count_delta(8, 9), AT, "w2", 1, 1),
        sold_before_counting,
    ]

    assert project(ledger)["s1", "A"].on_hand == 8
    assert project(ledger)["s1", "A"].counted_at == AT


@given(st.integers(0, 60_000), st.sampled_from([5000, 9000, 9900, 9990]))
def test_the_quantile_is_the_one_of_the_exponential_formula(mean: int, certainty: int) -> None:
    found = poisson_quantile(mean, 1000, certainty)
    m = mean / 1000
    terms = accumulate(range(1, found + 1), lambda term, k: term * m / k, initial=math.exp(-m))
    upto = list(accumulate(terms))

    assert upto[found] >= certainty / 10_000 - 1e-9
    assert found == 0 or upto[found - 1] < certainty / 10_000 + 1e-9


def test_a_fresh_figure_has_no_guard() -> None:
    figure = Figure(3, demand_thousandths=5_000, age_seconds=120, open_age_seconds=120)
    assert guard(figure) == 0
    assert available(figure) == 3


@given(st.integers(0, 20_000), st.integers(0, 200_000), st.integers(0, 200_000))
def test_an_older_figure_promises_no_more(demand: int, one: int, other: int) -> None:
    younger, older = sorted((one, other))
    fresh, stale = (Figure(20, 0, 0, demand, age, age) for age in (younger, older))
    assert available(stale) <= available(fresh)


@given(st.integers(-5, 30), st.integers(0, 30), st.integers(0, 5))
def test_what_is_held_or_kept_for_walk_ins_is_not_promised(
    on_hand: int, reserved: int, minimum: int
) -> None:
    promised = available(Figure(on_hand, reserved, minimum))
    assert promised == max(0, on_hand - reserved - minimum)


def test_the_network_counts_each_piece_by_its_chance_to_be_there() -> None:
    figures = [Figure(1, nil_basis_points=1000) for _ in range(9)]
    assert network_available(figures) == 8


@pytest.mark.parametrize(
    ("pieces", "band"),
    [(-1, "none"), (0, "none"), (1, "last"), (2, "few"), (5, "few"), (6, "many")],
)
def test_a_stranger_is_told_a_band(pieces: int, band: str) -> None:
    assert band_of(pieces) is Band(band)


def test_a_doubtful_last_piece_is_asked_for_first() -> None:
    rule = AvailabilityRule()
    assert regime_of(Figure(1, nil_basis_points=3000), rule) is Regime.ASK_FIRST
    assert regime_of(Figure(2, reserved=1, nil_basis_points=3000), rule) is Regime.ASK_FIRST
    assert regime_of(Figure(1, nil_basis_points=500), rule) is Regime.VIEW
    assert regime_of(Figure(9, age_seconds=90_000), rule) is Regime.ASK_FIRST


def grant(number: str, quantity: int = 1, **changes: object) -> ReservationEvent:
    values: dict[str, object] = {
        "reservation_id": number,
        "kind": ReservationKind.GRANT,
        "at": AT,
        "quantity": quantity,
        "store_id": "s1",
        "sku": "A",
        "holder": number,
        "believed": 9,
    }
    return ReservationEvent(**{**values, **changes})  # type: ignore[arg-type]


def test_a_hold_becomes_firm_and_then_never_expires() -> None:
    soft = grant("r1", is_soft=True, expires_at="2026-11-22T13:10:00.000Z")
    firm = ReservationEvent("r1", ReservationKind.FIRM, AT)

    (held,) = reservations_of([soft, firm]).values()

    assert held.state is ReservationState.HARD
    assert not expires_now(held, "2026-12-24")


def test_an_expired_hold_does_not_come_back() -> None:
    soft = grant("r1", is_soft=True, expires_at="2026-11-22T13:10:00.000Z")
    ended = ReservationEvent("r1", ReservationKind.EXPIRE, AT)
    firm = ReservationEvent("r1", ReservationKind.FIRM, AT)

    assert reserved_of(reservations_of([soft, ended, firm]).values()) == {}


def test_a_move_is_one_event_with_both_places() -> None:
    moved = ReservationEvent("r1", ReservationKind.TRANSFER, AT, store_id="s2", believed=4)
    assert reserved_of(reservations_of([grant("r1", 2), moved]).values()) == {("s2", "A"): 2}


def test_a_partial_pick_leaves_the_rest_held() -> None:
    picked = ReservationEvent("r1", ReservationKind.PICK, AT, quantity=1)
    assert reserved_of(reservations_of([grant("r1", 3), picked]).values()) == {("s1", "A"): 2}


def test_a_grant_that_comes_twice_is_one_right() -> None:
    first = evolve_reservation(None, grant("r1"))
    assert evolve_reservation(first, grant("r1")) == first


def test_a_walk_in_breaks_the_youngest_soft_right_first() -> None:
    held = [
        Reservation("r1", "a", "s1", "A", 1, ReservationState.HARD),
        Reservation("r2", "b", "s1", "A", 1, ReservationState.SOFT),
        Reservation("r3", "c", "s1", "A", 1, ReservationState.HARD),
    ]
    assert [r.reservation_id for r in shortfall(3, held)] == []
    assert [r.reservation_id for r in shortfall(2, held)] == ["r2"]
    assert [r.reservation_id for r in shortfall(1, held)] == ["r2", "r3"]
    assert len(shortfall(-4, held)) == 3


def test_a_right_beyond_what_was_believed_is_found() -> None:
    assert double_promises([grant("r1", 2, believed=2)]) == []
    assert [broken.rule for broken in double_promises([grant("r1", 2, believed=1)])] == ["I1"]


def test_more_held_than_lent_is_found() -> None:
    assert [broken.rule for broken in beyond_pledge({("s1", "A"): 3}, {("s1", "A"): 2})] == ["I5"]
    assert Level("s1", "A").on_hand == 0


def test_a_right_made_firm_for_another_holder_is_that_holders() -> None:
    granted = ReservationEvent("r1", ReservationKind.GRANT, AT, 1, "s1", "A", "q1/1", is_soft=True)
    firm = ReservationEvent("r1", ReservationKind.FIRM, AT, holder="p1/1")

    right = reservations_of([granted, firm])["r1"]

    assert (right.holder, right.state) == ("p1/1", ReservationState.HARD)


def test_a_document_is_read_as_it_was_written() -> None:
    lines = (DocumentLine("A", 3), DocumentLine("B", 2, 4))
    document = StockDocument("m1", MovementKind.COUNT, lines, "F-17", "cycle")

    assert read_document(document.payload()) == document
    assert [line.difference for line in lines] == [0, -2]
    assert [delta_of(MovementKind.COUNT, line, 5) for line in lines] == [-2, -2]
