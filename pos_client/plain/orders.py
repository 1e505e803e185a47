"""The verbs of the order desk, and its answers as rows. ORDER is an order's number.

Pure. The thing to get wrong: acting on an order that was not looked up. The register knows
only those that `orders` has found.
"""

from __future__ import annotations

from central_sync.retail.plain import to_plain
from pos_client.plain.amounts import BadLine, read_count
from pos_client.plain.arguments import Context, Typed, one, reason_of, some
from pos_client.plain.ordered import address_of
from pos_client.plain.replies import Reply
from pos_client.plain.speech import Speech
from pos_client.plain.verdict import Verdict
from pos_client.plain.wishes import Wish
from pos_client.register.desk_commands import (
    CancelOrder,
    ChangeOrderLine,
    MoveOrder,
    PayOutRefund,
    SubstituteOrderLine,
    WaitForOrder,
)
from pos_client.register.desk_orders import DeskLine, DeskOrder
from pos_client.register.queries import ClaimRefund, FindOrders, FoundOrders, RefundAnswer

_HOME = frozenset(("ship", "home", "hem", "skicka"))
_COLLECT = frozenset(("collect", "store", "hämtas", "avhämtas"))


def find(rest: Typed, context: Context) -> Wish:
    return FindOrders(" ".join(some(rest, "orders")))


def cancel(rest: Typed, context: Context) -> Wish:
    """ORDER LINE COUNT REASON, or ORDER all REASON."""
    number, which = one(rest, "cancelorder"), one(rest[1:], "cancelorder")
    if not which.isdigit():
        return CancelOrder(number, _reason(rest[2:]))
    pieces = ((read_count(which), read_count(one(rest[2:], "cancelorder"))),)
    return CancelOrder(number, _reason(rest[3:]), pieces)


def move(rest: Typed, context: Context) -> Wish:
    """ORDER NAME; PHONE; E-MAIL; STREET; POSTCODE; TOWN."""
    number = one(rest, "moveorder")
    return MoveOrder(number, **address_of(rest[1:], "moveorder"))


def change_way(rest: Typed, context: Context) -> Wish:
    """ORDER LINE ship, or ORDER LINE collect [STORE]; this store when none is named."""
    number, line = one(rest, "wayorder"), read_count(one(rest[1:], "wayorder"))
    way = one(rest[2:], "wayorder").casefold()
    if way in _HOME:
        return ChangeOrderLine(number, line, "ship")
    if way not in _COLLECT:
        raise BadLine("usage", verb="wayorder")
    store = rest[3] if len(rest) > 3 else context.view.setup.store_id
    return ChangeOrderLine(number, line, "collect", store)


def wait(rest: Typed, context: Context) -> Wish:
    """ORDER LINE [DAYS]."""
    number, line = one(rest, "waitorder"), read_count(one(rest[1:], "waitorder"))
    return (
        WaitForOrder(number, line, read_count(rest[2])) if rest[2:] else WaitForOrder(number, line)
    )


def instead(rest: Typed, context: Context) -> Wish:
    """ORDER LINE CODE."""
    number, line = one(rest, "instead"), read_count(one(rest[1:], "instead"))
    return SubstituteOrderLine(number, line, one(rest[2:], "instead"))


def claim(rest: Typed, context: Context) -> Wish:
    return ClaimRefund(one(rest, "claim"), one(rest[1:], "claim"))


def refund(rest: Typed, context: Context) -> Wish:
    return PayOutRefund(one(rest, "refund"))


def orders_reply(found: FoundOrders, speech: Speech) -> Reply:
    rows = tuple(row for order in found.orders for row in _order(order, speech))
    key = "orders_live" if found.is_live else "orders_last_known"
    said = speech.say(key, count=len(found.orders))
    verdict = Verdict.OK if found.orders else Verdict.NO
    return Reply(verdict, said, rows, to_plain(found))


def claim_reply(answer: RefundAnswer, speech: Speech) -> Reply:
    verdict = Verdict.NO if answer.problem else Verdict.OK
    key = f"claim_{answer.problem or 'granted'}"
    return Reply(verdict, speech.say(key, refund=answer.refund_key), (), to_plain(answer))


def _order(order: DeskOrder, speech: Speech) -> tuple[str, ...]:
    waits = speech.say("orders_unconfirmed") if order.unconfirmed else ""
    who = order.who[0] if order.who else ""
    store = order.store or speech.words.say("screen.orders.web")
    head = speech.say("orders_row", number=order.number, store=store, who=who)
    due = tuple(
        speech.say("orders_due", amount_minor=each.amount_minor, refund=each.refund_key)
        for each in order.refunds
        if not each.is_paid
    )
    return (f"{head} {waits}".rstrip(), *(_line(line, speech) for line in order.lines), *due)


def _line(line: DeskLine, speech: Speech) -> str:
    state = speech.words.say(f"screen.customers.piece.{line.state}")
    if line.is_carried:
        state = f"{speech.words.say(f'screen.orders.mode.{line.mode}')}: {state}"
    values = {"line": line.line, "count": line.of, "name": line.name, "loose": line.loose}
    return speech.say("orders_line", state=state, **values)


def _reason(rest: Typed) -> str:
    return reason_of(rest, ("customer", "takes_too_long", "our_mistake"))
