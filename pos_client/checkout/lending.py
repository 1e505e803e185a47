"""What this store lends to the web, at the till: known, kept back, sold all the same.

A till says that it knows of an offer as soon as its master data has it; that word in the
journal is what puts the pledge in force (central_sync.retail.stock.pledge). The thing to get
wrong: refusing. The customer with the shoes in hand wins: the cashier is told what to do, the
sale goes on, and who sold what was lent stands in the journal beside the receipt.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from central_sync.retail.basket import BasketLine
from central_sync.retail.item import ItemKind
from central_sync.retail.stock import GRACE_SECONDS
from central_sync.retail.transaction import LineItem, RetailTransaction
from central_sync.wire.entries import EntryKind
from pos_client.checkout.journalling import Told
from pos_client.checkout.ledger import Ledger
from pos_client.register import events as happened
from pos_client.register.events import Event
from pos_client.register.view import Level, Message
from pos_client.storage.master import LentPieces

# The only reason for which a cashier goes on: nobody takes shoes out of a customer's hands.
IN_HAND = "customer_has_it"


class PledgeWatch:
    """Tells central which offers this till keeps back by now."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._said: set[tuple[str, int]] = set()
        self._is_due = True

    def forget(self) -> None:
        """Master data has changed."""
        self._is_due = True

    def look(self, _seconds: float) -> None:
        """Acknowledge what is new; raises StorageTrouble, and tries again then."""
        ledger = self._ledger
        if not self._is_due or ledger.state.completing is not None:
            return
        offered = [one for one in ledger.shop.master.lent() if one.is_offered]
        new = [one for one in offered if (one.sku, one.epoch) not in self._said]
        if new:
            payload = {"pledges": [[one.sku, one.epoch] for one in new]}
            ledger.write([], [(EntryKind.PLEDGES_SEEN, payload)], ledger.clock.facts())
        self._said = {(one.sku, one.epoch) for one in offered}
        self._is_due = False


def warning_of(ledger: Ledger, events: Sequence[Event]) -> Message | None:
    """What to tell the cashier of the line that was just sold, when it takes a lent piece."""
    numbers = [_line_of(event) for event in events]
    lines = [found for number in numbers if (found := ledger.state.basket.find(number))]
    for line in lines:
        sold = sum(_pieces(each) for each in ledger.state.basket.live if each.sku == line.sku)
        lent = _over(ledger, line.sku, sold) if _pieces(line) else None
        if lent is not None:
            values: dict[str, str | int] = {"name": line.name, "count": lent.quantity}
            return Message("sale.lent", Level.TROUBLE, values)
    return None


def overridden(ledger: Ledger, transaction: RetailTransaction) -> Told | None:
    """The entry beside a receipt that took lent pieces; before the receipt moves the stock."""
    taken: dict[str, int] = {}
    for line in transaction.taken_lines:
        if line.kind is ItemKind.GOODS and line.quantity > 0:
            taken[line.sku] = taken.get(line.sku, 0) + _moved(line)
    rows = []
    for sku, pieces in sorted(taken.items()):
        lent = _over(ledger, sku, pieces)
        if lent is not None:
            left = (ledger.shop.on_hand(sku) or 0) - pieces
            rows.append([sku, min(pieces, lent.quantity - left), lent.epoch])
    if not rows:
        return None
    payload: dict[str, Any] = {"receipt_id": transaction.receipt_id, "lines": rows}
    return EntryKind.PLEDGE_OVERRIDDEN, payload | {"reason": IN_HAND}


def _over(ledger: Ledger, sku: str, pieces: int) -> LentPieces | None:
    """The pledge that this many pieces would break, by this till's clock and its grace."""
    lent = ledger.shop.master.lent_of(sku)
    if lent is None or pieces <= 0 or _is_over(lent, ledger.clock.facts().at):
        return None
    left = (ledger.shop.on_hand(sku) or 0) - pieces
    return lent if left < lent.quantity else None


def _is_over(lent: LentPieces, at: str) -> bool:
    grace = timedelta(seconds=GRACE_SECONDS)
    return datetime.fromisoformat(lent.lease_until) + grace <= datetime.fromisoformat(at)


def _line_of(event: Event) -> int:
    match event:
        case happened.LineAdded():
            return event.line.line
        case happened.QuantitySet():
            return event.line
        case _:
            return 0


def _pieces(line: BasketLine) -> int:
    """Pieces of a line that leave the shelf now."""
    is_taken = line.kind is ItemKind.GOODS and not line.comes_later and line.returned is None
    return line.quantity if is_taken and not line.weight_grams else 0


def _moved(line: LineItem) -> int:
    return 0 if line.weight_grams else line.quantity
