"""The body of a journal entry: a small frame around what happened.

    {"schema": 1, "id": UUIDv7, "kind": "receipt", "at": "...Z",
     "business_day": "2026-11-22", "store": "...", "workstation": "...",
     "operator": "1042", "payload": {...}}

`id` is the fact's identity for ever: a receipt's id stays the same when a fork
gives it a new epoch and sequence. Those two are the envelope and not in here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from central_sync.retail.plain import Unreadable, from_plain, to_plain
from central_sync.wire.canonical import canonical, read_json

SCHEMA = 1


class EntryKind(StrEnum):
    """What a journal entry tells; payloads in brackets.

    RECEIPT [retail.transaction.RetailTransaction] moves stock and money, ORDER_COMMAND asks
    central to decide on an order, STOCK_MOVED and INVOICE_CHECKED move stock; the others are
    the "running use" of SKVFS 2014:9 2 kap 15 §.
    """

    RECEIPT = "receipt"
    RECEIPT_COPIED = "receipt_copied"  # …, amount_minor, seal, is_lost
    DAY_OPENED = "day_opened"  # opening_cash_minor
    X_REPORT = "x_report"  # [retail.till.DayReport]
    Z_REPORT = "z_report"  # [retail.till.DayReport]
    SIGNED_ON = "signed_on"  # name, role
    SIGNED_OFF = "signed_off"
    SIGN_ON_REFUSED = "sign_on_refused"  # number
    DRAWER_OPENED = "drawer_opened"  # reason, approved_by
    LOAN = "loan"  # amount_minor, reason, approved_by: cash put into the drawer by hand
    PICKUP = "pickup"  # the same, taken out
    BASKET_VOIDED = "basket_voided"  # lines, total_minor, reason
    BASKET_SUSPENDED = "basket_suspended"  # basket_id, lines, total_minor
    BASKET_RESUMED = "basket_resumed"  # basket_id, total_minor
    PAYMENT_REMOVED = "payment_removed"  # [retail.tender.Payment], basket_id
    COMPLETION_ABANDONED = "completion_abandoned"  # number, basket_id, is_burnt
    NUMBER_BURNT = "number_burnt"  # number, basket_id, reason: a gap in the series, explained
    PRICE_CHECKED = "price_checked"  # sku, price_minor
    OVERRIDDEN = "overridden"  # what, approved_by, reason, detail
    PRINT_SETTLED = "print_settled"  # job_id, kind, receipt_number, attempt, came_out, outcome
    DRAWER_FORCED = "drawer_forced"
    DRAWER_LEFT_OPEN = "drawer_left_open"  # seconds
    CARD_REVERSED = "card_reversed"  # payment_id, amount_minor, reason, asked_by, reference
    CARD_REVERSAL_FAILED = "card_reversal_failed"  # the same
    CARD_SET_ASIDE = "card_set_aside"  # payment_id, amount_minor, state, basket_id, total_minor
    CARD_SETTLED = "card_settled"  # payment_id, amount_minor, is_paid, reason, approved_by
    CARD_FETCHED = "card_fetched"  # payment_id, amount_minor, state, basket_id
    CARD_TOTALS_DIFFERED = "card_totals_differed"  # terminal, cards [retail.till.CardCount]
    ORDER_COMMAND = "order_command"  # order_id, command: tagged [retail.orders.commands]
    STOCK_MOVED = "stock_moved"  # [retail.stock.StockDocument.payload]
    # delivery_id, reference, invoice, lines [[sku, received, invoiced]…], differences
    INVOICE_CHECKED = "invoice_checked"
    TASK_DONE = "task_done"  # task_id, outcome, reason: ends a task that no other entry ends
    PLEDGES_SEEN = "pledges_seen"  # pledges [[sku, epoch]…]: this till keeps them back now
    # receipt_id, lines [[sku, pieces, epoch]…], reason: sold all the same
    PLEDGE_OVERRIDDEN = "pledge_overridden"
    # customer_ids, what (find, show): shown without central, which writes down its own look-ups
    CUSTOMERS_SEEN = "customers_seen"
    # from_epoch, common_sequence, common_hash, why, entries, first_number, …: the entries behind
    # it say again what stood above the last one in common with central
    EPOCH_ENTERED = "epoch_entered"
    STARTED = "started"  # version, recovered
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class EntryBody:
    """`at` is ISO 8601 UTC with milliseconds and Z; `operator` "" when nobody is on."""

    id: str
    kind: str
    at: str
    business_day: str
    store: str
    workstation: str
    operator: str
    payload: dict[str, Any]
    schema: int = SCHEMA

    def to_bytes(self) -> bytes:
        return canonical(to_plain(self))

    @staticmethod
    def from_bytes(body: bytes | str) -> EntryBody:
        """Read a body; raises Unreadable when it is not one."""
        try:
            return from_plain(EntryBody, read_json(body))
        except ValueError as problem:
            raise Unreadable(str(problem)) from problem
