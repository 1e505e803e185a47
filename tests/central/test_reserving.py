"""Rights to pieces: given once, whoever asks; moved, made firm and ended without a remainder."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.retail.orders import EffectKind, StockEffect
from central_sync.retail.stock import ReservationState
from central_sync.server.central import Central
from central_sync.server.warehouse import reserving
from central_sync.server.warehouse.fulfilling import CarriedOut, carry_out
from central_sync.server.warehouse.levels import LedgerBroken
from central_sync.server.warehouse.rebuild import broken_rules
from central_sync.server.warehouse.reserving import Gone, Granted, Missing, Short, Want, Wish
from tests.central.office import Clock, enrolled, on_hand
from tests.central.warehouse import stock

AT = "2026-11-22T12:00:00.000Z"
LATER = "2026-11-22T12:10:00.000Z"
CLIENTS = 16


@pytest.fixture
def ledger(central: Central) -> Iterator[Connection]:
    """A transaction; after it the ledgers are held against what is stored (I1, I2)."""
    with central.database.atomic() as connection:
        yield connection
    assert _broken(central) == []


def _broken(central: Central) -> list[object]:
    with central.database.reading() as connection:
        return [*broken_rules(connection)]


def _reserved(connection: Connection, store_id: str = "s01", sku: str = "SKU-1") -> int:
    level = t.stock_level.c
    found: int = connection.execute(
        select(level.reserved).where(level.store_id == store_id, level.sku == sku)
    ).scalar_one()
    return found


def _grant(
    connection: Connection, holder: str, *quantities: int, store_id: str = "s01", soft: bool = True
) -> Granted | Short:
    wants = [Want(store_id, "SKU-1", quantity) for quantity in quantities]
    return reserving.grant(connection, wants, holder, LATER, soft, AT)


def test_a_right_is_held_for_its_line_until_it_expires(ledger: Connection) -> None:
    answer = _grant(ledger, "q1", 2)

    assert isinstance(answer, Granted)
    right = answer.reservations[0]
    assert (right.holder, right.quantity, right.expires_at) == ("q1/1", 2, LATER)
    assert (right.state, _reserved(ledger)) == (ReservationState.SOFT, 2)
    assert reserving.held(ledger, "q1") == answer.reservations


def test_two_lines_of_one_item_are_one_wish_for_the_sum(ledger: Connection) -> None:
    answer = _grant(ledger, "q1", 3, 3)

    assert answer == Short((Missing("s01", "SKU-1", 6, 5),))
    assert _reserved(ledger) == 0


def test_a_wish_is_granted_as_a_whole_or_not_at_all(ledger: Connection) -> None:
    wants = [Want("s01", "SKU-1", 1), Want("s01", "SKU-2", 1)]

    answer = reserving.grant(ledger, wants, "q1", LATER, True, AT)

    assert answer == Short((Missing("s01", "SKU-2", 1, 0),))
    assert (_reserved(ledger), reserving.held(ledger, "q1")) == (0, ())


def test_what_is_kept_for_walk_ins_is_not_promised(ledger: Connection) -> None:
    ledger.execute(update(t.stock_level).values(minimum=4))

    assert isinstance(_grant(ledger, "q1", 2), Short)
    assert isinstance(_grant(ledger, "q2", 1), Granted)


def test_an_old_figure_of_a_busy_item_is_guarded(central: Central, clock: Clock) -> None:
    enrolled(central)
    with central.database.atomic() as connection:
        connection.execute(update(t.stock_level).values(demand_thousandths=4_000))
        connection.execute(update(t.workstation).values(last_contact_at="2026-11-21T12:00:00.000Z"))

        answer = reserving.grant(connection, [Want("s01", "SKU-1", 1)], "q1", "", False, AT)

    assert answer == Short((Missing("s01", "SKU-1", 1, 0),))


def test_a_released_right_is_free_at_once(ledger: Connection) -> None:
    _grant(ledger, "q1", 2, 1)

    assert reserving.release(ledger, "q1/1", AT, 1) == 1
    assert [one.quantity for one in reserving.held(ledger, "q1")] == [1, 1]
    assert reserving.release(ledger, "q1", AT) == 2
    assert (_reserved(ledger), reserving.release(ledger, "q1", AT)) == (0, 0)


def test_a_firm_right_is_held_for_the_parcel_and_never_expires(ledger: Connection) -> None:
    _grant(ledger, "q1", 2)

    answer = reserving.firm(ledger, "q1", AT, {"q1/1": "p1/1"})

    assert isinstance(answer, Granted)
    assert answer.reservations == reserving.held(ledger, "p1")
    assert (answer.reservations[0].state, answer.reservations[0].expires_at) == ("hard", "")
    assert reserving.expire(ledger, "2027-01-01T00:00:00.000Z") == ()


def test_an_expired_right_cannot_be_made_firm(ledger: Connection) -> None:
    _grant(ledger, "q1", 2)

    assert [one.holder for one in reserving.expiring(ledger, LATER)] == ["q1/1"]
    reserving.expire(ledger, LATER)

    assert reserving.firm(ledger, "q1", LATER, {"q1/1": "p1/1"}) == Gone(("q1/1",))
    assert _reserved(ledger) == 0


def test_a_right_that_is_prolonged_outlives_its_first_end(ledger: Connection) -> None:
    _grant(ledger, "q1", 2)

    assert reserving.extend(ledger, "q1", "2026-11-22T12:20:00.000Z", AT) == 1
    assert reserving.expire(ledger, LATER) == ()
    assert len(reserving.expire(ledger, "2026-11-22T12:20:00.000Z")) == 1


def test_a_move_to_a_store_that_is_short_is_refused(ledger: Connection) -> None:
    stock(ledger, 1, "s02")
    _grant(ledger, "p1", 2, soft=False)

    answer = reserving.transfer(ledger, "p1", "s02", AT)

    assert answer == Short((Missing("s02", "SKU-1", 2, 1),))
    assert (_reserved(ledger), _reserved(ledger, "s02")) == (2, 0)


def test_a_move_frees_the_one_store_and_holds_in_the_other(ledger: Connection) -> None:
    stock(ledger, 2, "s02")
    _grant(ledger, "p1", 1, 1, soft=False)

    answer = reserving.transfer(ledger, "p1", "s02", AT)

    assert isinstance(answer, Granted)
    assert {one.store_id for one in reserving.held(ledger, "p1")} == {"s02"}
    assert (_reserved(ledger), _reserved(ledger, "s02")) == (0, 2)


def test_a_right_that_is_gone_cannot_be_moved(ledger: Connection) -> None:
    assert reserving.transfer(ledger, "p1/1", "s02", AT) == Gone(("p1/1",))


def test_letting_go_more_than_is_held_is_a_bug_and_writes_nothing(central: Central) -> None:
    with central.database.atomic() as connection:
        _grant(connection, "q1", 2)
        connection.execute(update(t.stock_level).values(reserved=1))

    with (
        pytest.raises(LedgerBroken, match="more is let go"),
        central.database.atomic() as connection,
    ):
        reserving.release(connection, "q1", AT)

    with central.database.reading() as connection:
        assert len(reserving.held(connection, "q1")) == 1


def _effect(kind: EffectKind, quantity: int, store_id: str = "s01", to: str = "") -> StockEffect:
    return StockEffect(kind, "p1/1", store_id, "SKU-1", quantity, to)


def test_an_orders_effects_leave_the_books_right(central: Central, ledger: Connection) -> None:
    stock(ledger, 3, "s02")
    held = _effect(EffectKind.HOLD, 3)
    moved = _effect(EffectKind.MOVE, 3, to="s02")
    picked = _effect(EffectKind.PICK, 2, "s02")
    put_back = _effect(EffectKind.PUT_BACK, 1, "s02")
    released = _effect(EffectKind.RELEASE, 1, "s02")

    assert carry_out(ledger, [held, moved, picked, put_back, released], AT, "o1") == CarriedOut()

    levels = ledger.execute(select(t.stock_level).order_by("store_id")).all()
    assert [(row.store_id, row.on_hand, row.reserved) for row in levels] == [
        ("s01", 5, 0),
        ("s02", 2, 0),
    ]


def test_an_order_that_cannot_be_held_says_what_is_missing(ledger: Connection) -> None:
    holds = [_effect(EffectKind.HOLD, 3), replace(_effect(EffectKind.HOLD, 3), holder="p1/2")]

    assert carry_out(ledger, holds, AT).missing == (Missing("s01", "SKU-1", 6, 5),)


def test_a_pick_that_finds_nothing_zeroes_the_record_and_names_who_is_short(
    ledger: Connection,
) -> None:
    _grant(ledger, "p2", 2, soft=False)

    done = carry_out(ledger, [_effect(EffectKind.RECOUNT, 1)], AT, "o1")

    assert [one.holder for one in done.broken] == ["p2/1"]
    level = ledger.execute(select(t.stock_level)).one()
    assert (level.on_hand, level.counted_at) == (0, AT)
    assert level.nil_basis_points > 1_000


def test_a_pick_without_a_right_still_takes_the_goods(ledger: Connection) -> None:
    _grant(ledger, "p2", 5, soft=False)

    done = carry_out(ledger, [_effect(EffectKind.PICK, 1)], AT, "o1")

    assert [one.holder for one in done.broken] == ["p2/1"]
    assert _reserved(ledger) == 5


def _race(central: Central, tries: int, one: Callable[[Connection, int], bool]) -> int:
    """How many of the tries that many clients make at once come true."""
    won: list[bool] = []
    begin = threading.Barrier(CLIENTS)

    def client(number: int) -> None:
        begin.wait()
        for at in range(number, tries, CLIENTS):
            with central.database.atomic() as connection:
                came_true = one(connection, at)
            won.append(came_true)

    threads = [threading.Thread(target=client, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == tries
    return sum(won)


@contextmanager
def _pieces(central: Central, pieces: int) -> Iterator[None]:
    with central.database.atomic() as connection:
        stock(connection, pieces - 5, "s01")
    yield
    assert _broken(central) == []


def test_the_last_pair_is_promised_once_however_many_want_it(central: Central) -> None:
    with _pieces(central, 1):
        won = _race(
            central,
            CLIENTS,
            lambda connection, at: isinstance(_grant(connection, f"q{at}", 1), Granted),
        )
    assert won == 1


def test_two_hundred_pieces_are_promised_two_hundred_times(central: Central) -> None:
    with _pieces(central, 200):
        won = _race(
            central,
            3_200,
            lambda connection, at: isinstance(_grant(connection, f"q{at}", 1), Granted),
        )
    assert won == 200


def test_expiry_and_order_race_and_exactly_one_wins(central: Central) -> None:
    with central.database.atomic() as connection:
        _grant(connection, "q1", 1)

    def one(connection: Connection, at: int) -> bool:
        if at % 2:
            return bool(reserving.expire(connection, LATER))
        return isinstance(reserving.firm(connection, "q1", LATER, {"q1/1": f"p{at}/1"}), Granted)

    assert _race(central, CLIENTS, one) == 1
    assert _broken(central) == []


def test_moves_in_both_directions_do_not_wait_for_each_other_for_ever(central: Central) -> None:
    with central.database.atomic() as connection:
        stock(connection, 20, "s01")
        stock(connection, 25, "s02")
        for number in range(CLIENTS):
            _grant(connection, f"p{number}", 1, store_id=f"s0{number % 2 + 1}", soft=False)

    def one(connection: Connection, at: int) -> bool:
        holder, to = f"p{at % CLIENTS}", f"s0{(at // CLIENTS + at) % 2 + 1}"
        return isinstance(reserving.transfer(connection, holder, to, AT), Granted)

    assert _race(central, CLIENTS * 4, one) == CLIENTS * 4
    assert _broken(central) == []
    assert on_hand(central) == 25


def test_wishes_that_come_together_are_served_in_their_order(ledger: Connection) -> None:
    wishes = [Wish((Want("s01", "SKU-1", pieces),), f"q{pieces}", LATER) for pieces in (3, 4, 2)]

    answers = reserving.grant_all(ledger, wishes, AT)

    assert [type(answer) for answer in answers] == [Granted, Short, Granted]
    assert _reserved(ledger) == 5
