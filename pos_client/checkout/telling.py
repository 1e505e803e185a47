"""What a cashier is told after something happened: events to one message.

Most events need no words, the screen shows them. Money in values ends in _minor.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from central_sync.retail.orders import commands as order_commands
from central_sync.retail.orders.commands import SeeOffer
from hardware.ports import CardAnswer
from pos_client.register import events as happened
from pos_client.register import exchange_events, order_events
from pos_client.register.card import NOBODY_THERE, CardPayment, CardState
from pos_client.register.events import Event
from pos_client.register.goods_list import GoodsKind
from pos_client.register.shop import PrintOutcome
from pos_client.register.state import Completed, Register
from pos_client.register.view import Level, Message


def message_of(events: Sequence[Event], state: Register) -> Message | None:
    """The message of the last event that has one; `state` is the one after them."""
    for event in reversed(events):
        tell = _TOLD.get(type(event))
        if tell is not None and (message := tell(event, state)) is not None:
            return message
    return None


def done(completed: Completed, cashback_minor: int = 0, lacks_minor: int = 0) -> Message:
    """The sale is over: change first, it is what the hands need to know.

    `lacks_minor`: by the books so much more was paid out of the drawer than was in it.
    """
    values: dict[str, str | int] = {
        "number": completed.receipt_number,
        "total_minor": abs(completed.total_minor + completed.rounding_minor),
        "change_minor": completed.change_minor,
    }
    if completed.waits_minor:
        waits = {**values, "amount_minor": completed.waits_minor}
        return Message("sale.refund_waits", values=waits)
    if lacks_minor and cashback_minor:
        short = {**values, "amount_minor": cashback_minor, "due_minor": lacks_minor}
        return Message("sale.cashback_short", Level.TROUBLE, short)
    if lacks_minor:
        lacks = {**values, "amount_minor": lacks_minor}
        return Message("sale.refunded_short", Level.TROUBLE, lacks)
    if completed.is_return:
        return Message("sale.refunded", values=values)
    if cashback_minor:
        return Message("sale.cashback", values={**values, "amount_minor": cashback_minor})
    return Message("sale.change" if completed.change_minor else "sale.done", values=values)


def told_short(moved: happened.CashMoved, lacks_minor: int) -> Message | None:
    """More was taken out by hand than the books say was there."""
    if moved.is_loan or lacks_minor <= 0:
        return None
    values: dict[str, str | int] = {"total_minor": -moved.amount_minor, "amount_minor": lacks_minor}
    return Message("drawer.pickup_short", Level.TROUBLE, values)


def _pin_refused(event: happened.PinRefused, state: Register) -> Message:
    key = "session.wrong_pin_wait" if event.locked_until else "session.wrong_pin"
    return Message(key, Level.REFUSAL)


def _cash_moved(event: happened.CashMoved, state: Register) -> Message:
    key = "drawer.loan" if event.is_loan else "drawer.pickup"
    return Message(key, values={"amount_minor": abs(event.amount_minor)})


def _named(key: str) -> Callable[[Any, Register], Message]:
    return lambda event, state: Message(key)


def _signed_on(event: happened.SignedOn, state: Register) -> Message:
    return Message("session.welcome", values={"name": event.operator.name})


def _customer(event: happened.CustomerAttached, state: Register) -> Message:
    return Message("customer.attached")


def _day_opened(event: happened.DayOpened, state: Register) -> Message:
    values: dict[str, str | int] = {"day": event.day, "cash_minor": event.opening_cash_minor}
    return Message("day.opened", values=values)


def _day_closed(event: happened.DayClosed, state: Register) -> Message:
    return Message("day.closed", values={"number": event.number})


def _settled(event: happened.ApprovalSettled, state: Register) -> Message | None:
    return Message("approval.given" if event.approved_by else "approval.declined")


def _print_settled(event: happened.PrintSettled, state: Register) -> Message:
    values: dict[str, str | int] = {"number": event.receipt_number}
    return Message(_SETTLED[event.outcome], values=values)


_SETTLED = {
    PrintOutcome.WHOLE: "print.settled",
    PrintOutcome.AGAIN: "print.again",
    PrintOutcome.ORIGINAL_AGAIN: "print.again",
    PrintOutcome.GIVEN_UP: "print.no_second_copy",
    PrintOutcome.COPIED: "print.copied_instead",
}


def _missed(event: happened.SealMissed, state: Register) -> Message:
    return Message(event.problem, Level.TROUBLE, beeps=2)


_CARD_SAYS = {
    CardState.IN_PROGRESS: "card.in_progress",
    CardState.SIGNING: "card.signing",
    CardState.REVERSING: "card.reversing",
    CardState.REVERSED: "card.reversed",
}
_CARD_NOES = {
    CardState.UNKNOWN: "card.no_answer",
    CardState.DECLINED: "card.declined",
    CardState.ABORTED: "card.aborted",
    CardState.DROPPED: "card.dropped",
    CardState.REVERSAL_FAILED: "card.reversal_failed",
}


def card_message(card: CardPayment) -> Message | None:
    """What became of a card payment; a sale that it completes says more and comes after."""
    values: dict[str, str | int] = {"amount_minor": card.amount_minor}
    if card.is_aside and card.is_under_way:
        return Message("card.set_aside", values=values)
    if card.is_aside:
        return Message("card.told_at_last", Level.TROUBLE, values)
    if card.is_abort_wished and card.may_be_aborted:
        return Message("card.aborting")
    if card.state is CardState.DROPPED and card.reason == NOBODY_THERE:
        return Message("card.nobody_there", Level.TROUBLE, beeps=2)
    if card.state in _CARD_NOES:
        return Message(_CARD_NOES[card.state], Level.TROUBLE, values, beeps=2)
    if card.state is CardState.APPROVED and card.answer is not None:
        return _approved(card, card.answer)
    key = _CARD_SAYS.get(card.state)
    return Message(key, values=values) if key else None


def _approved(card: CardPayment, answer: CardAnswer) -> Message:
    if answer.cashback_minor:
        return Message("card.cashback", values={"amount_minor": answer.cashback_minor})
    if answer.approved_minor < card.amount_minor:
        values: dict[str, str | int] = {"amount_minor": answer.approved_minor}
        return Message("card.partial", values=values, beeps=1)
    return Message("card.approved", values={"amount_minor": answer.approved_minor})


def _card_moved(event: happened.CardMoved, state: Register) -> Message | None:
    return card_message(event.card)


def _card_set_aside(event: happened.CardSetAside, state: Register) -> Message:
    return Message("card.set_aside", values={"amount_minor": event.card.amount_minor})


def _weighing_asked(event: happened.WeighingAsked, state: Register) -> Message:
    return Message("weighing.put_on", values={"name": event.pending.line.name})


WEIGHING_PROBLEMS = {
    "in_motion": "weighing.in_motion",
    "not_moved": "weighing.not_moved",
    "overload": "weighing.overload",
    "below_zero": "weighing.below_zero",
    "under_minimum": "weighing.under_minimum",
    "price_differs": "weighing.price_differs",
    "tare_too_large": "weighing.tare_too_large",
    "bad_request": "weighing.bad_request",
    "bad_checksum": "weighing.bad_checksum",
    "internal_fault": "weighing.internal_fault",
    "licence": "weighing.licence",
    "wrong_device": "weighing.wrong_device",
    "busy": "weighing.busy",
    "busy_other_owner": "weighing.busy_other_owner",
    "not_configured": "weighing.not_configured",
    "interrupted": "weighing.interrupted",
}


def _weighing_missed(event: happened.WeighingMissed, state: Register) -> Message:
    key = WEIGHING_PROBLEMS.get(event.problem, "weighing.no_answer")
    return Message(key, Level.TROUBLE, beeps=1)


def _goods_counted(event: happened.GoodsCounted, state: Register) -> Message:
    line = event.line
    values: dict[str, str | int] = {"name": line.name, "count": line.quantity}
    return Message("goods.counted", values=values)


def _goods_moved(event: happened.GoodsMoved, state: Register) -> Message:
    moved = event.movement
    rows = len(moved.counted or moved.lines) + len(moved.unknown)
    return Message(GOODS_DONE[moved.kind], values={"count": rows, "reference": moved.reference})


GOODS_DONE = {
    GoodsKind.RECEIVE: "goods.received",
    GoodsKind.TRANSFER_OUT: "goods.sent",
    GoodsKind.TRANSFER_IN: "goods.received",
    GoodsKind.COUNT: "goods.count_done",
    GoodsKind.ADJUSTMENT: "goods.adjusted",
    GoodsKind.PUT_BACK: "goods.put_back",
}


def _task_acted(event: happened.TaskActed, state: Register) -> Message | None:
    command = event.act.order_command
    if isinstance(command, SeeOffer):
        return None
    values: dict[str, str | int] = {"number": event.number, "name": event.name}
    if isinstance(command, order_commands.CollectPieces):
        values["count"] = sum(count for _, count in command.pieces)
    if not event.is_told:
        return Message("task.printed", values=values)
    return Message(TASK_DONE.get(type(command), "task.ended"), values=values)


TASK_DONE: dict[type[Any], str] = {
    order_commands.ClaimParcel: "task.accepted",
    order_commands.RejectParcel: "task.rejected",
    order_commands.PickLine: "task.picked",
    order_commands.ShortLine: "task.missing",
    order_commands.PackParcel: "task.packed",
    order_commands.HandOver: "task.handed_over",
    order_commands.MakeReady: "task.made_ready",
    order_commands.CollectPieces: "task.handed_out",
    order_commands.NoShow: "task.not_fetched",
    order_commands.CancelPieces: "desk.cancelled",
    order_commands.ChangeAddress: "desk.moved",
    order_commands.ChangeLine: "desk.changed",
    order_commands.PutOffAnswer: "desk.waits",
    order_commands.SubstituteLine: "desk.replaced",
}


def _invoice_checked(event: happened.InvoiceChecked, state: Register) -> Message:
    count = len(event.checked.differences)
    return Message("goods.invoice_off" if count else "goods.invoice_fits", values={"count": count})


def _quote_held(event: order_events.QuoteHeld, state: Register) -> Message:
    day = max((promised_by for _, promised_by in event.promises), default="")[:10]
    if event.fee is None:
        return Message("order.held", values={"day": day})
    values: dict[str, str | int] = {"day": day, "amount_minor": event.fee.gross_minor}
    return Message("order.held_with_fee", values=values)


def _quote_short(event: order_events.QuoteShort, state: Register) -> Message:
    name = next((row.name for row in state.basket.later if row.line in event.lines), "")
    return Message("order.short", Level.TROUBLE, {"name": name}, beeps=1)


def _exchange_settled(event: exchange_events.ExchangeSettled, state: Register) -> Message | None:
    rest = event.second.remaining_minor
    key = "exchange.to_pay" if rest > 0 else "exchange.to_refund" if rest else "exchange.even"
    return Message(key, values={"amount_minor": abs(rest)})


_TOLD: dict[type[Any], Callable[[Any, Register], Message | None]] = {
    happened.PinRefused: _pin_refused,
    exchange_events.ExchangeStarted: lambda event, state: Message(
        "exchange.started", values={"amount_minor": event.amount_minor}
    ),
    exchange_events.ExchangeDropped: lambda event, state: Message("exchange.dropped"),
    exchange_events.ExchangeSettled: _exchange_settled,
    happened.WeighingAsked: _weighing_asked,
    happened.WeighingMissed: _weighing_missed,
    happened.WeighingEnded: _named("weighing.left"),
    happened.CustomerAttached: _customer,
    happened.CustomerCreated: _named("customer.created"),
    happened.CustomerDetached: _named("customer.detached"),
    order_events.QuoteAsked: _named("order.asks"),
    order_events.QuoteHeld: _quote_held,
    order_events.QuoteShort: _quote_short,
    order_events.QuoteMissed: lambda event, state: Message("order.wish", Level.TROUBLE),
    order_events.AddressGiven: _named("order.address_kept"),
    happened.SignedOn: _signed_on,
    happened.DayOpened: _day_opened,
    happened.DayClosed: _day_closed,
    happened.ApprovalSettled: _settled,
    happened.BasketVoided: _named("basket.voided"),
    happened.BasketSuspended: _named("basket.parked"),
    happened.BasketResumed: _named("basket.fetched"),
    happened.PaymentRemoved: _named("tender.removed"),
    happened.DrawerOpened: _named("drawer.opened"),
    happened.CashMoved: _cash_moved,
    happened.XReportMade: _named("report.x_printed"),
    happened.ReceiptCopied: _named("receipt.copied"),
    happened.PrintSettled: _print_settled,
    happened.DrawerForced: lambda event, state: Message("drawer.forced", Level.TROUBLE, beeps=2),
    happened.DrawerLeftOpen: lambda event, state: Message("drawer.left_open", Level.TROUBLE),
    happened.SealMissed: _missed,
    happened.CardMoved: _card_moved,
    happened.CardSetAside: _card_set_aside,
    happened.CardSaleFetched: _named("card.fetched"),
    happened.DayCloseAsked: _named("day.comparing"),
    happened.GoodsCounted: _goods_counted,
    happened.GoodsMoved: _goods_moved,
    happened.GoodsDropped: _named("goods.dropped"),
    happened.InvoiceChecked: _invoice_checked,
    happened.TaskActed: _task_acted,
}
