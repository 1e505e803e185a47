"""From "F9" to the tender it means, with the amount that stands in the entry.

Pure. F9 is the first cash tender of the chain and F10 the first card; everything
else is found under F11. No amount means: all that is left.
"""

from __future__ import annotations

from pos_client.register.commands import Pay
from pos_client.register.view import TenderView
from pos_client.screens.entry import Entry, amount_minor
from pos_client.screens.till import Till


def pay_with(till: Till, kind: str, entry: Entry) -> None:
    """Pay with the first tender of this kind ("cash", "card")."""
    tender = next((tender for tender in till.view.tenders if tender.kind == kind), None)
    if tender is None:
        till.refuse("tender.no_such")
    else:
        pay(till, tender, entry)


def pay(till: Till, tender: TenderView, entry: Entry) -> None:
    """Pay with this tender; the typed amount or the rest."""
    text = entry.take()
    amount = amount_minor(text) if text else None
    if text and not amount:
        till.refuse("amount.unreadable", text=text)
        return
    till.do(Pay(tender.tender_id, amount))


def other_tenders(till: Till) -> tuple[TenderView, ...]:
    """What F11 offers: all but those that have a key of their own."""
    taken: set[str] = set()
    own_key: set[str] = set()
    for tender in till.view.tenders:
        if tender.kind in ("cash", "card") and tender.kind not in taken:
            taken.add(tender.kind)
            own_key.add(tender.tender_id)
    return tuple(tender for tender in till.view.tenders if tender.tender_id not in own_key)
