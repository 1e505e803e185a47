"""Lending in any order (I5): two ends that seldom speak never sell the same piece.

The model is the shelf itself: pieces that are there, whatever either end believes. The till
sells what its own rule leaves on the floor, and more only when the cashier insists; central
promises what its own rule leaves. What it holds while a pledge is in force is on the shelf,
unless a cashier insisted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.retail.stock import (
    GRACE_SECONDS,
    MovementKind,
    Pledge,
    PledgeState,
    ReservationState,
    StockMovement,
)
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.refused import Refused
from central_sync.server.timestamps import iso
from central_sync.server.warehouse import ledger, pledges, reserving
from central_sync.server.warehouse.fulfilling import pick
from central_sync.server.warehouse.rebuild import broken_rules, rebuild
from central_sync.server.warehouse.reserving import Granted, Want
from tests.machines.running import fresh_database, run

STORE, SKU, TILL = "s01", "SKU-1", "s01-1"
FIRST = 8
SKEW_SECONDS = st.sampled_from((-120, 0, 120))
PIECES = st.integers(1, 3)


@dataclass
class Till:
    """What it knows, what it sold, and how much of its journal central has booked."""

    skew: timedelta
    base: int = FIRST
    included: int = 0
    pledge: tuple[int, str, int] = (0, "", 0)
    journal: list[tuple[str, int]] = field(default_factory=list)
    booked: int = 0

    def floor(self, at: datetime) -> int:
        """Pieces that it may sell without a word."""
        quantity, until, _ = self.pledge
        sold = sum(n for what, n in self.journal[self.included :] if what == "sale")
        grace = timedelta(seconds=GRACE_SECONDS)
        is_over = not until or datetime.fromisoformat(until) + grace <= at + self.skew
        return self.base - sold - (0 if is_over else quantity)


class Lending(RuleBasedStateMachine):
    @initialize(skew=SKEW_SECONDS)
    def begin(self, skew: int) -> None:
        self._folder = TemporaryDirectory(ignore_cleanup_errors=True)
        self.database = fresh_database(Path(self._folder.name))
        self.now = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
        self.till = Till(timedelta(seconds=skew))
        self.shelf, self.holders, self.insisted = FIRST, 0, False
        with self.database.atomic() as connection:
            connection.execute(insert(t.store).values(store_id=STORE, kind="store", name="Växjö"))
            connection.execute(
                insert(t.workstation).values(
                    workstation_id=TILL,
                    label="1",
                    store_id=STORE,
                    status="active",
                    created_at=self.at,
                    last_contact_at=self.at,
                )
            )
            self._move(connection, MovementKind.ADJUSTMENT, FIRST, 0)
            connection.execute(update(t.stock_level).values(demand_thousandths=60_000))

    @property
    def at(self) -> str:
        return iso(self.now)

    def _move(self, connection: Connection, kind: MovementKind, delta: int, number: int) -> None:
        lock_scopes(connection, [store_scope(STORE)])
        place = (TILL, 1, number) if number else ("", 0, 0)
        moved = StockMovement(f"m{number}", STORE, SKU, kind, delta, self.at, *place)
        for right in ledger.move(connection, STORE, [moved], self.at):
            if right.state is ReservationState.HARD:
                reserving.release(connection, right.holder, self.at)

    def _pledge(self) -> Pledge:
        with self.database.reading() as connection:
            return pledges.find(connection, STORE, SKU)

    def _level(self) -> tuple[int, int]:
        row = t.stock_level.c
        with self.database.reading() as connection:
            found = connection.execute(select(row.on_hand, row.reserved)).one()
        return found.on_hand, found.reserved

    @rule(quantity=st.integers(1, FIRST), hours=st.sampled_from((1, 24, 72)))
    def central_asks_for_pieces(self, quantity: int, hours: int) -> None:
        until = iso(self.now + timedelta(hours=hours))
        try:
            with self.database.atomic() as connection:
                pledges.offer(connection, STORE, SKU, quantity, until, self.at)
        except Refused:
            return

    @rule()
    def central_gives_them_back(self) -> None:
        with self.database.atomic() as connection:
            pledges.lift(connection, [(STORE, SKU)], self.at)

    @rule()
    def the_till_hears_central(self) -> None:
        pledge, (on_hand, _) = self._pledge(), self._level()
        self.till.base, self.till.included = on_hand, self.till.booked
        self.till.pledge = (pledge.quantity, pledge.lease_until, pledge.epoch)
        if pledge.is_waiting:
            self.till.journal.append(("seen", pledge.epoch))

    @rule(count=st.integers(1, 4))
    def central_hears_the_till(self, count: int) -> None:
        batch = self.till.journal[self.till.booked :][:count]
        for number, (what, n) in enumerate(batch, self.till.booked + 1):
            with self.database.atomic() as connection:
                connection.execute(update(t.workstation).values(last_contact_at=self.at))
                if what == "sale":
                    self._move(connection, MovementKind.SALE, -n, number)
                else:
                    pledges.acknowledge(connection, STORE, TILL, [(SKU, n)], self.at)
        self.till.booked += len(batch)

    @rule(pieces=PIECES)
    def the_till_sells_from_the_floor(self, pieces: int) -> None:
        if pieces <= min(self.till.floor(self.now), self.shelf):
            self.shelf -= pieces
            self.till.journal.append(("sale", pieces))

    @precondition(lambda self: self.shelf > 0)
    @rule()
    def a_cashier_insists(self) -> None:
        self.insisted = self.insisted or self.till.floor(self.now) < 1
        self.shelf -= 1
        self.till.journal.append(("sale", 1))

    @rule(pieces=PIECES)
    def the_web_buys(self, pieces: int) -> None:
        if self._pledge().lent_until <= self.at:
            return
        self.holders += 1
        wants = [Want(STORE, SKU, pieces)]
        with self.database.atomic() as connection:
            reserving.grant(connection, wants, f"p{self.holders}", "", False, self.at)

    @precondition(lambda self: self._pledge().state is PledgeState.ENDED)
    @rule()
    def a_store_that_is_cut_off_and_lends_nothing_sells_nothing(self) -> None:
        with self.database.atomic() as connection:
            long_ago = iso(self.now - timedelta(days=2))
            connection.execute(update(t.workstation).values(last_contact_at=long_ago))
            answer = reserving.grant(connection, [Want(STORE, SKU, 1)], "x", "", False, self.at)
        assert not isinstance(answer, Granted)

    @rule()
    def an_order_is_taken_back(self) -> None:
        with self.database.atomic() as connection:
            reserving.release(connection, f"p{self.holders}", self.at)

    @precondition(lambda self: not self.insisted)
    @rule()
    def the_store_picks_an_order(self) -> None:
        with self.database.atomic() as connection:
            for right in reserving.held(connection, f"p{self.holders}"):
                if self._pledge().lent_until > self.at and right.quantity <= self.shelf:
                    self.shelf -= right.quantity
                    lock_scopes(connection, [store_scope(STORE)])
                    pick(connection, right.holder, STORE, SKU, right.quantity, self.at)

    @rule(hours=st.sampled_from((1, 24, 48)))
    def time_goes_by(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        with self.database.atomic() as connection:
            pledges.end_leases(connection, self.at)
            if self._ended(connection):
                reserving.release(connection, f"p{self.holders}", self.at)

    def _ended(self, connection: Connection) -> bool:
        return pledges.find(connection, STORE, SKU).state is PledgeState.ENDED

    @invariant()
    def what_is_stored_follows_from_its_ledgers(self) -> None:
        with self.database.reading() as connection:
            assert broken_rules(connection) == []
            assert rebuild(connection, self.at, check=True).wrong == ()

    @invariant()
    def what_is_held_of_lent_pieces_is_on_the_shelf(self) -> None:
        pledge, (_, reserved) = self._pledge(), self._level()
        if pledge.lent_until > self.at and not self.insisted:
            assert min(reserved, pledge.lent) <= self.shelf

    def teardown(self) -> None:
        if hasattr(self, "database"):
            self.database.close()
            self._folder.cleanup()


def test_two_ends_that_seldom_speak_never_sell_the_same_piece() -> None:
    run(Lending)
