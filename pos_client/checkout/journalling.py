"""Which events become journal entries, and what each tells (SKVFS 2014:9 2 kap 15 §).

A receipt is not in here: it is written by `completion` with the seal. Everything
a cashier did that the law or head office may ask about is one entry each.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from central_sync.retail.plain import to_plain
from central_sync.retail.stock import DocumentLine, MovementKind, StockDocument, delta_of
from central_sync.retail.till import DayReport
from central_sync.wire.entries import EntryKind
from pos_client.register import events as happened
from pos_client.register.card import CardPayment, CardState
from pos_client.register.events import Event

Told = tuple[EntryKind, dict[str, Any]]


def entry_of(event: Event) -> Told | None:
    """The kind and payload of an event's journal entry; None when it has none."""
    tell = _TOLD.get(type(event))
    return tell(event) if tell else None


def _signed_on(event: happened.SignedOn) -> Told:
    return EntryKind.SIGNED_ON, {"name": event.operator.name, "role": event.operator.role.value}


def _pin_refused(event: happened.PinRefused) -> Told:
    return EntryKind.SIGN_ON_REFUSED, {"number": event.number[:20]}


def _day_opened(event: happened.DayOpened) -> Told:
    return EntryKind.DAY_OPENED, {"opening_cash_minor": event.opening_cash_minor}


def _basket_voided(event: happened.BasketVoided) -> Told:
    return EntryKind.BASKET_VOIDED, {
        "basket_id": event.basket.basket_id,
        "lines": to_plain(event.basket.lines),
        "total_minor": event.basket.total_minor,
        "approved_by": event.approved_by,
    }


def _basket_suspended(event: happened.BasketSuspended) -> Told:
    return EntryKind.BASKET_SUSPENDED, {
        "basket_id": event.basket.basket_id,
        "lines": to_plain(event.basket.lines),
        "total_minor": event.basket.total_minor,
    }


def _basket_resumed(event: happened.BasketResumed) -> Told:
    return EntryKind.BASKET_RESUMED, {
        "basket_id": event.basket.basket_id,
        "total_minor": event.basket.total_minor,
    }


def _approval_settled(event: happened.ApprovalSettled) -> Told:
    return EntryKind.OVERRIDDEN, {
        "what": event.action,
        "approved_by": event.approved_by,
        "detail": event.detail,
    }


def _drawer_opened(event: happened.DrawerOpened) -> Told:
    return EntryKind.DRAWER_OPENED, {"reason": event.reason, "approved_by": event.approved_by}


def _cash_moved(event: happened.CashMoved) -> Told:
    return EntryKind.LOAN if event.is_loan else EntryKind.PICKUP, {
        "amount_minor": abs(event.amount_minor),
        "reason": event.reason,
        "approved_by": event.approved_by,
    }


def _price_checked(event: happened.PriceChecked) -> Told:
    check = event.check
    return EntryKind.PRICE_CHECKED, {"sku": check.sku, "price_minor": check.price_minor}


def _payment_removed(event: happened.PaymentRemoved) -> Told:
    payload = {"payment": to_plain(event.payment), "basket_id": event.basket_id}
    return EntryKind.PAYMENT_REMOVED, payload


def _abandoned(event: happened.CompletionAbandoned) -> Told:
    payload = {
        "number": event.number,
        "basket_id": event.basket_id,
        "is_burnt": event.is_burnt,
    }
    return EntryKind.COMPLETION_ABANDONED, payload


def _number_burnt(event: happened.NumberBurnt) -> Told:
    payload = {"number": event.number, "basket_id": event.basket_id, "reason": event.reason}
    return EntryKind.NUMBER_BURNT, payload


def _print_settled(event: happened.PrintSettled) -> Told:
    """Who said so is the entry's operator, "" when nobody answered."""
    return EntryKind.PRINT_SETTLED, {
        "job_id": event.job_id,
        "kind": event.kind,
        "receipt_number": event.receipt_number,
        "attempt": event.attempt,
        "came_out": event.came_out,
        "outcome": event.outcome.value,
    }


_CARD_KINDS = {
    CardState.REVERSED: EntryKind.CARD_REVERSED,
    CardState.REVERSAL_FAILED: EntryKind.CARD_REVERSAL_FAILED,
    CardState.SETTLED: EntryKind.CARD_SETTLED,
}


def _card_moved(event: happened.CardMoved) -> Told | None:
    """What became of the cardholder's money where no receipt tells it."""
    kind = _CARD_KINDS.get(event.card.state)
    return (kind, _card(event.card)) if kind else None


def _card_set_aside(event: happened.CardSetAside) -> Told:
    basket = event.card.basket
    return EntryKind.CARD_SET_ASIDE, {
        **_card(event.card),
        "basket_id": basket.basket_id if basket else "",
        "lines": to_plain(basket.lines) if basket else [],
        "total_minor": basket.total_minor if basket else 0,
    }


def _card_fetched(event: happened.CardSaleFetched) -> Told:
    basket = event.card.basket
    basket_id = basket.basket_id if basket else ""
    return EntryKind.CARD_FETCHED, {**_card(event.card), "basket_id": basket_id}


def _card(card: CardPayment) -> dict[str, Any]:
    return {
        "payment_id": card.payment_id,
        "service_id": card.service_id,
        "kind": card.kind.value,
        "state": card.state.value,
        "amount_minor": card.answer.approved_minor if card.answer else card.amount_minor,
        "reason": card.reason,
        "decided_by": card.decided_by,
        "is_paid": card.is_paid,
        "reference": card.reference.poi_transaction_id,
    }


def _goods_moved(event: happened.GoodsMoved) -> Told:
    """The document that central reads, and beside it what a person may have to look at."""
    moved = event.movement
    kind = MovementKind(moved.kind.value)
    if kind is MovementKind.COUNT:
        lines = tuple(DocumentLine(*counted) for counted in moved.counted)
    else:
        lines = tuple(
            DocumentLine(sku, delta_of(kind, DocumentLine(sku, delta)))
            for sku, delta in moved.lines
        )
    document = StockDocument(moved.movement_id, kind, lines, moved.reference, moved.reason)
    return EntryKind.STOCK_MOVED, {
        **document.payload(),
        "unknown": to_plain(moved.unknown),
        "task_id": moved.task_id,
        "other_store": moved.other_store,
    }


def _invoice_checked(event: happened.InvoiceChecked) -> Told:
    payload = {**to_plain(event.checked), "differences": to_plain(event.checked.differences)}
    return EntryKind.INVOICE_CHECKED, payload


def _task_acted(event: happened.TaskActed) -> Told | None:
    act = event.act
    if not event.is_told:
        return None
    if act.command is None:
        payload = {"task_id": act.task_id, "outcome": act.outcome, "reason": act.reason}
        return EntryKind.TASK_DONE, payload
    return EntryKind.ORDER_COMMAND, {
        "order_id": act.order_id,
        "task_id": act.task_id,
        "command": act.command,
        **({"reason": act.reason} if act.reason else {}),
    }


def card_differences(report: DayReport) -> list[Told]:
    """An entry when the terminal's sums are not ours, or could not be had."""
    differing = [count for count in report.cards if count.differs]
    if not differing and report.terminal != "no_answer":
        return []
    payload = {"terminal": report.terminal, "cards": to_plain(tuple(differing))}
    return [(EntryKind.CARD_TOTALS_DIFFERED, payload)]


_TOLD: dict[type[Any], Callable[[Any], Told | None]] = {
    happened.SignedOn: _signed_on,
    happened.SignedOff: lambda event: (EntryKind.SIGNED_OFF, {}),
    happened.PinRefused: _pin_refused,
    happened.DayOpened: _day_opened,
    happened.BasketVoided: _basket_voided,
    happened.BasketSuspended: _basket_suspended,
    happened.BasketResumed: _basket_resumed,
    happened.ApprovalSettled: _approval_settled,
    happened.PaymentRemoved: _payment_removed,
    happened.CompletionAbandoned: _abandoned,
    happened.NumberBurnt: _number_burnt,
    happened.DrawerOpened: _drawer_opened,
    happened.CashMoved: _cash_moved,
    happened.PriceChecked: _price_checked,
    happened.PrintSettled: _print_settled,
    happened.CardMoved: _card_moved,
    happened.CardSetAside: _card_set_aside,
    happened.CardSaleFetched: _card_fetched,
    happened.GoodsMoved: _goods_moved,
    happened.InvoiceChecked: _invoice_checked,
    happened.TaskActed: _task_acted,
    happened.DrawerForced: lambda event: (EntryKind.DRAWER_FORCED, {}),
    happened.DrawerLeftOpen: lambda event: (EntryKind.DRAWER_LEFT_OPEN, {"seconds": event.seconds}),
}
