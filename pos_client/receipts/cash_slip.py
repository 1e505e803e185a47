"""The slip of cash put into the drawer or taken out of it by hand; it goes into the drawer or
with the money.

Pure. The thing to get wrong: it is no receipt and says so; nobody bought anything.
"""

from __future__ import annotations

from central_sync.countries.country import Country
from central_sync.retail.transaction import Seller
from hardware.document import Align, Columns, Document, Element, Feed, Rule, Text
from pos_client.receipts.checkpoints import END, HEAD
from pos_client.receipts.paper import amount, paper_for
from pos_client.register.cash_events import CashMoved


def cash_slip(
    moved: CashMoved,
    seller: Seller,
    workstation: str,
    operator_name: str,
    country: Country,
    local_time: str,
) -> Document:
    """How much, why, who and who approved it, with room for a signature."""
    paper = paper_for(country, None)
    title = paper.say("cash.loan" if moved.is_loan else "cash.pickup")
    approved: list[Element] = []
    if moved.approved_by:
        approved = [Columns(paper.say("cash.approved_by"), moved.approved_by)]
    return Document(
        (
            Text(f"{seller.company}, {seller.store_name}", Align.CENTRE),
            Text(title, Align.CENTRE, bold=True),
            Columns(f"{paper.say('workstation')} {workstation}", local_time),
            Rule(),
            HEAD,
            amount(paper.say("cash.amount"), abs(moved.amount_minor), paper, bold=True),
            Columns(paper.say("return_reason"), paper.reason(moved.reason)),
            Columns(paper.say("cashier"), operator_name),
            *approved,
            Feed(3),
            Rule(),
            Text(paper.say("card.signature")),
            Text(paper.say("task.no_receipt")),
            *END,
        )
    )
