"""An exchange in one visit: what comes back and what goes out, settled against each other.

Pure. Swedish law wants two documents, a return receipt and a receipt, each with its own VAT,
and lets them be set off against each other (Kvittning; fiscal-law E6). The document that is
covered whole is made first, the other follows with the rest as its only payment. The thing to
get wrong: money twice. The set-off amount is the same on both, and it is no money in the drawer.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.basket import Basket
from central_sync.retail.operator import Operator
from central_sync.retail.tender import Payment, TenderKind
from pos_client.register import exchange_events as happened
from pos_client.register import unheard
from pos_client.register.events import Event
from pos_client.register.exchange_commands import DropExchange, StartExchange
from pos_client.register.exchange_events import ExchangeDropped, ExchangeStarted
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register

TENDER_ID = "exchange"
NAME = "Kvittning"


def start(
    state: Register, command: StartExchange, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    if not state.basket.is_return:
        refuse("exchange.return_first")
    if state.basket.payments:
        refuse("basket.payment_begun")
    asked = unheard.before_exchange(state, command, shop, approver)
    return asked or [ExchangeStarted(-state.basket.total_minor)]


def drop(
    state: Register, command: DropExchange, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    if state.exchange is None:
        refuse("exchange.none")
    if state.has_basket:
        refuse("exchange.basket_open")
    return [ExchangeDropped()]


def is_pending(state: Register) -> bool:
    """A return waits beside the sale and nothing has been settled yet."""
    return state.exchange is not None and not state.exchange.payments


def settle(state: Register) -> happened.ExchangeSettled:
    """The document that is covered whole comes first."""
    assert state.exchange is not None
    returned, sold = state.exchange, state.basket
    owed, due = -returned.total_minor, sold.total_minor
    if due <= 0:
        refuse("exchange.nothing_sold")
    minor = min(owed, due)
    paid_back = _with(returned, -minor)
    paid = _with(sold, minor)
    first, second = (paid_back, paid) if due >= owed else (paid, paid_back)
    return happened.ExchangeSettled(first, second)


def _with(basket: Basket, minor: int) -> Basket:
    payment = Payment(TENDER_ID, NAME, TenderKind.EXCHANGE, minor)
    return replace(basket, payments=(payment,))
