"""(state, event) -> state. Never refuses, never looks anything up.

Pure. The thing to get wrong: an event is a fact; folding it twice from disk must
give the very state that was shown, so nothing here depends on time or settings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from central_sync.retail.basket import Basket, BasketLine
from pos_client.register import events as happened
from pos_client.register.card import CardPayment
from pos_client.register.events import Event
from pos_client.register.exchange_events import EXCHANGE_FOLDS, with_the_other
from pos_client.register.order_folds import ORDER_FOLDS
from pos_client.register.state import Closing, Completing, Register


def evolve(state: Register, event: Event) -> Register:
    return _FOLDS[type(event)](state, event)


def _signed_on(state: Register, event: happened.SignedOn) -> Register:
    return replace(_forgiven(state, event.operator.number), operator=event.operator)


def _forgiven(state: Register, number: str) -> Register:
    """A right PIN forgives its own operator's tries, never those at a colleague's PIN."""
    others = tuple(tried for tried in state.wrong_pin_numbers if tried not in (number, ""))
    return replace(state, wrong_pin_numbers=others, locked_until="")


def _signed_off(state: Register, event: happened.SignedOff) -> Register:
    return replace(
        state,
        operator=None,
        approval=None,
        last=None,
        price_check=None,
        weighing=None,
        # Nobody is left on an empty basket for whoever signs on next.
        basket=replace(state.basket, customer_id=""),
    )


def _pin_refused(state: Register, event: happened.PinRefused) -> Register:
    tried = (*state.wrong_pin_numbers, event.number if event.is_known else "")
    return replace(state, wrong_pin_numbers=tried, locked_until=event.locked_until)


def _day_opened(state: Register, event: happened.DayOpened) -> Register:
    return replace(state, day=event.day, last=None, wrong_pin_numbers=())


def _line_added(state: Register, event: happened.LineAdded) -> Register:
    basket = replace(
        state.basket,
        basket_id=event.basket_id,
        lines=(*state.basket.lines, event.line),
    )
    return replace(
        state,
        basket=basket,
        next_line=event.line.line + 1,
        last=None,
        price_check=None,
        weighing=None,
    )


def _weighing_asked(state: Register, event: happened.WeighingAsked) -> Register:
    return replace(state, weighing=event.pending, last=None, price_check=None)


def _weighing_missed(state: Register, event: happened.WeighingMissed) -> Register:
    if state.weighing is None:
        return state
    return replace(state, weighing=replace(state.weighing, problem=event.problem))


def _weighing_ended(state: Register, event: happened.WeighingEnded) -> Register:
    return replace(state, weighing=None)


def _customer_attached(
    state: Register, event: happened.CustomerAttached | happened.CustomerCreated
) -> Register:
    basket = replace(state.basket, customer_id=event.customer_id)
    return replace(state, basket=basket, last=None)


def _customer_detached(state: Register, event: happened.CustomerDetached) -> Register:
    return replace(state, basket=replace(state.basket, customer_id=""))


def _quantity_set(state: Register, event: happened.QuantitySet) -> Register:
    return _with_line(state, event.line, lambda line: replace(line, quantity=event.quantity))


def _price_overridden(state: Register, event: happened.PriceOverridden) -> Register:
    return _with_line(
        state,
        event.line,
        lambda line: replace(
            line,
            unit_price_minor=event.price_minor,
            price_reason=event.reason,
            price_approved_by=event.approved_by,
        ),
    )


def _line_discounted(state: Register, event: happened.LineDiscounted) -> Register:
    return _with_line(
        state,
        event.line,
        lambda line: replace(
            line,
            discount_basis_points=event.basis_points,
            discount_minor=event.amount_minor,
            discount_reason=event.reason,
            discount_approved_by=event.approved_by,
        ),
    )


def _line_voided(state: Register, event: happened.LineVoided) -> Register:
    return _with_line(state, event.line, lambda line: replace(line, is_voided=True))


def _basket_gone(state: Register, event: Any) -> Register:
    return replace(state, basket=Basket(), next_line=1, price_check=None)


def _basket_resumed(state: Register, event: happened.BasketResumed) -> Register:
    next_line = max((line.line for line in event.basket.lines), default=0) + 1
    return replace(state, basket=event.basket, next_line=next_line, last=None)


def _payment_taken(state: Register, event: happened.PaymentTaken) -> Register:
    payments = (*state.basket.payments, event.payment)
    # What central says from now on cannot change the sum any more.
    order = replace(state.basket.order, asked="")
    return replace(state, basket=replace(state.basket, payments=payments, order=order))


def _payment_removed(state: Register, event: happened.PaymentRemoved) -> Register:
    left = tuple(p for at, p in enumerate(state.basket.payments) if at != event.index)
    return replace(state, basket=replace(state.basket, payments=left))


def _completion_asked(state: Register, event: happened.CompletionAsked) -> Register:
    before = state.completing
    may_be_held = before is not None and before.may_be_held
    asked = Completing(event.number, event.at, event.local_time, may_be_held=may_be_held)
    return replace(state, completing=asked)


def _seal_missed(state: Register, event: happened.SealMissed) -> Register:
    if state.completing is None:
        return state
    missed = replace(
        state.completing,
        problem=event.problem,
        may_be_held=state.completing.may_be_held or event.may_be_held,
    )
    return replace(state, completing=missed)


def _number_burnt(state: Register, event: happened.NumberBurnt) -> Register:
    if state.completing is None:
        return state
    following = event.number + 1
    return replace(
        state,
        basket=replace(state.basket, basket_id=event.basket_id),
        next_number=following,
        completing=replace(state.completing, number=following, may_be_held=False),
    )


def _completion_abandoned(state: Register, event: happened.CompletionAbandoned) -> Register:
    basket = replace(state.basket, basket_id=event.basket_id)
    following = event.number + 1 if event.is_burnt else state.next_number
    return replace(state, basket=basket, completing=None, next_number=following)


def _receipt_completed(state: Register, event: happened.ReceiptCompleted) -> Register:
    number = state.completing.number if state.completing else state.next_number
    done = replace(
        state,
        basket=Basket(),
        next_line=1,
        next_number=number + 1,
        completing=None,
        last=event.completed,
        cards=_not_taken(state),
    )
    return with_the_other(done)


def _not_taken(state: Register) -> tuple[CardPayment, ...]:
    """The card payments that are no part of the basket that is now a receipt."""
    taken = {payment.card.payment_id for payment in state.basket.payments if payment.card}
    return tuple(card for card in state.cards if card.payment_id not in taken)


def _card_asked(state: Register, event: happened.CardAsked) -> Register:
    return _counted(replace(state, cards=(*state.cards, event.card)), event.card)


def _counted(state: Register, card: CardPayment) -> Register:
    """No number of a request is ever used again."""
    used = max(card.number, card.reversal_number)
    return replace(state, next_card=max(state.next_card, used + 1))


def _card_moved(state: Register, event: happened.CardMoved) -> Register:
    moved = event.card
    is_gone = moved.is_over and not moved.is_aside
    cards = tuple(
        moved if card.payment_id == moved.payment_id else card
        for card in state.cards
        if not (is_gone and card.payment_id == moved.payment_id)
    )
    heard = moved.answer.service_id if moved.answer else state.card_witness
    return _counted(replace(state, cards=cards, card_witness=heard), moved)


def _card_set_aside(state: Register, event: happened.CardSetAside) -> Register:
    aside = _card_moved(state, happened.CardMoved(event.card))
    return replace(aside, basket=Basket(), next_line=1, price_check=None)


def _card_sale_fetched(state: Register, event: happened.CardSaleFetched) -> Register:
    basket = event.card.basket or Basket()
    card = replace(event.card, is_aside=False, basket=None)
    next_line = max((line.line for line in basket.lines), default=0) + 1
    fetched = _card_moved(state, happened.CardMoved(card))
    return replace(fetched, basket=basket, next_line=next_line, last=None)


def _day_close_asked(state: Register, event: happened.DayCloseAsked) -> Register:
    return replace(state, closing=Closing(event.counted, event.approved_by))


def _reconciled(state: Register, event: happened.TerminalReconciled) -> Register:
    return replace(state, is_reconciling=False)


def _approval_asked(state: Register, event: happened.ApprovalAsked) -> Register:
    return replace(state, approval=event.pending)


def _approval_settled(state: Register, event: happened.ApprovalSettled) -> Register:
    cleared = replace(state, approval=None)
    return _forgiven(cleared, event.approved_by) if event.approved_by else cleared


def _price_checked(state: Register, event: happened.PriceChecked) -> Register:
    return replace(state, price_check=event.check)


def _day_closed(state: Register, event: happened.DayClosed) -> Register:
    return replace(
        state,
        day="",
        next_z_number=event.number + 1,
        last=None,
        closing=None,
        is_reconciling=event.has_terminal,
    )


def _goods_started(state: Register, event: happened.GoodsStarted) -> Register:
    return replace(state, goods=event.goods)


def _goods_counted(state: Register, event: happened.GoodsCounted) -> Register:
    goods = state.goods.with_line(event.line) if state.goods else None
    return replace(state, goods=goods)


def _goods_gone(state: Register, event: Any) -> Register:
    return replace(state, goods=None)


def _cleared(state: Register, event: happened.Cleared) -> Register:
    return replace(state, price_check=None, last=None)


def _unchanged(state: Register, event: Any) -> Register:
    return state


def _with_line(
    state: Register, number: int, change: Callable[[BasketLine], BasketLine]
) -> Register:
    lines = tuple(change(line) if line.line == number else line for line in state.basket.lines)
    return replace(state, basket=replace(state.basket, lines=lines))


_FOLDS: dict[type[Any], Callable[[Register, Any], Register]] = {
    happened.SignedOn: _signed_on,
    happened.SignedOff: _signed_off,
    happened.PinRefused: _pin_refused,
    happened.DayOpened: _day_opened,
    happened.LineAdded: _line_added,
    happened.WeighingAsked: _weighing_asked,
    happened.WeighingMissed: _weighing_missed,
    happened.WeighingEnded: _weighing_ended,
    happened.CustomerAttached: _customer_attached,
    happened.CustomerDetached: _customer_detached,
    happened.CustomerCreated: _customer_attached,
    **ORDER_FOLDS,
    **EXCHANGE_FOLDS,
    happened.QuantitySet: _quantity_set,
    happened.PriceOverridden: _price_overridden,
    happened.LineDiscounted: _line_discounted,
    happened.LineVoided: _line_voided,
    happened.BasketVoided: _basket_gone,
    happened.BasketSuspended: _basket_gone,
    happened.BasketResumed: _basket_resumed,
    happened.PaymentTaken: _payment_taken,
    happened.PaymentRemoved: _payment_removed,
    happened.CompletionAsked: _completion_asked,
    happened.SealMissed: _seal_missed,
    happened.NumberBurnt: _number_burnt,
    happened.CompletionAbandoned: _completion_abandoned,
    happened.ReceiptCompleted: _receipt_completed,
    happened.ApprovalAsked: _approval_asked,
    happened.ApprovalSettled: _approval_settled,
    happened.DrawerOpened: _unchanged,
    happened.CashMoved: _unchanged,
    happened.PriceChecked: _price_checked,
    happened.XReportMade: _unchanged,
    happened.DayClosed: _day_closed,
    happened.DayCloseAsked: _day_close_asked,
    happened.TerminalReconciled: _reconciled,
    happened.CardAsked: _card_asked,
    happened.CardMoved: _card_moved,
    happened.CardSetAside: _card_set_aside,
    happened.CardSaleFetched: _card_sale_fetched,
    happened.ReceiptCopied: _unchanged,
    happened.PrintSettled: _unchanged,
    happened.DrawerForced: _unchanged,
    happened.DrawerLeftOpen: _unchanged,
    happened.GoodsStarted: _goods_started,
    happened.GoodsCounted: _goods_counted,
    happened.GoodsDropped: _goods_gone,
    happened.GoodsMoved: _goods_gone,
    happened.InvoiceChecked: _goods_gone,
    happened.TaskActed: _unchanged,
    happened.Cleared: _cleared,
}
