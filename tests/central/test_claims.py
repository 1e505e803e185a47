"""Returns made without central: confirmed by their sale, contested when it came back twice."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.tender import Payment, TenderKind
from central_sync.retail.transaction import RetailTransaction
from central_sync.server import claims
from central_sync.server.central import Central
from central_sync.server.orders import following
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused
from central_sync.server.settled import Decided
from tests.central.office import Workstation, enrolled, pair
from tests.central.orders.shop import open_shop, tasks
from tests.central.orders.test_from_tills import book
from tests.retail.trade import cash, closed, returned_line

SALE = replace(closed([pair(1)], [cash(20_000)], number=7), receipt_id="sale-1")
EVA = Decided("eva", "seen on camera", "2026-11-23T09:00:00.000Z")


@pytest.fixture
def room(central: Central) -> OrderRoom:
    return open_shop(central, {"SKU-1": {"s01": 5, "s02": 5}})


@pytest.fixture
def selling(central: Central) -> Workstation:
    return enrolled(central)


@pytest.fixture
def other(central: Central) -> Workstation:
    return enrolled(central, "s02", "5")


def taken_back(number: int, *, store: str = "s02", is_held: bool = True) -> RetailTransaction:
    """The pair comes back; held goods leave the money to central."""
    line = returned_line(1, SALE.lines[0], SALE)
    claim = Payment("claim", "Återbetalas senare", TenderKind.CLAIM, -SALE.total_minor)
    paid = [claim] if is_held else [cash(-20_000)]
    back = closed([line], paid, number=number)
    lines = tuple(replace(one, held=is_held) for one in back.lines)
    seller = replace(back.seller, store_id=store)
    return replace(back, receipt_id=f"back-{number}", lines=lines, seller=seller)


def listed(central: Central, *, every: bool = False) -> list[claims.Claim]:
    with central.database.reading() as connection:
        return claims.listed(connection, every=every)


def on_hand(central: Central, store_id: str) -> int:
    level = t.stock_level.c
    query = select(level.on_hand).where(level.store_id == store_id, level.sku == "SKU-1")
    with central.database.reading() as connection:
        found: int = connection.execute(query).scalar_one()
    return found


def test_held_goods_go_on_the_shelf_and_the_money_is_due_when_the_sale_is_known(
    central: Central, room: OrderRoom, selling: Workstation, other: Workstation, http: httpx.Client
) -> None:
    selling.sell(SALE)
    book(selling, http, room)
    before = on_hand(central, "s02")
    other.sell(taken_back(3))
    book(other, http, room)

    [claim] = listed(central)
    assert (claim.state, claim.claim_minor, claim.original_store_id) == ("due", 19_900, "s01")
    assert on_hand(central, "s02") == before + 1
    assert tasks(room, "s02")["put_back"] == "accepted"

    with central.database.atomic() as connection:
        claims.paid(connection, claim.claim_id, "A1B2", EVA)
    assert listed(central) == []


def test_a_return_waits_for_a_sale_that_is_still_on_its_way(
    central: Central, room: OrderRoom, selling: Workstation, other: Workstation, http: httpx.Client
) -> None:
    before = on_hand(central, "s02")
    other.sell(taken_back(3))
    book(other, http, room)
    assert [claim.state for claim in listed(central)] == ["waiting"]
    assert on_hand(central, "s02") == before

    selling.sell(SALE)
    book(selling, http, room)
    following.follow(room)

    assert [claim.state for claim in listed(central)] == ["due"]
    assert on_hand(central, "s02") == before + 1


@pytest.mark.parametrize("is_held", [True, False])
def test_a_second_return_of_a_line_is_contested_with_both_stores_evidence(
    central: Central,
    room: OrderRoom,
    selling: Workstation,
    other: Workstation,
    http: httpx.Client,
    is_held: bool,
) -> None:
    selling.sell(SALE)
    selling.sell(taken_back(8, store="s01", is_held=False))
    book(selling, http, room)
    before = on_hand(central, "s02")
    other.sell(taken_back(3, is_held=is_held))
    book(other, http, room)

    [claim] = listed(central)
    assert claim.state == "contested"
    assert {one.store_id for one in claim.evidence} == {"s01", "s02"}
    assert on_hand(central, "s02") == before + (0 if is_held else 1), "nothing is undone"
    with pytest.raises(Refused, match="only what is due"), central.database.atomic() as connection:
        claims.paid(connection, claim.claim_id, "A1B2", EVA)


def test_a_person_believes_it_or_not(
    central: Central, room: OrderRoom, selling: Workstation, other: Workstation, http: httpx.Client
) -> None:
    selling.sell(SALE)
    selling.sell(taken_back(8, store="s01", is_held=False))
    book(selling, http, room)
    other.sell(taken_back(3))
    other.sell(taken_back(4))
    book(other, http, room)
    first, second = (claim.claim_id for claim in listed(central))
    before = on_hand(central, "s02")

    with central.database.atomic() as connection:
        assert claims.accept(connection, first, EVA) == "due"
        claims.refuse(connection, second, EVA)

    assert on_hand(central, "s02") == before + 1
    assert {one.claim_id: one.state for one in listed(central, every=True)} == {
        first: "due",
        second: "refused",
    }
    with pytest.raises(Refused, match="not contested"), central.database.atomic() as connection:
        claims.refuse(connection, first, EVA)


def test_every_till_is_told_which_keys_sign_and_which_no_more(
    central: Central, selling: Workstation
) -> None:
    key = t.workstation_key.c
    query = select(key.workstation_id, key.state).order_by(key.workstation_id)
    with central.database.reading() as connection:
        assert connection.execute(query).all() == [("s01-1", "active")]
        told = select(t.feed.c.scope).where(t.feed.c.table_name == "workstation_key")
        assert connection.execute(told).scalars().all() == ["chain"]
