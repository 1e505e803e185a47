"""Deposit slips: what a return machine owes becomes lines that pay out, once.

Pure. A slip is good for this store's own machines and for 400 days, which is how long
used slips are remembered; an older one cannot be told from a used one. VAT goes back at
the rates that were paid, so a slip with both amounts is two lines (fiscal-law V4, E5).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from central_sync.retail.basket import BasketLine
from central_sync.retail.codes import DepositSlip
from central_sync.retail.item import ItemKind
from central_sync.retail.tax import UnknownTaxGroup, rate_on
from pos_client.register.events import Event, LineAdded
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register

SKU = "PANT"
NAME = "Pant"
REMEMBERED_DAYS = 400


def pay_out(state: Register, slip: DepositSlip, shop: Shop, facts: Facts) -> list[Event]:
    """The lines of a slip; refuses one that is used, strange, too old or worth nothing."""
    _refuse_foreign(slip, shop, facts)
    _refuse_used(state, slip, shop)
    basket_id = state.basket.basket_id or facts.new_id
    lines = list(_lines(state, slip, shop))
    if not lines:
        refuse("deposit.nothing", beeps=2)
    return [LineAdded(basket_id, line) for line in lines]


def _refuse_foreign(slip: DepositSlip, shop: Shop, facts: Facts) -> None:
    if not shop.deposit_shop:
        refuse("deposit.not_set_up", beeps=2)
    if slip.shop != shop.deposit_shop:
        refuse("deposit.other_store", beeps=2)
    today = date.fromisoformat(facts.today)
    issued = slip.issued_on(today)
    if issued is None:
        refuse("deposit.wrong_date", beeps=2)
    if (today - issued).days > REMEMBERED_DAYS:
        refuse("deposit.too_old", beeps=2)


def _refuse_used(state: Register, slip: DepositSlip, shop: Shop) -> None:
    if any(line.deposit_slip == slip.number for line in state.basket.live):
        refuse("deposit.in_basket", beeps=2)
    parked = (line for other in shop.suspended() for line in other.basket.live)
    if any(line.deposit_slip == slip.number for line in parked):
        refuse("deposit.parked", beeps=2)
    if shop.is_deposit_used(slip.number):
        refuse("deposit.used", beeps=2)


def _lines(state: Register, slip: DepositSlip, shop: Shop) -> Iterator[BasketLine]:
    amounts = (("standard", slip.standard_minor), ("food", slip.food_minor))
    for step, (group, amount) in enumerate((g, a) for g, a in amounts if a):
        try:
            rate = rate_on(shop.tax_rates, group, state.day)
        except UnknownTaxGroup:
            refuse("item.no_tax_rate", beeps=2, name=NAME)
        yield BasketLine(
            line=state.next_line + step,
            sku=SKU,
            name=NAME,
            gtin="",
            kind=ItemKind.SERVICE,  # no stock moves; older readers know no kind of its own
            quantity=1,
            list_price_minor=-amount,
            unit_price_minor=-amount,
            tax_rate_basis_points=rate,
            deposit_slip=slip.number,
        )
