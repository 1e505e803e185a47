"""Paying by card over a terminal of ours: what people decide, and what an answer leads to.

Pure. The life of one payment is `register.card`; here it meets the basket. The thing
to get wrong: dropping an approved payment. It leaves the basket only when a reversal
was answered with yes, or when a manager has said, with a reason, what became of it.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.basket import Basket
from central_sync.retail.operator import Operator
from central_sync.retail.tender import CardSlip, Payment, Tender, TenderKind
from hardware.ports import CardKind, CardReference
from pos_client.register import approving, commands, paying_out
from pos_client.register.card import (
    NEVER_ARRIVED,
    WRONG_AMOUNT,
    CardPayment,
    CardState,
    is_wrong_amount,
    service_id_of,
)
from pos_client.register.events import (
    CardAsked,
    CardMoved,
    CardSaleFetched,
    CardSetAside,
    CompletionAsked,
    Event,
    PaymentRemoved,
    PaymentTaken,
)
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register

BASKET_GONE = "basket_gone"
WISH_OFFLINE = "wish_offline"


def ask_card(
    state: Register,
    command: commands.Pay,
    tender: Tender,
    amount_minor: int,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """The intent; `amount_minor` is signed. A refund to an unknown card needs a second person."""
    is_refund = amount_minor < 0
    original = _original(state.basket, -amount_minor, shop) if is_refund else None
    if is_refund and original is None:
        allowed = approving.anyone(state, approver, lambda limits: limits.may_decide_cards)
        if not allowed:
            return approving.ask(command, "card_refund", to_minor=-amount_minor)
    card = CardPayment(
        payment_id=facts.new_id,
        number=state.next_card,
        service_id=service_id_of(shop.workstation, shop.epoch, state.next_card),
        transaction_id=state.basket.basket_id,
        at=facts.at,
        kind=CardKind.REFUND if is_refund else CardKind.PAYMENT,
        tender_id=tender.tender_id,
        tender_name=tender.name,
        amount_minor=abs(amount_minor),
        currency=shop.country.currency.code,
        original=CardReference(original.poi_transaction_id, original.poi_at) if original else None,
        original_brand=original.brand if original else "",
        # Whatever the terminal offers is handed out; so it is told beforehand what there is.
        most_cashback_minor=None if is_refund else max(0, paying_out.held_minor(state, shop)),
    )
    return [CardAsked(card, state.basket)]


def _original(basket: Basket, refund_minor: int, shop: Shop) -> CardSlip | None:
    """The card payment that paid what is taken back, when it was one and covers the refund."""
    numbers = {line.returned.receipt_number for line in basket.live if line.returned}
    if len(numbers) != 1:
        return None
    receipt = shop.any_receipt(numbers.pop())
    for payment in receipt.payments if receipt else ():
        slip = payment.card
        if slip and slip.poi_transaction_id and payment.amount_minor >= refund_minor:
            return slip
    return None


def reversing(
    state: Register, card: CardPayment, shop: Shop, facts: Facts, reason: str
) -> CardPayment:
    """The payment with a reversal of its own number; writing it is what allows the request."""
    return replace(
        card,
        state=CardState.REVERSING,
        reversal_number=state.next_card,
        reversal_id=service_id_of(shop.workstation, shop.epoch, state.next_card),
        reversal_at=facts.at,
        reason=reason,
        decided_by=state.operator.number if state.operator else "",
    )


def take_back(
    state: Register, payment_id: str, shop: Shop, facts: Facts, reason: str
) -> list[Event]:
    """Reverse what was approved; the payment leaves the basket when the terminal has said yes."""
    if not shop.has_card_terminal:
        refuse("card.no_terminal")
    card = find_card(state, payment_id)
    return [CardMoved(reversing(state, card, shop, facts, reason))]


def find_card(state: Register, payment_id: str) -> CardPayment:
    for card in state.cards:
        if card.payment_id == payment_id:
            return card
    refuse("card.none")


# What an answer leads to.


def what_follows(state: Register, card: CardPayment, shop: Shop, facts: Facts) -> list[Event]:
    """The events of a payment that has just come to a new state."""
    if card.state in (CardState.APPROVED, CardState.SIGNING) and is_wrong_amount(card):
        return [CardMoved(reversing(state, card, shop, facts, WRONG_AMOUNT))]
    if card.state is CardState.REVERSAL_FAILED and card.reason == NEVER_ARRIVED:
        return [CardMoved(reversing(state, card, shop, facts, NEVER_ARRIVED))]
    if card.is_aside:
        return [CardMoved(card)]
    if card.state in (CardState.APPROVED, CardState.SIGNING) and not state.has_basket:
        return [CardMoved(reversing(state, card, shop, facts, BASKET_GONE))]
    if card.state is CardState.APPROVED and _is_two_unknowns(state.basket, card):
        return [CardMoved(reversing(state, card, shop, facts, WISH_OFFLINE))]
    if card.state is CardState.APPROVED:
        return [CardMoved(card), *_taken(state.basket, state, card, shop, facts)]
    if card.state is CardState.REVERSED:
        return [CardMoved(card), *_given_up(state.basket, card)]
    if card.state is CardState.REVERSAL_FAILED and not _is_in(state.basket, card):
        return [CardSetAside(replace(card, is_aside=True, basket=state.basket))]
    return [CardMoved(card)]


def _is_two_unknowns(basket: Basket, card: CardPayment) -> bool:
    """A payment that the bank may still refuse, for goods that nobody has promised."""
    return bool(card.answer and card.answer.is_offline and basket.wishes)


def _taken(
    basket: Basket, state: Register, card: CardPayment, shop: Shop, facts: Facts
) -> list[Event]:
    """The payment, its cashback, and completion when nothing is left."""
    payments = [] if _is_in(basket, card) else _payments(card, shop)
    events: list[Event] = [PaymentTaken(payment) for payment in payments]
    if basket.remaining_minor == sum(payment.amount_minor for payment in payments):
        events.append(CompletionAsked(state.next_number, facts.at, facts.local_time))
    return events


def _payments(card: CardPayment, shop: Shop) -> list[Payment]:
    slip = slip_of(card)
    approved = card.answer.approved_minor if card.answer else card.amount_minor
    amount = approved + slip.cashback_minor
    signed = -amount if card.kind is CardKind.REFUND else amount
    shown = f"{slip.brand} {slip.masked_pan}".strip()
    paid = Payment(card.tender_id, card.tender_name, TenderKind.CARD, signed, shown, slip)
    cash = next((tender for tender in shop.tenders if tender.kind is TenderKind.CASH), None)
    if not slip.cashback_minor or cash is None:
        return [paid]
    handed_out = CardSlip(card.payment_id)
    return [
        paid,
        Payment(cash.tender_id, cash.name, cash.kind, -slip.cashback_minor, card=handed_out),
    ]


def slip_of(card: CardPayment) -> CardSlip:
    answer = card.answer
    if answer is None:
        return CardSlip(card.payment_id, is_settled=True)
    return CardSlip(
        payment_id=card.payment_id,
        brand=answer.brand or card.original_brand,
        masked_pan=answer.masked_pan,
        authorisation_code=answer.authorisation_code,
        poi_transaction_id=card.reference.poi_transaction_id,
        poi_at=card.reference.poi_at,
        tip_minor=answer.tip_minor,
        cashback_minor=answer.cashback_minor,
        is_offline=answer.is_offline,
        cardholder_receipt=answer.cardholder_receipt,
    )


def _is_in(basket: Basket, card: CardPayment) -> bool:
    return bool(_places(basket, card))


def _places(basket: Basket, card: CardPayment) -> list[int]:
    return [
        at
        for at, payment in enumerate(basket.payments)
        if payment.card is not None and payment.card.payment_id == card.payment_id
    ]


def _given_up(basket: Basket, card: CardPayment) -> list[Event]:
    """The payment leaves the basket, and its cashback with it; the last first."""
    return [
        PaymentRemoved(at, basket.payments[at], basket.basket_id)
        for at in reversed(_places(basket, card))
    ]


def cards_taken(state: Register) -> list[CardPayment]:
    """The card payments that the open basket is paid with."""
    return [card for card in state.cards if not card.is_aside and _is_in(state.basket, card)]


# What people decide while a payment is under way.


def abort(
    state: Register,
    command: commands.AbortCard,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    if state.card is None:
        refuse("card.none")
    if not state.card.may_be_aborted:
        refuse("card.wait")
    return [CardMoved(replace(state.card, is_abort_wished=True))]


def confirm_signature(
    state: Register,
    command: commands.ConfirmSignature,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    card = state.card
    if card is None or card.state is not CardState.SIGNING:
        refuse("card.no_signature")
    if not command.is_good:
        return [CardMoved(reversing(state, card, shop, facts, "signature"))]
    return what_follows(state, replace(card, state=CardState.APPROVED), shop, facts)


def set_aside(
    state: Register,
    command: commands.SetCardAside,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """Only what the terminal does not tell; what it works on is waited for."""
    card = state.card
    if card is None:
        refuse("card.none")
    if not may_be_set_aside(card):
        refuse("card.wait")
    return [CardSetAside(replace(card, is_aside=True, basket=state.basket))]


def may_be_set_aside(card: CardPayment) -> bool:
    return not card.is_aside and card.state in (CardState.UNKNOWN, CardState.REVERSING)


# What is decided about a payment that was set aside.


def fetch_sale(
    state: Register,
    command: commands.FetchCardSale,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """The terminal has told meanwhile: go on with the sale, paid or not."""
    card = _aside(state, command.payment_id)
    if not may_be_fetched(card):
        refuse("card.undecided", amount_minor=card.amount_minor)
    return _fetched(state, card, shop, facts)


def may_be_fetched(card: CardPayment) -> bool:
    """It is known what became of it; a failed reversal leaves a payment that stands."""
    if card.state is CardState.REVERSAL_FAILED:
        return card.basket is not None and _is_in(card.basket, card)
    return card.state is not CardState.SIGNING and not card.is_under_way


def settle(
    state: Register,
    command: commands.SettleCard,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """A manager says what no terminal can, after the terminal's slip or the bank's report."""
    card = _aside(state, command.payment_id)
    if not command.reason.strip():
        refuse("reason.needed")
    if not (card.is_under_way or card.state is CardState.REVERSAL_FAILED):
        refuse("card.decided")
    if not approving.anyone(state, approver, lambda limits: limits.may_decide_cards):
        return approving.ask(command, "card_settle", to_minor=card.amount_minor)
    person = approver or state.operator
    settled = replace(
        card,
        state=CardState.SETTLED,
        is_paid=command.is_paid,
        reason=command.reason,
        decided_by=person.number if person else "",
    )
    return [CardMoved(settled), *_fetched(state, settled, shop, facts)]


def _aside(state: Register, payment_id: str) -> CardPayment:
    card = find_card(state, payment_id)
    if not card.is_aside:
        refuse("card.none")
    if state.has_basket:
        refuse("basket.finish_first")
    return card


def _fetched(state: Register, card: CardPayment, shop: Shop, facts: Facts) -> list[Event]:
    basket = card.basket or Basket()
    events: list[Event] = [CardSaleFetched(card)]
    if card.is_over:
        return [*events, *_given_up(basket, card)]
    return [*events, *_taken(basket, state, card, shop, facts)]
