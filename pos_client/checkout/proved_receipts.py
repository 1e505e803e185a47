"""A receipt as its signed code tells it, in the shape that a return needs.

The thing to get wrong: taking it for the receipt. It has no amounts paid and no tax groups; it
is looked at and returned from, never written down or printed.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.item import ItemKind
from central_sync.retail.proof import Proof, ProofLine
from central_sync.retail.tender import Payment
from central_sync.retail.transaction import LineItem, ReceiptKind, RetailTransaction
from pos_client.checkout.shop import StoreShop


def receipt_from(proof: Proof, shop: StoreShop) -> RetailTransaction:
    """What a code tells as a receipt to return from; names are this till's own."""
    lines = tuple(_line(line, shop) for line in proof.lines)
    names = {tender.kind: tender.name for tender in shop.tenders}
    payments = tuple(Payment(kind, names.get(kind, kind), kind, 0) for kind in proof.kinds)
    store_id = next(
        (store for _, _, store in shop.master.workstation_keys(proof.workstation_id)), ""
    )
    seller = replace(shop.seller, store_id=store_id, store_name=shop.store_name(store_id))
    return RetailTransaction(
        receipt_id=proof.receipt_id,
        receipt_number=proof.receipt_number,
        number=0,
        kind=ReceiptKind.SALE,
        at=f"{proof.business_day}T00:00:00.000Z",
        local_time=proof.business_day,
        business_day=proof.business_day,
        seller=seller,
        workstation="",
        operator="",
        operator_name="",
        currency=shop.country.currency.code,
        lines=lines,
        tax_groups=(),
        total_minor=sum(line.gross_minor for line in lines),
        rounding_minor=0,
        payments=payments,
        change_minor=0,
    )


def _line(line: ProofLine, shop: StoreShop) -> LineItem:
    item = shop.master.item(line.sku)
    price = line.gross_minor // max(1, line.quantity)
    return LineItem(
        line=line.line,
        sku=line.sku,
        name=item.name if item else line.sku,
        gtin=item.gtin if item else "",
        kind=ItemKind.GOODS if line.is_goods else ItemKind.SERVICE,
        quantity=line.quantity,
        list_price_minor=price,
        unit_price_minor=price,
        gross_minor=line.gross_minor,
        vat_minor=line.vat_minor,
        tax_rate_basis_points=line.tax_rate_basis_points,
        weight_grams=line.grams,
    )
