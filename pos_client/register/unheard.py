"""Goods of another till's receipt while central is silent: its own signed code speaks for it.

Pure. Whether the same receipt was used elsewhere an hour ago nobody here can know, so the
goods are kept aside and money goes out only up to the country's caps; the rest waits for
central as a claim. The thing to get wrong: a card. Nobody here knows which card paid, so what
would go to a card always waits.
"""

from __future__ import annotations

from central_sync.retail.basket import Basket
from central_sync.retail.operator import Operator
from central_sync.retail.tender import Payment, Tender, TenderKind
from pos_client.register import approving
from pos_client.register.events import Event
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register

TENDER_ID = "claim"
NAME = "Återbetalas senare"


def is_held(receipt_id: str, shop: Shop, facts: Facts) -> bool:
    """Only a code speaks for this receipt; refuses when its days are over."""
    proof = shop.unheard(receipt_id)
    if proof is None:
        return False
    if facts.today > proof.last_day:
        refuse("unheard.too_late", day=proof.last_day, number=proof.receipt_number)
    return True


def before_exchange(
    state: Register, command: object, shop: Shop, approver: Operator | None
) -> list[Event]:
    """A second person is asked above the cap; nothing when none is needed."""
    returned = -state.basket.total_minor
    most = shop.country.unheard_exchange_minor
    return _asked(state, command, "unheard_exchange", returned, most, approver)


def before_cash(
    state: Register, command: object, amount_minor: int, shop: Shop, approver: Operator | None
) -> list[Event]:
    """`amount_minor` is this payment, negative; what was paid out before counts too."""
    paid = sum(p.amount_minor for p in state.basket.payments if p.kind is TenderKind.CASH)
    most = shop.country.unheard_cash_minor
    return _asked(state, command, "unheard_cash", -(amount_minor + paid), most, approver)


def waits_as_claim(basket: Basket, tender: Tender, amount_minor: int) -> Payment | None:
    """What goes to no cash drawer is paid back by central, once it has seen the sale."""
    if not basket.is_unheard or amount_minor >= 0 or tender.kind is TenderKind.CASH:
        return None
    return Payment(TENDER_ID, NAME, TenderKind.CLAIM, amount_minor)


def _asked(
    state: Register,
    command: object,
    action: str,
    minor: int,
    most: int,
    approver: Operator | None,
) -> list[Event]:
    if not state.basket.is_unheard or minor <= most:
        return []
    if approving.anyone(state, approver, lambda limits: limits.may_return_unheard):
        return []
    return approving.ask(command, action, to_minor=minor, limit_minor=most)
