"""Money: what is due, what may be taken, and when the basket is paid.

Pure. Cash alone is rounded and alone gives change. A refund is the same with the
sign turned: the person types what is handed back. Payment is refused before a
coin is taken when no receipt could be made (fiscal-law R2, R26).
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.basket import Basket
from central_sync.retail.operator import Operator
from central_sync.retail.tender import Payment, Tender, TenderKind, due_in
from pos_client.register import (
    approving,
    card_paying,
    commands,
    desk,
    exchange,
    ordering,
    paying_out,
    unheard,
)
from pos_client.register.commands import Command
from pos_client.register.events import (
    CompletionAbandoned,
    CompletionAsked,
    Event,
    PaymentRemoved,
    PaymentTaken,
)
from pos_client.register.exchange_events import ExchangeUnsettled
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register

MOST_CASH_MINOR = 10_000_000
"""No more cash in one payment than ten times the largest plausible: 100 000 kr."""


def pay(
    state: Register, command: commands.Pay, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    basket = state.basket
    if not state.has_basket:
        refuse("basket.empty")
    for problem in (shop.storage_problem(), shop.fiscal_problem(), shop.printer_problem()):
        if problem:
            refuse(problem)
    tender = _tender(command.tender_id, shop)
    if basket.payments and not basket.remaining_minor:
        return [CompletionAsked(state.next_number, facts.at, facts.local_time)]
    first = ordering.before_payment(state, command, facts, approver)
    if ordering.stops(first):
        return first
    if exchange.is_pending(state):
        settled = exchange.settle(state)
        return [
            *first,
            settled,
            CompletionAsked(state.next_number, facts.at, facts.local_time),
        ]
    coin = shop.country.currency.smallest_coin_minor
    due = due_in(tender, basket.remaining_minor, coin)
    amount = _amount(command, tender, basket, due, coin)
    if due < 0:
        asked, amount = _to_original(state, command, tender, amount, approver)
        if asked:
            return asked
    claim = unheard.waits_as_claim(basket, tender, amount)
    if claim is not None:
        return [*first, PaymentTaken(claim), *_completes(state, facts, tender, due, amount)]
    if amount < 0:
        asked = unheard.before_cash(state, command, amount, shop, approver)
        asked = asked or paying_out.before_cash(state, command, tender, amount, shop, approver)
        if asked:
            return asked
    if tender.kind is TenderKind.CARD and shop.has_card_terminal and amount:
        asked = card_paying.ask_card(state, command, tender, amount, shop, facts, approver)
        return [*first, *asked]
    payment = Payment(tender.tender_id, tender.name, tender.kind, amount, command.reference)
    return [*first, PaymentTaken(payment), *_completes(state, facts, tender, due, amount)]


def _completes(state: Register, facts: Facts, tender: Tender, due: int, amount: int) -> list[Event]:
    """The receipt, when nothing is left to pay."""
    if not _is_settled(tender, due, amount):
        return []
    return [CompletionAsked(state.next_number, facts.at, facts.local_time)]


def _tender(tender_id: str, shop: Shop) -> Tender:
    for tender in shop.tenders:
        if tender.tender_id == tender_id:
            return tender
    refuse("tender.unknown", tender=tender_id)


def _amount(command: commands.Pay, tender: Tender, basket: Basket, due: int, coin: int) -> int:
    """The signed amount of this payment, checked; `due` when none was given."""
    if command.amount_minor is None:
        return due
    given = command.amount_minor
    if not 0 < given < MOST_CASH_MINOR:
        refuse("amount.out_of_range")
    if tender.kind is TenderKind.CASH and given % coin:
        refuse("tender.not_whole_coins")
    if basket.remaining_minor < 0:
        if given > -due:
            refuse("tender.more_than_refund", due_minor=-due)
        return -given
    if given > due and not tender.gives_change:
        refuse("tender.card_over_total", due_minor=due)
    return given


def _to_original(
    state: Register, command: commands.Pay, tender: Tender, amount: int, approver: Operator | None
) -> tuple[list[Event], int]:
    """What an order owes goes back to the tenders that paid it, cash last, since only cash is
    rounded; another way needs a second person."""
    owed, other = desk.refund_order(state, tender.tender_id)
    if not owed and not other:
        return [], amount
    if not owed:
        if approving.anyone(state, approver, lambda limits: limits.may_decide_cards):
            return [], amount
        return approving.ask(command, "refund_tender", to_minor=-amount), amount
    if other and tender.kind is TenderKind.CASH:
        refuse("desk.other_first", tender=other)
    return [], max(amount, -owed) if other else amount


def _is_settled(tender: Tender, due: int, amount: int) -> bool:
    return amount >= due if due >= 0 else amount <= due


def change_of(basket: Basket, coin_minor: int) -> int:
    """Cash to hand back: what the last cash payment gave beyond the rounded rest."""
    last = basket.payments[-1]
    if last.kind is not TenderKind.CASH or last.amount_minor <= 0:
        return 0
    before = replace(basket, payments=basket.payments[:-1])
    cash = Tender(last.tender_id, last.name, TenderKind.CASH)
    return max(0, last.amount_minor - due_in(cash, before.remaining_minor, coin_minor))


def remove_payment(
    state: Register,
    command: commands.RemovePayment,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    if not 0 <= command.index < len(state.basket.payments):
        refuse("tender.no_such_payment")
    if state.basket.payments[command.index].kind is TenderKind.EXCHANGE:
        refuse("exchange.settled")
    slip = state.basket.payments[command.index].card
    if slip is not None:
        return card_paying.take_back(state, slip.payment_id, shop, facts, "removed")
    return [_removed(state, command.index)]


def _removed(state: Register, index: int) -> PaymentRemoved:
    return PaymentRemoved(index, state.basket.payments[index], state.basket.basket_id)


def while_completing(state: Register, command: Command, shop: Shop, facts: Facts) -> list[Event]:
    """A paid basket waits for its seal: only trying again or giving up is possible."""
    assert state.completing is not None
    if isinstance(command, commands.RetryCompletion):
        asked = state.completing
        return [CompletionAsked(asked.number, asked.at, asked.local_time)]
    if isinstance(command, commands.AbandonCompletion):
        if not state.completing.problem:
            refuse("completing.wait")
        asked = state.completing
        given_up = CompletionAbandoned(facts.new_id, asked.number, asked.may_be_held)
        return [given_up, *_last_given_up(state, shop, facts)]
    refuse("completing.wait", beeps=2)


def _last_given_up(state: Register, shop: Shop, facts: Facts) -> list[Event]:
    """The last payment is taken back; money on a card only by a reversal, never silently."""
    if not state.basket.payments:
        return []
    if state.basket.payments[-1].kind is TenderKind.EXCHANGE:
        return [ExchangeUnsettled()] if state.exchange else []
    slip = state.basket.payments[-1].card
    if slip is not None:
        return card_paying.take_back(state, slip.payment_id, shop, facts, "not_completed")
    return [_removed(state, len(state.basket.payments) - 1)]


def nothing_to_complete(
    state: Register, command: Command, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    refuse("completing.none")
