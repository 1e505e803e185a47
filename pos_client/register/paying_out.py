"""Cash out of the drawer: what it holds by the books, and who may pay out more than that.

Pure. The books know opening cash, receipts, loans and pickups; change that somebody put in
without a word they do not, so a second person may pay out all the same. The thing to get
wrong: the open basket's own cash, which is in no receipt yet.
"""

from __future__ import annotations

from central_sync.retail.operator import Operator
from central_sync.retail.tender import Tender, TenderKind
from pos_client.register import approving
from pos_client.register.events import Event
from pos_client.register.shop import Shop
from pos_client.register.state import Register

ACTION = "drawer_short"


def held_minor(state: Register, shop: Shop) -> int:
    """What lies in the drawer by the books now, the open basket's own cash with it."""
    open_cash = sum(p.amount_minor for p in state.basket.payments if p.kind is TenderKind.CASH)
    return shop.drawer_cash_minor + open_cash


def before_cash(
    state: Register,
    command: object,
    tender: Tender,
    amount_minor: int,
    shop: Shop,
    approver: Operator | None,
) -> list[Event]:
    """A second person is asked when the drawer does not hold it; `amount_minor` is negative."""
    if tender.kind is not TenderKind.CASH or amount_minor >= 0:
        return []
    held = held_minor(state, shop)
    if held + amount_minor >= 0:
        return []
    if approving.anyone(state, approver, lambda limits: limits.may_overdraw_drawer):
        return []
    return approving.ask(command, ACTION, to_minor=-amount_minor, limit_minor=held)
