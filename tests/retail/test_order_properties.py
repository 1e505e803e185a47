"""Whatever is asked of an order, in any order: no piece, right or öre is lost or doubled."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from central_sync.retail.orders import (
    CustomerOrder,
    Mode,
    OrderRefused,
    Parcel,
    ParcelLine,
    commands,
    decide,
    fold,
    payment_shares,
    pieces,
)
from central_sync.retail.orders.events import read_event
from central_sync.retail.orders.invariants import misplaced, repeated, unbalanced, unconserved
from central_sync.retail.orders.shares import taken_from, without
from central_sync.retail.plain import tagged
from central_sync.retail.stock import reservations_of
from tests.retail.ordering import Desk, asked, order_line

STORES = ("s02", "s03", "s09")
LATER = "2026-11-22T13:05:00.000Z"
LATEST = "2026-12-24T13:00:00.000Z"

small = st.integers(1, 3)
stores = st.sampled_from(STORES)
grosses = st.integers(0, 100_001)


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    modes = draw(
        st.lists(st.sampled_from([Mode.SHIP, Mode.COLLECT, Mode.TAKEN]), min_size=1, max_size=3)
    )
    lines = [
        order_line(number, mode, draw(small), draw(grosses))
        for number, mode in enumerate(modes, start=1)
    ]
    lines.append(order_line(9, Mode.FEE, 1, draw(st.sampled_from([0, 4_900]))))
    order = asked(*lines)
    card = draw(st.integers(0, order.total_minor))
    cash = draw(st.integers(0, order.total_minor - card))
    desk = Desk()
    desk.do(commands.PlaceOrder(order, (("card", card), ("cash", cash))))
    return desk


@st.composite
def next_command(draw: st.DrawFn, desk: Desk, number: int) -> Any:
    """Something that could be asked now; often legal, sometimes late or too much."""
    line = draw(st.sampled_from(desk.order.lines))
    store = draw(stores)
    plan = _plan(desk, line.line, number, store)
    if not desk.order.parcels or draw(st.integers(0, 3)) == 0:
        return draw(st.sampled_from([plan, *_about_line(line.line, draw(small), store, number)]))
    parcel = draw(st.sampled_from(desk.order.parcels))
    return draw(st.sampled_from(_about_parcel(parcel, draw(small), store)))


def _plan(desk: Desk, number: int, at: int, store: str) -> Any:
    line = desk.order.line(number)
    assert line is not None
    left = max(1, pieces(desk.order, line).waiting)
    mode = line.mode if line.is_carried else Mode.SHIP
    carried = (ParcelLine(number, line.sku, left),)
    return commands.PlanParcels(
        (Parcel(f"p{at}", store, mode, carried, collect_store_id=line.collect_store_id),)
    )


def _about_line(line: int, count: int, store: str, number: int) -> list[Any]:
    return [
        commands.CancelPieces(line, count, "changed_mind"),
        commands.ReturnPieces(line, count, store, "too_small"),
        commands.ChangeLine(line, Mode.SHIP),
        commands.ChangeLine(line, Mode.COLLECT, "s09"),
        commands.TakePayment("swish", 1 + 137 * number),
        commands.Escalate(line, "order.person"),
        commands.SubstituteLine(line, "SKU-B", "Vara B", 10 * number, 2500, LATER),
    ]


def _about_parcel(parcel: Parcel, count: int, store: str) -> list[Any]:
    line = parcel.lines[0].line
    theirs = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    forward: list[Any] = [
        commands.OfferParcel(parcel.parcel_id, (parcel.store_id, store), LATER),
        commands.ClaimParcel(parcel.parcel_id, store, parcel.epoch),
        commands.ClaimParcel(*theirs),
        commands.PickLine(*theirs, line, count),
        commands.PackParcel(*theirs),
        commands.HandOver(*theirs),
        commands.MakeReady(parcel.parcel_id, "s09", "B4", LATER),
        commands.CollectPieces(parcel.parcel_id, "s09", ((line, count),)),
    ]
    return [
        *forward,
        *forward,
        commands.RejectParcel(parcel.parcel_id, store, parcel.epoch, "busy"),
        commands.ExpireOffers(parcel.parcel_id),
        commands.TakeBackParcel(parcel.parcel_id, "silent"),
        commands.MoveParcel(parcel.parcel_id, store, "d"),
        commands.ShortLine(*theirs, line, count, "not_on_shelf"),
        commands.NoShow(parcel.parcel_id),
    ]


@given(st.data())
@settings(max_examples=150)
def test_nothing_is_lost_or_doubled_whatever_is_asked(data: st.DataObject) -> None:
    desk = data.draw(desks())
    for number in range(data.draw(st.integers(1, 40))):
        desk.at = LATEST if number > 30 else desk.at
        try:
            desk.do(data.draw(next_command(desk, number)))
        except OrderRefused:
            continue
        check(desk)


def check(desk: Desk) -> None:
    order, stock = desk.order, desk.stock
    for line in order.lines:
        where = pieces(order, line)
        assert where.waiting >= 0
        assert (
            where.undelivered + where.delivered + where.returned + where.cancelled == line.quantity
        )
    rights = reservations_of(stock.rights)
    assert misplaced([order], rights.values()) == []
    assert unbalanced(order) == []
    assert unconserved(stock.levels(), stock.movements, stock.reserved(), stock.rights) == []
    assert repeated([refund.refund_key for refund in order.refunds]) == []
    assert sum(stock.reserved().values()) == sum(
        carried.quantity - carried.picked
        for parcel in order.parcels
        if parcel.state.value in ("planned", "offered", "claimed", "picking")
        for carried in parcel.lines
    )


@given(st.data())
@settings(max_examples=50)
def test_goods_that_left_the_shelf_are_with_a_parcel_or_the_customer(data: st.DataObject) -> None:
    desk = data.draw(desks())
    for number in range(25):
        try:
            desk.do(data.draw(next_command(desk, number)))
        except OrderRefused:
            continue
    off_shelf = -sum(level.on_hand for level in desk.stock.levels().values())
    carried = sum(
        line.picked for p in desk.order.parcels if p.state.value != "lapsed" for line in p.lines
    )
    assert off_shelf == carried - sum(
        line.picked - line.collected
        for p in desk.order.parcels
        if p.hold_until and p.state.value in ("uncollected", "collected")
        for line in p.lines
    )


@given(st.lists(grosses, min_size=1, max_size=8), st.data())
def test_shares_sum_exactly_by_line_and_by_payment(grosses: list[int], data: st.DataObject) -> None:
    whole = sum(grosses)
    first = data.draw(st.integers(0, whole))
    second = data.draw(st.integers(0, whole - first))

    rows = payment_shares(grosses, (("card", first), ("cash", second)))

    assert [sum(share.amount_minor for share in row) for row in rows] == grosses
    for ordinal, amount in ((0, first), (1, second), (-1, whole - first - second)):
        held = sum(s.amount_minor for row in rows for s in row if s.payment == ordinal)
        assert held == amount


@given(grosses, st.integers(0, 100_001), st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_any_partial_refunds_empty_a_row_exactly(one: int, two: int, parts: list[int]) -> None:
    (row,) = payment_shares([one + two], (("card", one), ("cash", two)))
    left = row
    for amount in parts:
        now = taken_from(left, min(amount * 999, sum(s.amount_minor for s in left)))
        left = without(left, now)
    rest = taken_from(left, sum(share.amount_minor for share in left)) if left else ()
    assert without(left, rest) == ()
    assert all(share.amount_minor > 0 for share in left)


@given(st.data())
@settings(max_examples=50)
def test_an_order_is_the_fold_of_its_written_events(data: st.DataObject) -> None:
    desk = data.draw(desks())
    placed = decide(CustomerOrder(), commands.PlaceOrder(asked(*desk.order.lines), ()), desk.at)
    written = [tagged(event) for event in placed]
    order = fold(CustomerOrder(), placed)
    for number in range(15):
        try:
            events = decide(order, data.draw(next_command(Desk(order), number)), desk.at)
        except OrderRefused:
            continue
        order = fold(order, events)
        written += [tagged(event) for event in events]

    assert fold(CustomerOrder(), map(read_event, written)) == order
