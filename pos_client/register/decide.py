"""(state, command, shop, facts) -> what happens, or a refusal. The register's whole mind.

Pure. This module holds the doorkeeping that is the same for all commands and the
session (sign on, business day); lines, money, returns and approvals have rooms
beside it. The thing to get wrong: deciding must not change anything, it returns
events, and the same command may be decided twice (once more after an approval).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from central_sync.retail.operator import Operator
from pos_client.register import (
    approving,
    card_paying,
    cash_moves,
    commands,
    customers,
    desk,
    desk_commands,
    exchange,
    fulfilling,
    goods,
    order_commands,
    ordering,
    pricing,
    returning,
    selling,
    tendering,
    weighing,
)
from pos_client.register.commands import Command
from pos_client.register.events import (
    Cleared,
    DayCloseAsked,
    DayClosed,
    DayOpened,
    DrawerOpened,
    Event,
    PinRefused,
    PriceChecked,
    PrintSettled,
    ReceiptCopied,
    SignedOff,
    SignedOn,
    XReportMade,
)
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import PriceCheck, Register

MOST_MONEY_MINOR = 100_000_000
"""No amount a person types may reach a million kronor; beyond it is a slip."""

FREE_TRIES = 3
"""Wrong PINs before the first wait; then it doubles from 5 seconds to 5 minutes."""


def decide(
    state: Register, command: Command, shop: Shop, facts: Facts, approver: Operator | None = None
) -> list[Event]:
    """The events that `command` leads to, and the question to central that these lead to.

    Raises Refused with a text key.

    `approver` is the second person when the command is decided again after an
    approval.
    """
    return ordering.with_question(state, _decided(state, command, shop, facts, approver), facts)


def _decided(
    state: Register, command: Command, shop: Shop, facts: Facts, approver: Operator | None = None
) -> list[Event]:
    if isinstance(command, order_commands.Quoted):
        return ordering.quoted(state, command)
    if isinstance(command, order_commands.QuoteFailed):
        return ordering.quote_failed(state, command)
    if isinstance(command, order_commands.RenewQuote):
        return ordering.renew(state, facts)
    if isinstance(command, commands.SignOn):
        return _sign_on(state, command, shop, facts)
    if state.operator is None:
        refuse("session.sign_on_first", beeps=2)
    if isinstance(command, commands.SettlePrint):
        return _settle_print(command, shop)
    if isinstance(command, commands.Approve):
        return _approve(state, command, shop, facts)
    if isinstance(command, commands.DeclineApproval):
        return approving.decline(state)
    if state.approval is not None:
        refuse("approval.pending", beeps=2)
    if state.weighing is not None:
        return weighing.while_weighing(state, command, facts)
    if state.completing is not None:
        return tendering.while_completing(state, command, shop, facts)
    if state.closing is not None:
        refuse("day.comparing", beeps=2)
    if state.card is not None and not isinstance(command, _WITH_CARD):
        refuse("card.wait", beeps=2)
    if not state.day and not isinstance(command, (*_WITHOUT_DAY,)):
        refuse("day.open_first", beeps=2)
    return _DECISIONS[type(command)](state, command, shop, facts, approver)


def _sign_on(state: Register, command: commands.SignOn, shop: Shop, facts: Facts) -> list[Event]:
    if state.operator is not None:
        refuse("session.already_on", name=state.operator.name)
    _refuse_while_locked(state, facts)
    operator = shop.operator(command.number)
    if operator is None and not shop.tenders:  # nothing has come from central yet, nobody either
        refuse("session.not_loaded", beeps=1)
    if operator is None or not shop.pin_matches(command.number, command.pin):
        return [PinRefused(command.number, _locked_until(state, facts), operator is not None)]
    return [SignedOn(operator)]


def _approve(state: Register, command: commands.Approve, shop: Shop, facts: Facts) -> list[Event]:
    if state.approval is None:
        refuse("approval.none")
    _refuse_while_locked(state, facts)
    if state.operator is not None and command.number == state.operator.number:
        refuse("approval.same_person")
    person = shop.operator(command.number)
    if person is None or not shop.pin_matches(command.number, command.pin):
        return [PinRefused(command.number, _locked_until(state, facts), person is not None)]
    pending = state.approval
    settled = approving.settle(state, person)
    asked = commands.read_command(pending.command)
    return [*settled, *_decided(approving.without(state), asked, shop, facts, person)]


def _refuse_while_locked(state: Register, facts: Facts) -> None:
    if state.locked_until > facts.at:
        refuse("session.wait", seconds=seconds_between(facts.at, state.locked_until))


def _locked_until(state: Register, facts: Facts) -> str:
    """When the next PIN may be tried: at once for the first tries, then ever later."""
    tries = len(state.wrong_pin_numbers) + 1
    if tries < FREE_TRIES:
        return ""
    wait = min(5 * 2 ** (tries - FREE_TRIES), 300)
    until = datetime.fromisoformat(facts.at) + timedelta(seconds=wait)
    return until.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds_between(earlier: str, later: str) -> int:
    """Whole seconds, rounded up, between two ISO times; never below zero."""
    span = datetime.fromisoformat(later) - datetime.fromisoformat(earlier)
    return max(0, -int(-span.total_seconds() // 1))


def _sign_off(
    state: Register, command: commands.SignOff, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    if state.has_basket or state.exchange:
        refuse("session.basket_open")
    return [SignedOff()]


def _open_day(
    state: Register, command: commands.OpenDay, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    if state.day:
        refuse("day.already_open", day=state.day)
    if not 0 <= command.opening_cash_minor < MOST_MONEY_MINOR:
        refuse("amount.out_of_range")
    if facts.at < shop.last_at():
        refuse("day.clock_backwards", at=shop.last_at()[:16].replace("T", " "))
    return [DayOpened(facts.today, command.opening_cash_minor)]


def _close_day(
    state: Register, command: commands.CloseDay, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    if state.has_basket or state.exchange:
        refuse("day.basket_open")
    if state.cards:
        undecided = sum(card.amount_minor for card in state.cards)
        refuse("day.cards_open", count=len(state.cards), amount_minor=undecided)
    known = {tender.tender_id for tender in shop.tenders}
    for tender_id, amount in command.counted:
        if tender_id not in known:
            refuse("tender.unknown", tender=tender_id)
        if not -MOST_MONEY_MINOR < amount < MOST_MONEY_MINOR:
            refuse("amount.out_of_range")
    if not approving.anyone(state, approver, lambda limits: limits.may_close_day):
        return approving.ask(command, "close_day")
    by = approver.number if approver else ""
    if shop.has_card_terminal:
        return [DayCloseAsked(command.counted, by)]
    return [DayClosed(command.counted, state.next_z_number, by)]


def _open_drawer(
    state: Register,
    command: commands.OpenDrawer,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    if not command.reason.strip():
        refuse("reason.needed")
    allowed = approving.anyone(state, approver, lambda limits: limits.may_open_drawer)
    if not allowed:
        return approving.ask(command, "drawer")
    return [DrawerOpened(command.reason, approver.number if approver else "")]


def _x_report(
    state: Register,
    command: commands.PrintXReport,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    return [XReportMade()]


def _copy_receipt(
    state: Register,
    command: commands.CopyReceipt,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    number = command.receipt_number or (state.last.receipt_number if state.last else "")
    if not number:
        refuse("receipt.which")
    receipt = shop.receipt(number)
    if receipt is None:
        refuse("receipt.unknown", number=number)
    if shop.is_copied(receipt.receipt_id):
        refuse("receipt.copied_already", number=receipt.receipt_number)
    problem = shop.fiscal_problem()
    if problem:
        refuse(problem)
    return [ReceiptCopied(receipt.receipt_id, receipt.receipt_number)]


def _settle_print(command: commands.SettlePrint, shop: Shop) -> list[Event]:
    """Answered once, by somebody who can be asked about it later; even in the middle of a sale."""
    asked = shop.print_question()
    if asked is None or asked.job_id != command.job_id:
        refuse("print.no_question")
    outcome = asked.outcome(came_out=command.came_out)
    return [
        PrintSettled(
            asked.job_id,
            command.came_out,
            outcome,
            asked.kind,
            asked.receipt_number,
            asked.attempt,
        )
    ]


def _check_price(
    state: Register,
    command: commands.CheckPrice,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    item = selling.item_of(command.code, "", shop)
    check = PriceCheck(item.sku, item.name, item.gtin, item.price_minor, item.is_weighed)
    return [PriceChecked(check)]


def _clear(
    state: Register, command: commands.Clear, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    return [Cleared()] if state.price_check or state.last else []


_WITHOUT_DAY = (
    commands.OpenDay,
    commands.SignOff,
    commands.Clear,
    commands.CheckPrice,
    commands.PrintXReport,
    commands.CopyReceipt,
    commands.StartGoods,
    commands.AddGoods,
    commands.SetGoods,
    commands.FinishGoods,
    commands.DropGoods,
    desk_commands.CancelOrder,
    desk_commands.MoveOrder,
    desk_commands.ChangeOrderLine,
    desk_commands.WaitForOrder,
    desk_commands.SubstituteOrderLine,
    commands.SeeTask,
    commands.AcceptTask,
    commands.RejectTask,
    commands.PickGoods,
    commands.MissGoods,
    commands.PackTask,
    commands.HandOverTask,
    commands.HandOverParcel,
    commands.PutOnShelf,
    commands.HandOut,
    commands.NoShowTask,
    commands.EndTask,
    commands.PrintTask,
)

_WITH_CARD = (commands.AbortCard, commands.ConfirmSignature, commands.SetCardAside)
"""All that may be wished while a card payment is under way; scans are refused meanwhile."""

Decision = Callable[[Register, Any, Shop, Facts, Operator | None], list[Event]]

_DECISIONS: dict[type[Any], Decision] = {
    commands.SignOff: _sign_off,
    commands.OpenDay: _open_day,
    commands.CloseDay: _close_day,
    commands.OpenDrawer: _open_drawer,
    commands.Loan: cash_moves.lend,
    commands.Pickup: cash_moves.pick_up,
    commands.PrintXReport: _x_report,
    commands.CopyReceipt: _copy_receipt,
    commands.CheckPrice: _check_price,
    commands.Clear: _clear,
    commands.WeighAgain: weighing.nothing_to_weigh,
    commands.CancelWeighing: weighing.nothing_to_weigh,
    commands.EnterWeight: weighing.nothing_to_weigh,
    commands.Weighed: weighing.nothing_to_weigh,
    commands.WeighingFailed: weighing.nothing_to_weigh,
    commands.ScanCode: selling.scan,
    commands.EnterCode: selling.enter,
    commands.AddItem: selling.add_item,
    order_commands.OrderItem: ordering.order_item,
    order_commands.GiveAddress: ordering.give_address,
    commands.SetQuantity: pricing.set_quantity,
    commands.OverridePrice: pricing.override_price,
    commands.DiscountLine: pricing.discount_line,
    commands.AttachCustomer: customers.attach,
    commands.DetachCustomer: customers.detach,
    commands.CreateCustomer: customers.create,
    commands.VoidLine: selling.void_line,
    commands.UndoLast: selling.undo_last,
    commands.VoidBasket: selling.void_basket,
    commands.Suspend: selling.suspend,
    commands.Resume: selling.resume,
    commands.Pay: tendering.pay,
    commands.RemovePayment: tendering.remove_payment,
    commands.RetryCompletion: tendering.nothing_to_complete,
    commands.AbandonCompletion: tendering.nothing_to_complete,
    commands.ReturnLine: returning.return_line,
    commands.AbortCard: card_paying.abort,
    commands.ConfirmSignature: card_paying.confirm_signature,
    commands.SetCardAside: card_paying.set_aside,
    commands.FetchCardSale: card_paying.fetch_sale,
    commands.SettleCard: card_paying.settle,
    desk_commands.CancelOrder: desk.cancel,
    desk_commands.MoveOrder: desk.move,
    desk_commands.ChangeOrderLine: desk.change_line,
    desk_commands.WaitForOrder: desk.wait,
    desk_commands.SubstituteOrderLine: desk.substitute,
    desk_commands.PayOutRefund: desk.pay_out,
    desk_commands.PayRest: desk.pay_rest,
    commands.StartExchange: exchange.start,
    commands.DropExchange: exchange.drop,
    commands.StartGoods: goods.start,
    commands.AddGoods: goods.add,
    commands.SetGoods: goods.set_line,
    commands.FinishGoods: goods.finish,
    commands.DropGoods: goods.drop,
    commands.SeeTask: fulfilling.see,
    commands.AcceptTask: fulfilling.accept,
    commands.RejectTask: fulfilling.reject,
    commands.PickGoods: fulfilling.pick,
    commands.MissGoods: fulfilling.miss,
    commands.PackTask: fulfilling.pack,
    commands.HandOverTask: fulfilling.hand_over,
    commands.HandOverParcel: fulfilling.hand_over_parcel,
    commands.PutOnShelf: fulfilling.make_ready,
    commands.HandOut: fulfilling.hand_out,
    commands.NoShowTask: fulfilling.no_show,
    commands.EndTask: fulfilling.end,
    commands.PrintTask: fulfilling.print_list,
}
