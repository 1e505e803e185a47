"""A day of any commands whatever: what is always true at the register."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from central_sync.retail.plain import from_plain, tagged, to_plain
from central_sync.retail.transaction import RetailTransaction
from pos_client.register import commands
from pos_client.register.commands import read_command
from pos_client.register.events import read_event
from pos_client.register.evolve import evolve
from pos_client.register.order_commands import (
    GiveAddress,
    OrderItem,
    Quoted,
    QuotedPieces,
    QuoteFailed,
    RenewQuote,
)
from pos_client.register.refusal import Refused
from pos_client.register.show import Around, show
from pos_client.register.state import Register
from pos_client.texts import words
from tests.builders import (
    ANNA,
    MAGAZINE,
    MARIA,
    OPEN,
    SHOES,
    SOCKS,
    a_shoe_shop,
    an_open_register,
    gtin,
)

CODES = st.sampled_from([SHOES, SOCKS, MAGAZINE, "PUTS", OPEN, gtin(99), "1-1-1", ""])
LINES = st.integers(0, 6)
KRONOR = st.integers(0, 2_000).map(lambda kronor: kronor * 100)
AMOUNTS = st.one_of(st.none(), st.integers(-100, 200_000), KRONOR)
NUMBER = st.integers(0, 3)
POSTCODES = st.sampled_from(["41119", "411"])
NUMBERS = st.integers(1, 8).map(str)

ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.builds(commands.SignOn, st.sampled_from([ANNA, MARIA]), st.sampled_from(["1234", "0"])),
    st.just(commands.SignOff()),
    st.just(commands.OpenDay(100_000)),
    st.builds(commands.EnterCode, CODES, st.integers(0, 5)),
    st.builds(commands.AddItem, st.sampled_from([OPEN, "SKO-42"]), st.just(1), KRONOR),
    st.builds(commands.SetQuantity, LINES, st.integers(0, 30)),
    st.builds(commands.OverridePrice, LINES, st.integers(0, 100_000), st.just("other")),
    st.builds(commands.DiscountLine, LINES, st.just("other"), st.integers(0, 10_000)),
    st.builds(commands.VoidLine, LINES),
    st.just(commands.UndoLast()),
    st.just(commands.VoidBasket()),
    st.just(commands.Suspend()),
    st.builds(commands.CheckPrice, CODES),
    st.builds(commands.RemovePayment, st.integers(-1, 2)),
    st.builds(commands.ReturnLine, NUMBERS, LINES, st.integers(0, 3), st.just("regret")),
    st.just(commands.OpenDrawer("change")),
    st.builds(commands.Loan, KRONOR, st.just("safe")),
    st.builds(commands.Pickup, KRONOR, st.just("bank")),
    st.builds(commands.Approve, st.sampled_from([ANNA, MARIA]), st.sampled_from(["9876", "0"])),
    st.just(commands.DeclineApproval()),
    st.just(commands.PrintXReport()),
    st.builds(commands.CloseDay, st.just((("cash", 0),))),
    st.builds(commands.CopyReceipt, st.one_of(st.just(""), NUMBERS)),
    st.just(commands.RetryCompletion()),
    st.just(commands.AbandonCompletion()),
    st.just(commands.Clear()),
    st.builds(OrderItem, CODES, st.sampled_from(["ship", "collect"]), NUMBER, st.just("s02")),
    st.builds(GiveAddress, st.just("Eva"), st.just("1"), st.just(""), st.just("Gatan"), POSTCODES),
)


class AnyDay(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.register = an_open_register(a_shoe_shop())

    def do(self, command: commands.Command) -> None:
        assert read_command(tagged(command)) == command
        before = self.register.state
        try:
            self.register.do(command)
        except Refused as refusal:
            self.refused(refusal)
            self.unchanged(before)

    def refused(self, refusal: Refused) -> None:
        for language in ("sv", "en"):
            assert words(language).has(refusal.key)
            assert "…" not in words(language).say(refusal.key, **refusal.values)

    def unchanged(self, before: Register) -> None:
        assert self.register.state is before, "a refused command changes nothing"

    @rule(command=ANYTHING)
    def anything(self, command: commands.Command) -> None:
        self.do(command)

    @rule(code=st.sampled_from([SHOES, SOCKS, MAGAZINE]))
    def goods(self, code: str) -> None:
        self.do(commands.ScanCode(code))

    @rule(tender=st.sampled_from(["cash", "card", "swish", "pearls"]), amount=AMOUNTS)
    def money(self, tender: str, amount: int | None) -> None:
        self.do(commands.Pay(tender, amount))

    @precondition(lambda self: self.register.state.has_basket)
    @rule(tender=st.sampled_from(["cash", "card"]))
    def the_whole_sum(self, tender: str) -> None:
        self.do(commands.Pay(tender))

    @precondition(lambda self: self.register.state.basket.lines)
    @rule(data=st.data())
    def a_change_of_a_line(self, data: st.DataObject) -> None:
        line = data.draw(st.sampled_from(self.register.state.basket.lines)).line
        change: commands.Command = data.draw(
            st.one_of(
                st.builds(commands.SetQuantity, st.just(line), st.integers(1, 5)),
                st.builds(commands.DiscountLine, st.just(line), st.just("x"), st.integers(0, 3000)),
                st.builds(
                    commands.OverridePrice, st.just(line), st.integers(1, 99_999), st.just("x")
                ),
                st.just(commands.VoidLine(line)),
            )
        )
        self.do(change)

    @precondition(lambda self: not self.register.state.basket.payments)
    @rule(mode=st.sampled_from(["ship", "collect"]))
    def an_order(self, mode: str) -> None:
        self.do(OrderItem("SKO-42", mode, 1, "s02"))
        self.do(GiveAddress("Eva", "1", "", "Gatan", "41119", "Orten"))

    @precondition(lambda self: self.register.state.basket.order.asked)
    @rule(answer=st.sampled_from(["held", "short", "away", "refused"]), fee=st.integers(0, 9_900))
    def central_answers(self, answer: str, fee: int) -> None:
        basket = self.register.state.basket
        ask_id, until = basket.order.asked, "2099-01-01T00:00:00.000Z"
        pieces = tuple(
            QuotedPieces(line.line, line.quantity * (answer == "held"), "2026-11-25")
            for line in basket.later
        )
        told = Quoted(ask_id, "q", until, pieces, "Frakt", fee, 2_500)
        missed = QuoteFailed(ask_id, answer == "refused")
        self.hear(told if answer in ("held", "short") else missed)

    @rule()
    def the_hold_is_renewed(self) -> None:
        self.hear(RenewQuote())

    def hear(self, command: commands.Command) -> None:
        """What central says is never refused."""
        self.register.do(command)

    @invariant()
    def an_order_is_paid_to_the_last_minor_unit(self) -> None:
        for receipt in self.register.shop.receipts[-1:]:
            if receipt.order is not None:
                shares = [share for line in receipt.order.lines for share in line.shares]
                assert sum(share.amount_minor for share in shares) == receipt.total_minor
                assert all(share.tender_id for share in shares)

    @invariant()
    def a_fee_stands_only_beside_what_it_ships(self) -> None:
        basket = self.register.state.basket
        assert basket.fee is None or basket.later

    @precondition(lambda self: self.register.state.approval is not None)
    @rule(pin=st.sampled_from(["9876", "9876", "0"]))
    def a_second_person(self, pin: str) -> None:
        self.do(commands.Approve(MARIA, pin))

    @precondition(lambda self: self.register.shop.receipts)
    @rule(data=st.data(), quantity=st.integers(1, 2))
    def goods_come_back(self, data: st.DataObject, quantity: int) -> None:
        receipt = data.draw(st.sampled_from(self.register.shop.receipts))
        line = data.draw(st.sampled_from(receipt.lines)).line
        if not self.register.state.basket.is_return and self.register.state.has_basket:
            self.do(commands.Suspend())
        self.do(commands.ReturnLine(receipt.receipt_number, line, quantity, "regret"))

    @precondition(lambda self: self.register.shop.parked)
    @rule()
    def fetch(self) -> None:
        self.do(commands.Resume(self.register.shop.parked[0].basket.basket_id))

    @precondition(lambda self: self.register.state.has_basket)
    @rule()
    def the_unit_falls_silent(self) -> None:
        self.register.shop.seals_at_once = False

    @precondition(lambda self: self.register.state.completing is not None)
    @rule(misses=st.booleans(), gives_up=st.booleans())
    def the_unit_answers(self, misses: bool, gives_up: bool) -> None:
        if not misses:
            self.register.seal_arrives()
        else:
            self.register.seal_is_missed()
            self.do(commands.AbandonCompletion() if gives_up else commands.RetryCompletion())
        self.register.shop.seals_at_once = True

    @invariant()
    def receipts_add_up(self) -> None:
        for receipt in self.register.shop.receipts[-1:]:
            receipt.check()
            assert from_plain(RetailTransaction, to_plain(receipt)) == receipt

    @invariant()
    def numbers_have_no_gaps(self) -> None:
        numbers = [receipt.number for receipt in self.register.shop.receipts]
        assert numbers == list(range(1, len(numbers) + 1))

    @invariant()
    def nothing_comes_back_that_was_not_sold(self) -> None:
        receipts = {receipt.receipt_id: receipt for receipt in self.register.shop.receipts}
        for receipt_id, receipt in receipts.items():
            back = self.register.shop.returned(receipt_id)
            assert all(back.get(row.line, 0) <= row.quantity for row in receipt.lines if back)

    @invariant()
    def change_only_comes_from_cash(self) -> None:
        for receipt in self.register.shop.receipts[-1:]:
            kinds = {payment.kind.value for payment in receipt.payments}
            assert receipt.change_minor == 0 or "cash" in kinds
            assert abs(receipt.rounding_minor) <= 50

    @invariant()
    def a_basket_has_one_direction(self) -> None:
        back = {line.returned is not None for line in self.register.state.basket.live}
        assert len(back) <= 1

    @invariant()
    def the_view_can_always_be_drawn(self) -> None:
        view = show(self.register.state, self.register.shop, Around(now="2026-11-22T08:00:00.000Z"))
        assert view.total_minor == sum(line.total_minor for line in view.lines)

    def teardown(self) -> None:
        state = Register()
        for event in self.register.happened:
            state = evolve(state, read_event(tagged(event)))
        assert state == self.register.state, "the fold from disk is what was shown"


AnyDay.TestCase.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
TestAnyDay = AnyDay.TestCase
