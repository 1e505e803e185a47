"""From a paid basket to the frozen transaction, and what the fiscal unit is told.

Pure. Built twice with the same result: once without a seal, to ask for one, and
once with it, to be saved; a crash in between builds the same again from the
saved intent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from central_sync.retail.basket import BasketLine, basket_tax
from central_sync.retail.identity import ReceiptNumber
from central_sync.retail.tender import TenderKind
from central_sync.retail.transaction import LineItem, ReceiptKind, RetailTransaction
from pos_client.register.order_sold import order_of
from pos_client.register.shop import Shop
from pos_client.register.state import Completed, Register
from pos_client.register.tendering import change_of


def close_basket(state: Register, shop: Shop) -> RetailTransaction:
    """The transaction of a state that is completing; unsealed.

    Invariant checked: lines + rounding = payments − change.
    """
    assert state.completing is not None
    assert state.operator is not None
    basket, asked = state.basket, state.completing
    taxed = basket_tax(basket.live)
    vat_of = {line.line: vat for line, vat in zip(basket.live, taxed.line_vat_minor, strict=True)}
    change = change_of(basket, shop.country.currency.smallest_coin_minor)
    transaction = RetailTransaction(
        receipt_id=basket.basket_id,
        receipt_number=str(ReceiptNumber(shop.workstation_id, shop.epoch, asked.number)),
        number=asked.number,
        kind=ReceiptKind.RETURN if basket.only_pays_out else ReceiptKind.SALE,
        at=asked.at,
        local_time=asked.local_time,
        business_day=state.day,
        seller=shop.seller,
        workstation=shop.workstation,
        operator=state.operator.number,
        operator_name=state.operator.name,
        currency=shop.country.currency.code,
        lines=tuple(_line_item(line, vat_of) for line in basket.lines),
        tax_groups=taxed.groups,
        total_minor=basket.total_minor,
        rounding_minor=basket.paid_minor - change - basket.total_minor,
        payments=basket.payments,
        change_minor=change,
        customer_id=basket.customer_id,
    )
    transaction.check()
    return replace(transaction, order=order_of(basket, transaction))


def _line_item(line: BasketLine, vat_of: Mapping[int, int]) -> LineItem:
    item = LineItem(
        line=line.line,
        sku=line.sku,
        name=line.name,
        gtin=line.gtin,
        kind=line.kind,
        quantity=line.quantity,
        list_price_minor=line.list_price_minor,
        unit_price_minor=line.unit_price_minor,
        gross_minor=line.gross_minor,
        vat_minor=vat_of.get(line.line, 0),
        tax_rate_basis_points=line.tax_rate_basis_points,
        modifiers=() if line.returned else line.modifiers(),
        is_voided=line.is_voided,
        weight_grams=line.weight_grams,
        weight_reason=line.weight_reason,
        is_label_price=line.is_label_price,
        price_differs=line.price_differs,
        content_grams=line.content_grams,
        lot=line.lot,
        serial=line.serial,
        expires_on=line.expires_on,
        expiry_approved_by=line.expiry_approved_by,
        deposit_slip=line.deposit_slip,
        pays_order=line.pays_order,
        pays_line=line.pays_line,
    )
    if line.returned is None:
        return item
    return replace(
        item,
        quantity=-line.quantity,
        weight_grams=-line.weight_grams,
        original_receipt_id=line.returned.receipt_id,
        original_receipt=line.returned.receipt_number,
        original_line=line.returned.line,
        return_reason=line.returned.reason,
        refund_key=line.returned.refund_key,
        held=line.returned.held,
    )


def completed(transaction: RetailTransaction) -> Completed:
    """What the cashier sees of it until the next line: what was paid, without what was set off."""
    set_off = _paid_by(transaction, TenderKind.EXCHANGE)
    waits = _paid_by(transaction, TenderKind.CLAIM)
    return Completed(
        receipt_id=transaction.receipt_id,
        receipt_number=transaction.receipt_number,
        total_minor=transaction.total_minor - set_off - waits,
        rounding_minor=transaction.rounding_minor,
        change_minor=transaction.change_minor,
        is_return=transaction.kind is ReceiptKind.RETURN,
        waits_minor=-waits,
    )


def _paid_by(transaction: RetailTransaction, kind: TenderKind) -> int:
    return sum(p.amount_minor for p in transaction.payments if p.kind is kind)
