"""Change put into the drawer and cash taken out of it by hand (ARTS: loan, pickup).

Pure. Both are registered when they are done (SKVFS 2014:9 4 kap 2 §), and what the drawer should
hold follows them. Anybody may put money in; to take it out is to open the drawer without a sale,
and a second person is asked as there. The thing to get wrong: no sale and no VAT is touched.
"""

from __future__ import annotations

from central_sync.retail.operator import Operator
from pos_client.register import approving, paying_out
from pos_client.register.cash_commands import Loan, Pickup
from pos_client.register.cash_events import CashMoved
from pos_client.register.events import Event
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register
from pos_client.register.tendering import MOST_CASH_MINOR

PICKUP, SHORT = "pickup", "pickup_short"


def lend(
    state: Register, command: Loan, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    _check(command, shop)
    return [CashMoved(command.amount_minor, command.reason.strip())]


def pick_up(
    state: Register, command: Pickup, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    """More than the books say is there takes the one who may overdraw the drawer."""
    _check(command, shop)
    held = paying_out.held_minor(state, shop)
    amount = command.amount_minor
    if amount > held:
        if not approving.anyone(state, approver, lambda limits: limits.may_overdraw_drawer):
            return approving.ask(command, SHORT, to_minor=amount, limit_minor=held)
    elif not approving.anyone(state, approver, lambda limits: limits.may_open_drawer):
        return approving.ask(command, PICKUP, to_minor=amount)
    by = approver.number if approver else ""
    return [CashMoved(-amount, command.reason.strip(), by)]


def _check(command: Loan | Pickup, shop: Shop) -> None:
    if not command.reason.strip():
        refuse("reason.needed")
    if not 0 < command.amount_minor < MOST_CASH_MINOR:
        refuse("amount.out_of_range")
    if command.amount_minor % shop.country.currency.smallest_coin_minor:
        refuse("tender.not_whole_coins")
