"""Builders of orders at the order desk, as central tells them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from pos_client.register.desk_orders import (
    DeskLine,
    DeskOrder,
    DeskParcel,
    DeskRefund,
    RefundRight,
)
from tests.builders import RegisterDriver, a_shoe_shop, an_open_register


def an_order(**changes: Any) -> DeskOrder:
    """Shoes on their way to be sent home, socks that are packed to be collected."""
    order = DeskOrder(
        order_id="o1",
        number="1-1-7",
        version=4,
        state="open",
        placed_at="2026-11-20T09:00:00.000Z",
        store="Två Par Lund",
        receipt_id="r7",
        total_minor=104_870,
        has_address=True,
        lines=(
            DeskLine(
                1, "SKO-42", "Löparsko Fjäll 42", 2, "ship", "offered", 89_900,
                promised_by="2026-11-25T16:00:00.000Z", pieces=(("waiting", 1), ("offered", 1)),
            ),
            DeskLine(2, "STRUMPA", "Strumpa Sjö", 3, "collect", "packed", 14_970,
                     pieces=(("packed", 2), ("cancelled", 1))),
        ),
        parcels=(
            DeskParcel("p1", "ship", "offered", "Två Par Umeå",
                       why_sv="Valdes för att butiken har minst att göra.",
                       why_en="Chosen because the store has the least to do.", lines=((1, 1),)),
        ),
        refunds=(DeskRefund("o1/2/1-1", 2, 1, 4_990, (("card", 4_990),), "customer"),),
        who=("Eva Ek", "070-123 45 67"),
    )  # fmt: skip
    return replace(order, **changes)


def a_right(**changes: Any) -> RefundRight:
    right = RefundRight(
        "o1", "1-1-7", "o1/2/1-1", 2, "STRUMPA", "Strumpa Sjö", 1, 4_990, 998, 2500,
        (("card", 4_000), ("cash", 990)), "r7", "customer", "2099-01-01T00:00:00.000Z",
    )  # fmt: skip
    return replace(right, **changes)


def a_desk(order: DeskOrder | None = None, *rights: RefundRight) -> RegisterDriver:
    shop = a_shoe_shop()
    shop.orders["o1"] = order or an_order()
    shop.rights = {right.refund_key: right for right in rights}
    return an_open_register(shop)
