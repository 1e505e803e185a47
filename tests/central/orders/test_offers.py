"""Offers: one store, then three, then more, then a person; silence and rejection lose work."""

from __future__ import annotations

import pytest

from central_sync.retail.orders import OrderRefused, ParcelState, commands
from central_sync.server.central import Central
from central_sync.server.orders import following
from tests.central.office import Clock
from tests.central.orders.shop import (
    hear,
    level,
    now,
    offered,
    open_shop,
    order,
    pick_all,
    say,
    tasks,
)

EVERYWHERE = {"SKU-1": {f"s{number:02d}": 2 for number in range(2, 7)}}


def test_a_rejected_parcel_is_offered_at_once_to_three_others(central: Central) -> None:
    room = open_shop(central, EVERYWHERE, stores=6)
    placed = order(room, "SKU-1")
    [(parcel_id, first)] = offered(placed)

    say(room, placed.order_id, commands.RejectParcel(parcel_id, first, 1, "busy"))

    again = offered(now(room, placed.order_id))
    assert len(again) == 3
    assert first not in {store for _, store in again}
    assert tasks(room, first) == {"pick": "cancelled"}
    assert level(room, first) == (2, 0)


def test_an_order_that_every_store_rejects_is_a_persons_after_three_rounds(
    central: Central,
) -> None:
    room = open_shop(central, EVERYWHERE, stores=6)
    placed = order(room, "SKU-1")

    rounds = 0
    while offers := offered(now(room, placed.order_id)):
        rounds += 1
        for parcel_id, store in offers:
            epoch = now(room, placed.order_id).parcel(parcel_id)
            say(
                room,
                placed.order_id,
                commands.RejectParcel(parcel_id, store, epoch.epoch if epoch else 1, "busy"),
            )

    with central.database.reading() as connection:
        stuck = [one.order.order_id for one in following.stuck(connection)]
    assert rounds <= 3
    assert stuck == [placed.order_id]


def test_an_offer_that_nobody_answers_goes_to_others(central: Central, clock: Clock) -> None:
    room = open_shop(central, EVERYWHERE, stores=6)
    placed = order(room, "SKU-1")
    [(_, first)] = offered(placed)

    clock.forward(minutes=6)
    hear(room)
    following.follow(room)

    again = {store for _, store in offered(now(room, placed.order_id))}
    assert len(again) == 3
    assert first not in again


def test_a_store_that_fell_silent_loses_what_it_has_not_claimed(
    central: Central, clock: Clock
) -> None:
    room = open_shop(central, EVERYWHERE, stores=6)
    placed = order(room, "SKU-1")
    [(_, first)] = offered(placed)

    clock.forward(minutes=3)
    hear(room, first)
    following.follow(room)

    assert first not in {store for _, store in offered(now(room, placed.order_id))}
    assert level(room, first) == (2, 0)


def test_a_silent_store_gets_nothing_while_another_can(central: Central, clock: Clock) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 2, "s03": 2}})
    clock.forward(minutes=10)
    hear(room, "s02")

    placed = order(room, "SKU-1")

    assert [store for _, store in offered(placed)] == ["s03"]


def test_the_first_to_claim_has_it_and_the_hold_moves_along(central: Central) -> None:
    room = open_shop(central, EVERYWHERE, stores=6)
    placed = order(room, "SKU-1")
    [(parcel_id, first)] = offered(placed)
    say(room, placed.order_id, commands.RejectParcel(parcel_id, first, 1, "busy"))
    again = now(room, placed.order_id)
    parcel = next(one for one in again.parcels if one.state is ParcelState.OFFERED)
    other = next(store for _, store in offered(again) if store != parcel.store_id)

    say(room, placed.order_id, commands.ClaimParcel(parcel.parcel_id, other, parcel.epoch))

    with pytest.raises(OrderRefused, match="claimed_elsewhere"):
        say(
            room,
            placed.order_id,
            commands.ClaimParcel(parcel.parcel_id, parcel.store_id, parcel.epoch),
        )
    assert level(room, other) == (2, 1)
    assert level(room, parcel.store_id) == (2, 0)


def test_a_pick_that_finds_nothing_zeroes_the_record_and_asks_for_a_count(
    central: Central,
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 3, "s03": 1}})
    placed = order(room, "SKU-1")
    parcel = placed.parcels[0]
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    say(room, placed.order_id, commands.ClaimParcel(*place))

    say(room, placed.order_id, commands.ShortLine(*place, 1, 1, "not_found"))

    other = "s03" if parcel.store_id == "s02" else "s02"
    assert level(room, parcel.store_id) == (0, 0)
    assert [store for _, store in offered(now(room, placed.order_id))] == [other]
    assert tasks(room, parcel.store_id)["count"] == "accepted"


@pytest.mark.parametrize("state", ["offered", "claimed", "picking", "packed"])
def test_an_order_is_cancelled_until_it_is_packed_and_refunded_to_the_ore(
    central: Central, state: str
) -> None:
    room = open_shop(central, {"SKU-1": {"s02": 2}})
    placed = order(room, "SKU-1")
    parcel = placed.parcels[0]
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    if state in ("claimed", "picking"):
        say(room, placed.order_id, commands.ClaimParcel(*place))
    if state == "picking":
        say(room, placed.order_id, commands.PickLine(*place, 1, 1))
    if state == "packed":
        pick_all(room, placed.order_id)
        with pytest.raises(OrderRefused, match="packed_already"):
            say(room, placed.order_id, commands.CancelPieces(1, 1, "customer"))
        return

    done = say(room, placed.order_id, commands.CancelPieces(1, 1, "customer")).stored.order

    assert sum(refund.amount_minor for refund in done.refunds) == placed.total_minor
    assert level(room, "s02") == (2, 0)
    assert ("put_back" in tasks(room, "s02")) is (state == "picking")
    assert tasks(room, "s02")["pick"] == "cancelled", "no store is asked for what nobody wants"
