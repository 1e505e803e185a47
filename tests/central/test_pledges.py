"""Pieces that a store lends: asked for, agreed to, promised while it is cut off, broken, ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.retail.stock import PledgeKind
from central_sync.server.bookkeeping import book_all
from central_sync.server.central import Central
from central_sync.server.intake import Sender, receive
from central_sync.server.refused import Refused
from central_sync.server.warehouse import pledges, reserving
from central_sync.server.warehouse.fulfilling import pick
from central_sync.server.warehouse.rebuild import broken_rules, rebuild
from central_sync.server.warehouse.reserving import Granted, Missing, Short, Want
from central_sync.wire.entries import EntryKind
from tests.central.office import Clock, Workstation, enrolled, sale

AT = "2026-11-22T12:00:00.000Z"
UNTIL = "2026-11-25T12:00:00.000Z"
PLACE = ("s01", "SKU-1")


@contextmanager
def _writing(central: Central) -> Iterator[Connection]:
    """A transaction; after it everything stored is held against its ledgers (I1, I2, I5)."""
    with central.database.atomic() as connection:
        yield connection
    _check(central)


def _check(central: Central) -> None:
    with central.database.reading() as connection:
        assert broken_rules(connection) == []
        assert rebuild(connection, AT, check=True).wrong == ()


def _offer(central: Central, quantity: int, until: str = UNTIL) -> None:
    with _writing(central) as connection:
        pledges.offer(connection, *PLACE, quantity, until, central.timestamp(), reason="thin")


def _say(central: Central, till: Workstation, kind: str, **payload: object) -> None:
    till.note(kind, payload=payload)
    _send(central, till)


def _send(central: Central, till: Workstation) -> None:
    """Its whole journal; what central has of it already changes nothing."""
    sender = Sender(till.workstation_id, till.store_id, till.key.public)
    with central.database.atomic() as connection:
        connection.execute(
            update(t.workstation)
            .where(t.workstation.c.workstation_id == till.workstation_id)
            .values(last_contact_at=central.timestamp())
        )
        receive(connection, sender, till.request(), central.timestamp())
    book_all(central)
    _check(central)


def _acknowledge(central: Central, till: Workstation, epoch: int = 1) -> None:
    _say(central, till, EntryKind.PLEDGES_SEEN, pledges=[["SKU-1", epoch]])


def _in_force(central: Central, quantity: int) -> Workstation:
    """A till whose store has agreed to lend so many."""
    till = enrolled(central)
    _offer(central, quantity)
    _acknowledge(central, till)
    return till


def _lent(central: Central) -> tuple[str, int, int]:
    """State, pieces that central may hold, pieces that the store keeps back."""
    with central.database.reading() as connection:
        one = pledges.find(connection, *PLACE)
    return one.state.value, one.lent, one.quantity


def _hold(central: Central, holder: str, pieces: int) -> Granted | Short:
    at = central.timestamp()
    with _writing(central) as connection:
        return reserving.grant(connection, [Want(*PLACE, pieces)], holder, "", False, at)


def _told(central: Central) -> list[tuple[str, str]]:
    """(op, row) of what the store's feed was told of pledges."""
    row = t.feed.c
    with central.database.reading() as connection:
        rows = connection.execute(
            select(row.op, row.row).where(row.table_name == "pledge").order_by(row.position)
        )
        return [(one.op, one.row or "") for one in rows]


def _kinds(central: Central) -> list[PledgeKind]:
    with central.database.reading() as connection:
        return [event.kind for event in pledges.events_of(connection)]


def test_an_offer_is_in_force_when_the_stores_till_has_acknowledged_it(central: Central) -> None:
    till = enrolled(central)
    _offer(central, 2)
    assert _lent(central) == ("offered", 2, 2)

    _acknowledge(central, till)

    assert _lent(central) == ("in_force", 2, 2)
    assert [row.count('"is_offered":1') for _, row in _told(central)] == [1, 0]


def test_every_till_that_may_be_selling_has_to_know(central: Central) -> None:
    first, second = enrolled(central), enrolled(central, label="2")
    _say(central, first, EntryKind.SIGNED_OFF)
    _say(central, second, EntryKind.SIGNED_OFF)
    _offer(central, 2)

    _acknowledge(central, first)
    assert _lent(central)[0] == "offered"

    _acknowledge(central, second)
    assert _lent(central)[0] == "in_force"


def test_a_till_that_nobody_heard_for_a_week_keeps_no_offer_waiting(
    central: Central, clock: Clock
) -> None:
    first, second = enrolled(central), enrolled(central, label="2")
    _say(central, second, EntryKind.SIGNED_OFF)
    clock.forward(days=8)
    _offer(central, 2, "2026-12-10T12:00:00.000Z")

    _acknowledge(central, first)

    assert _lent(central)[0] == "in_force"


def test_a_till_that_was_cut_off_has_agreed_to_nothing_new(central: Central) -> None:
    till = _in_force(central, 2)
    _offer(central, 4)
    assert _lent(central) == ("in_force", 2, 4)

    _acknowledge(central, till, epoch=1)
    assert _lent(central) == ("in_force", 2, 4)

    _acknowledge(central, till, epoch=2)
    assert _lent(central) == ("in_force", 4, 4)


def test_less_is_less_at_once(central: Central) -> None:
    _in_force(central, 4)

    _offer(central, 2)

    assert _lent(central) == ("in_force", 2, 2)
    assert isinstance(_hold(central, "q1", 3), Short)


def test_no_more_is_held_than_is_lent(central: Central) -> None:
    _in_force(central, 2)

    assert isinstance(_hold(central, "q1", 2), Granted)
    assert _hold(central, "q2", 1) == Short((Missing(*PLACE, 1, 0),))


def test_what_is_lent_is_promised_while_its_store_is_cut_off_and_the_rest_is_not(
    central: Central, clock: Clock
) -> None:
    _in_force(central, 2)
    with central.database.atomic() as connection:
        connection.execute(update(t.stock_level).values(demand_thousandths=9_000))
    clock.forward(days=2)

    assert _hold(central, "q1", 3) == Short((Missing(*PLACE, 3, 2),))
    assert isinstance(_hold(central, "q2", 2), Granted)


def test_a_lease_that_ran_out_lends_nothing_any_more(central: Central, clock: Clock) -> None:
    _in_force(central, 2)
    with central.database.atomic() as connection:
        connection.execute(update(t.stock_level).values(demand_thousandths=9_000))
    clock.forward(days=3)

    assert _hold(central, "q1", 1) == Short((Missing(*PLACE, 1, 0),))
    with _writing(central) as connection:
        assert pledges.end_leases(connection, central.timestamp()) == 1
    assert _lent(central) == ("ended", 0, 0)
    assert _told(central)[-1] == ("delete", "")


def test_a_picked_piece_is_lent_no_more(central: Central) -> None:
    _in_force(central, 3)
    _hold(central, "p1", 2)

    with _writing(central) as connection:
        assert pick(connection, "p1/1", *PLACE, 2, AT) == ()

    assert _lent(central) == ("in_force", 1, 1)


def test_a_sale_of_what_is_lent_enters_and_breaks_the_pledge(central: Central) -> None:
    till = _in_force(central, 3)
    _hold(central, "p1", 3)

    till.sell(sale(quantity=4))
    _send(central, till)

    assert _lent(central) == ("in_force", 1, 1)
    with central.database.reading() as connection:
        broken = [e for e in pledges.events_of(connection) if e.kind is PledgeKind.BREAK]
        words = connection.execute(select(t.order_inbox.c.kind)).scalars().all()
    assert [event.reason.split()[0] for event in broken] == ["sale"]
    assert words == ["shortfall"]


def test_who_sold_what_was_kept_back_and_why_stands_in_the_ledger(central: Central) -> None:
    till = _in_force(central, 3)

    _say(
        central, till, EntryKind.PLEDGE_OVERRIDDEN,
        receipt_id="r1", lines=[["SKU-1", 1, 1]], reason="customer_has_it",
    )  # fmt: skip

    with central.database.reading() as connection:
        *_, last = pledges.events_of(connection)
    assert (last.kind, last.who, last.reason) == (PledgeKind.OVERRIDE, "1001", "customer_has_it")
    assert _lent(central) == ("in_force", 3, 3)


def test_what_a_store_has_sold_before_its_yes_is_not_lent(central: Central) -> None:
    till = _in_force(central, 1)
    _offer(central, 5)

    till.sell(sale(quantity=3))
    till.note(EntryKind.PLEDGES_SEEN, payload={"pledges": [["SKU-1", 2]]})
    _send(central, till)

    assert _lent(central) == ("in_force", 2, 2)


def test_an_acknowledgement_that_comes_twice_counts_once(central: Central) -> None:
    till = enrolled(central)
    other = enrolled(central, label="2")
    _say(central, other, EntryKind.SIGNED_OFF)
    _offer(central, 2)

    _acknowledge(central, till)
    _acknowledge(central, till)

    assert _kinds(central) == [PledgeKind.OFFER, PledgeKind.ACKNOWLEDGE]


def test_a_lifted_pledge_is_the_stores_own_again_at_once(central: Central) -> None:
    _in_force(central, 2)

    with _writing(central) as connection:
        assert pledges.lift(connection, [PLACE], AT, who="Eva") == 1

    assert _lent(central) == ("ended", 0, 0)
    assert isinstance(_hold(central, "q1", 5), Granted)


def test_no_more_is_asked_for_than_is_there_and_no_less_than_is_held(central: Central) -> None:
    _hold(central, "q1", 3)

    with central.database.atomic() as connection:
        with pytest.raises(Refused, match="has 5 pieces"):
            pledges.offer(connection, *PLACE, 6, UNTIL, AT)
        with pytest.raises(Refused, match="are held"):
            pledges.offer(connection, *PLACE, 2, UNTIL, AT)


def test_a_rebuild_makes_pledges_again_from_their_ledger(central: Central) -> None:
    _in_force(central, 2)
    with central.database.atomic() as connection:
        connection.execute(update(t.pledge).values(lent=5, quantity=5))
        connection.execute(update(t.stock_level).values(pledged=5))

    with central.database.atomic() as connection:
        assert rebuild(connection, AT).wrong == (PLACE,)

    _check(central)
    assert _lent(central) == ("in_force", 2, 2)
