"""The order desk: cancel, another address, another way, a longer wait, money back, the rest paid.

Pure. What was agreed with the customer is said to central by the journal, also without a
network; the till refuses what is packed already as far as it knows. The thing to get wrong:
paying a refund without central's word, since another store may be paying it just now.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from central_sync.retail.basket import BasketLine, ReturnOf
from central_sync.retail.item import ItemKind
from central_sync.retail.operator import Operator
from central_sync.retail.orders import Address, Mode
from central_sync.retail.orders import commands as order_commands
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.plain import tagged
from pos_client.register import approving, desk_commands, selling
from pos_client.register.desk_orders import DeskLine, DeskOrder, task_id_of
from pos_client.register.events import Event, LineAdded, TaskActed
from pos_client.register.ordering import answer_by
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register
from pos_client.register.tasks import READY, TaskAct, TaskLine

MOST_DAYS = 60


def cancel(
    state: Register,
    command: desk_commands.CancelOrder,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """What is asked by name is refused when it is packed; of a whole order, what still can be."""
    order = _order(command.order_id, shop)
    if not command.reason.strip():
        refuse("reason.needed")
    wanted = command.pieces or tuple((line.line, line.loose) for line in order.lines if line.loose)
    if not wanted:
        refuse("desk.packed_already", number=order.number)
    for number, quantity in wanted:
        line = _line(order, number)
        if not line.is_carried or line.loose < quantity:
            refuse("desk.line_packed", name=line.name, count=line.loose)
        if quantity < 1:
            refuse("desk.how_many", name=line.name)
    reason = command.reason.strip()
    return [
        _said(order, order_commands.CancelPieces(number, quantity, reason), "cancelled", reason)
        for number, quantity in wanted
    ]


def move(
    state: Register,
    command: desk_commands.MoveOrder,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    order = _order(command.order_id, shop)
    if not shop.can_seal:
        refuse("customer.keys_away")
    if not command.name.strip():
        refuse("order.no_name")
    if not (command.phone.strip() or command.email.strip()):
        refuse("order.no_contact")
    postcode = "".join(command.postcode.split())
    if not (command.street.strip() and command.town.strip()):
        refuse("order.no_street")
    if not (postcode.isdigit() and len(postcode) == 5):
        refuse("order.postcode")
    if order.has_packed_parcel_to_ship:
        refuse("desk.packed_already", number=order.number)
    address = Address(address_id=facts.new_id, postcode=postcode)
    return [_said(order, order_commands.ChangeAddress(address), "moved", "customer")]


def change_line(
    state: Register,
    command: desk_commands.ChangeOrderLine,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """Home instead of a store, or a store instead of home; the whole of what is left of a line."""
    order = _order(command.order_id, shop)
    line = _line(order, command.line)
    if command.mode not in (Mode.SHIP, Mode.COLLECT):
        refuse("order.ship_or_collect")
    mode = Mode(command.mode)
    if mode is Mode.COLLECT and not command.collect_store_id:
        refuse("order.collect_where")
    if mode is Mode.SHIP and not order.has_address:
        refuse("order.no_address")
    if not line.is_carried or line.loose < line.of - line.given_back or not line.loose:
        refuse("desk.line_packed", name=line.name, count=line.loose)
    to_store = command.collect_store_id if mode is Mode.COLLECT else ""
    changed = order_commands.ChangeLine(line.line, mode, to_store)
    return [_said(order, changed, "changed", "customer")]


def wait(
    state: Register,
    command: desk_commands.WaitForOrder,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    order = _order(command.order_id, shop)
    line = _line(order, command.line)
    if line.promise != "intent" or not line.loose:
        refuse("desk.no_wish", name=line.name)
    if not 1 <= command.days <= MOST_DAYS:
        refuse("amount.out_of_range")
    until = datetime.fromisoformat(facts.at) + timedelta(days=command.days)
    by = until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [_said(order, order_commands.PutOffAnswer(line.line, by), "waits", "customer")]


def substitute(
    state: Register,
    command: desk_commands.SubstituteOrderLine,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """Another item at its price of today, paid with what was paid for the line."""
    order = _order(command.order_id, shop)
    line = _line(order, command.line)
    if not line.is_carried or not line.loose:
        refuse("desk.line_packed", name=line.name, count=line.loose)
    item = selling.item_of(command.code, "", shop)
    if item.sku == line.sku:
        refuse("desk.same_item", name=line.name)
    if any(each.instead_of == line.line for each in order.lines):
        refuse("desk.replaced_already", name=line.name)
    other = selling.line_for_later(state, item, line.loose, shop)
    if other.gross_minor > line.loose_minor:
        refuse("desk.dearer", name=item.name, price_minor=other.unit_price_minor)
    price, rate = other.unit_price_minor, other.tax_rate_basis_points
    until = answer_by(facts.at)
    asked = order_commands.SubstituteLine(line.line, item.sku, item.name, price, rate, until)
    return [_said(order, asked, "replaced", "customer")]


def pay_out(
    state: Register,
    command: desk_commands.PayOutRefund,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """A return line of money alone: the goods never left, or came back already."""
    right = shop.refund_right(command.refund_key)
    if right is None or right.until <= facts.at:
        refuse("desk.not_confirmed")
    if shop.is_refunded(right.refund_key) or _has(state, right.refund_key):
        refuse("desk.refunded_already")
    if state.basket.payments:
        refuse("basket.payment_begun")
    if state.exchange:
        refuse("exchange.sells_now")
    if state.has_basket and not state.basket.is_return:
        refuse("return.basket_sells")
    amount = -state.basket.total_minor + right.amount_minor
    if not approving.anyone(state, approver, lambda limits: amount <= limits.refund_minor):
        assert state.operator is not None
        limit = state.operator.limits.refund_minor
        return approving.ask(
            command, "refund", line_name=right.name, to_minor=amount, limit_minor=limit
        )
    owed = ReturnOf(
        right.receipt_id or right.order_id,
        right.number,
        right.line,
        right.amount_minor,
        right.vat_minor,
        right.reason or "customer",
        right.refund_key,
        right.shares,
    )
    line = BasketLine(
        line=state.next_line,
        sku=right.sku,
        name=right.name,
        gtin="",
        kind=ItemKind.GOODS,
        quantity=right.quantity,
        list_price_minor=right.amount_minor // right.quantity,
        unit_price_minor=right.amount_minor // right.quantity,
        tax_rate_basis_points=right.tax_rate_basis_points,
        returned=owed,
    )
    return [LineAdded(state.basket.basket_id or facts.new_id, line)]


def pay_rest(
    state: Register,
    command: desk_commands.PayRest,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """What the lines of a parcel still cost, at the order's own prices."""
    task = shop.task(command.task_id)
    if task is None or task.kind != "collect" or task.state != READY:
        refuse("task.gone", beeps=1)
    if state.basket.payments:
        refuse("basket.payment_begun")
    if state.has_basket:
        refuse("desk.basket_open")
    events: list[Event] = []
    for due in task.lines:
        if due.unpaid_minor:
            line = _rest_line(state, due, task.order_id, state.next_line + len(events), shop)
            events.append(LineAdded(facts.new_id, line))
    if not events:
        refuse("desk.nothing_due", number=task.number)
    return events


def _rest_line(
    state: Register, due: TaskLine, order_id: str, number: int, shop: Shop
) -> BasketLine:
    line = selling.line_of(state, due.sku, 1, shop)
    pieces = due.quantity - due.collected
    count = pieces if pieces and not due.unpaid_minor % pieces else 1
    price = due.unpaid_minor // count
    return replace(
        line,
        line=number,
        quantity=count,
        list_price_minor=price,
        unit_price_minor=price,
        pays_order=order_id,
        pays_line=due.line,
    )


def refund_order(state: Register, tender_id: str) -> tuple[int, str]:
    """(what this tender is to give back by the orders' own shares, another tender that is to
    be paid back first); (0, "") where nothing says so."""
    owed: dict[str, int] = {}
    for line in state.basket.live:
        for tender, minor in line.returned.shares if line.returned else ():
            owed[tender] = owed.get(tender, 0) + minor
    for payment in state.basket.payments:
        owed[payment.tender_id] = owed.get(payment.tender_id, 0) + payment.amount_minor
    other = next((each for each, minor in owed.items() if minor > 0 and each != tender_id), "")
    return max(0, owed.get(tender_id, 0)), other


def _has(state: Register, refund_key: str) -> bool:
    return any(
        line.returned and line.returned.refund_key == refund_key for line in state.basket.live
    )


def _order(order_id: str, shop: Shop) -> DeskOrder:
    order = shop.order(order_id)
    if order is None:
        refuse("desk.find_again")
    return order


def _line(order: DeskOrder, number: int) -> DeskLine:
    line = order.line(number)
    if line is None:
        refuse("line.none")
    return line


def _said(order: DeskOrder, command: OrderCommand, what: str, reason: str) -> TaskActed:
    """The version is what central's answer is known by: it grows when it was heard."""
    task_id = task_id_of(order.order_id)
    act = TaskAct(task_id, order.version, order.order_id, tagged(command), what, reason)
    line = getattr(command, "line", 0)
    found = order.line(line) if line else None
    return TaskActed(act, order.number, found.name if found else "")
