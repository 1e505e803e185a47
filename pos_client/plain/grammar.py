"""A typed line -> what it wishes for. The grammar of docs/plain.md, and nothing else.

Pure. What is no verb is a code to sell, so a keyboard-wedge scanner works at the
prompt. The thing to get wrong: looking into the catalogue or computing money
here; the line only fills in what the View already says (the last line, the
parked baskets, the tenders).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pos_client.plain import customers, goods, ordered, orders, paying, tasks
from pos_client.plain.amounts import BadLine, read_count, read_money, read_rate
from pos_client.plain.arguments import (
    Context,
    Typed,
    last_reason,
    line_then,
    one,
    reason_of,
    some,
    tender_of,
)
from pos_client.plain.tending import devices_wish
from pos_client.plain.verbs import NAMES, NO, WHOLE_BASKET, YES
from pos_client.plain.wishes import (
    AskPin,
    Quit,
    ShowCards,
    ShowHelp,
    ShowParked,
    ShowStatus,
    ShowTasks,
    ShowView,
    SpeakLanguage,
    TakeOver,
    Wish,
)
from pos_client.register import commands as ask
from pos_client.register.desk_commands import PayRest
from pos_client.register.queries import FindReceipt, ListReceipts, PreviewReport, PrintLabel, Search
from pos_client.register.stock_queries import AskStock, LookUpModel
from pos_client.texts import LANGUAGES

_SOLD = re.compile(r"(?:(\d{1,6})\s*\*\s*)?([^@]+?)(?:\s*@\s*(\S+))?")
_LOOSE_PERCENT = re.compile(r"(?<=\d)\s+%")


def read_line(line: str, context: Context) -> Wish:
    """What the line wishes for; raises BadLine."""
    tokens = _LOOSE_PERCENT.sub("%", line).split()
    verb = NAMES.get(tokens[0].casefold())
    if verb is not None:
        return _VERBS[verb](tokens[1:], context)
    tender = tender_of(tokens[0], context.view)
    if tender is not None:
        return paying.pay(tokens, context)
    return _sell(tokens, context)


# What is sold.


def _sell(rest: Typed, context: Context) -> Wish:
    """CODE, 3*CODE, or OPEN-25@149,50 for an item without a price of its own."""
    found = _SOLD.fullmatch(" ".join(rest))
    if found is None:
        raise BadLine("code")
    count, code, price = found.groups()
    if len(code.split()) > 1:
        raise BadLine("verb", text=code.split()[0][:40])
    quantity = read_count(count) if count else 1
    if price is not None:
        return ask.AddItem(code, quantity, read_money(price))
    return ask.EnterCode(code, quantity)


def _search(rest: Typed, context: Context) -> Wish:
    return Search(" ".join(some(rest, "search")))


def _pick(rest: Typed, context: Context) -> Wish:
    """N of the last search, with an amount where the item has no price."""
    at = read_count(one(rest, "pick"))
    if at > len(context.found):
        raise BadLine("nothing_found")
    price = read_money(rest[1]) if len(rest) > 1 else 0
    return ask.AddItem(context.found[at - 1], price_minor=price)


def _weigh(rest: Typed, context: Context) -> Wish:
    """Again; with grams and a reason, a person's own weight; with no, leave it."""
    if not rest:
        return ask.WeighAgain()
    if rest[0].casefold() in NO:
        return ask.CancelWeighing()
    grams = read_count(rest[0])
    return ask.EnterWeight(grams, reason_of(rest[1:], context.view.setup.weight_reasons))


def _check(rest: Typed, context: Context) -> Wish:
    return ask.CheckPrice(one(rest, "check"))


# What is changed.


def _qty(rest: Typed, context: Context) -> Wish:
    quantity = read_count(one(rest, "qty"))
    line, _ = line_then(rest[1:], context)
    return ask.SetQuantity(line, quantity)


def _price(rest: Typed, context: Context) -> Wish:
    price = read_money(one(rest, "price"))
    line, reason = line_then(rest[1:], context)
    return ask.OverridePrice(line, price, reason_of(reason, context.view.setup.price_reasons))


def _discount(rest: Typed, context: Context) -> Wish:
    off = one(rest, "discount")
    line, reason = line_then(rest[1:], context)
    basis_points = read_rate(off) if off.endswith("%") else 0
    amount = 0 if basis_points or off.endswith("%") else read_money(off)
    if not (basis_points or amount):
        return ask.DiscountLine(line, " ".join(reason))
    chosen = reason_of(reason, context.view.setup.discount_reasons)
    return ask.DiscountLine(line, chosen, basis_points, amount)


def _void(rest: Typed, context: Context) -> Wish:
    if rest and rest[0].casefold() in WHOLE_BASKET:
        return ask.VoidBasket()
    line, _ = line_then(rest, context)
    return ask.VoidLine(line)


# Parking, paying, returning.


def _fetch(rest: Typed, context: Context) -> Wish:
    at = read_count(rest[0]) if rest else 1
    parked = context.view.suspended
    if at > len(parked):
        raise BadLine("nothing_parked")
    return ask.Resume(parked[at - 1].basket_id)


def _return(rest: Typed, context: Context) -> Wish:
    """RECEIPT shows its lines; RECEIPT LINE [QTY] [REASON] takes back."""
    number = one(rest, "return")
    if len(rest) == 1:
        return FindReceipt(number)
    line, after, quantity = read_count(rest[1]), rest[2:], 1
    if after and after[0].isascii() and after[0].isdigit():
        quantity, after = read_count(after[0]), after[1:]
    known = context.view.setup.return_reasons
    reason = reason_of(after, known) if after else last_reason(known)
    return ask.ReturnLine(number, line, quantity, reason)


def _drawer(rest: Typed, context: Context) -> Wish:
    return ask.OpenDrawer(reason_of(rest, context.view.setup.drawer_reasons))


def _loan(rest: Typed, context: Context) -> Wish:
    amount = read_money(one(rest, "loan"))
    return ask.Loan(amount, reason_of(rest[1:], context.view.setup.loan_reasons))


def _pickup(rest: Typed, context: Context) -> Wish:
    amount = read_money(one(rest, "pickup"))
    return ask.Pickup(amount, reason_of(rest[1:], context.view.setup.pickup_reasons))


# People and the day.


def _on(rest: Typed, context: Context) -> Wish:
    number = one(rest, "on")
    return ask.SignOn(number, rest[1]) if len(rest) > 1 else AskPin("on", number)


def _approve(rest: Typed, context: Context) -> Wish:
    number = one(rest, "approve")
    return ask.Approve(number, rest[1]) if len(rest) > 1 else AskPin("approve", number)


def _open(rest: Typed, context: Context) -> Wish:
    return ask.OpenDay(read_money(one(rest, "open")))


def _z(rest: Typed, context: Context) -> Wish:
    """TENDER=AMOUNT for each counted tender; cash must be counted."""
    counted: dict[str, int] = {}
    for pair in rest:
        name, equals, amount = pair.partition("=")
        tender = tender_of(name, context.view)
        if not equals or tender is None:
            names = ", ".join(each.tender_id for each in context.view.tenders)
            raise BadLine("tender", text=pair[:40], tenders=names)
        counted[tender.tender_id] = read_money(amount)
    for tender in context.view.tenders:
        if tender.kind == "cash" and tender.tender_id not in counted:
            raise BadLine("count_cash", tender=tender.tender_id)
    return ask.CloseDay(tuple(counted.items()))


def _preview(rest: Typed, context: Context) -> Wish:
    kind = one(rest, "preview").casefold()
    if kind not in ("x", "z"):
        raise BadLine("usage", verb="preview")
    return PreviewReport(kind)


# Paper and the prompt itself.


def _copy(rest: Typed, context: Context) -> Wish:
    return ask.CopyReceipt(rest[0] if rest else "")


def _printed(rest: Typed, context: Context) -> Wish:
    """[JOB] yes|no; the job that is asked about when none is given."""
    question = context.view.question
    *job, answer = some(rest, "printed")
    if answer.casefold() not in YES | NO:
        raise BadLine("usage", verb="printed")
    if not job and question is None:
        raise BadLine("no_question")
    number = read_count(job[0]) if job else (question.job_id if question else 0)
    return ask.SettlePrint(number, answer.casefold() in YES)


def _receipt(rest: Typed, context: Context) -> Wish:
    return FindReceipt(one(rest, "receipt"))


def _label(rest: Typed, context: Context) -> Wish:
    """CODE [COUNT]."""
    code = one(rest, "label")
    return PrintLabel(code, read_count(rest[1]) if len(rest) > 1 else 1)


def _lang(rest: Typed, context: Context) -> Wish:
    language = one(rest, "lang").casefold()
    if language not in LANGUAGES:
        raise BadLine("language", text=language[:40])
    return SpeakLanguage(language)


def _help(rest: Typed, context: Context) -> Wish:
    return ShowHelp(NAMES.get(rest[0].casefold(), "") if rest else "")


def _plainly(wish: Wish) -> Callable[[Typed, Context], Wish]:
    return lambda rest, context: wish


_VERBS: dict[str, Callable[[Typed, Context], Wish]] = {
    "on": _on,
    "off": _plainly(ask.SignOff()),
    "open": _open,
    "sell": lambda rest, context: _sell(some(rest, "sell"), context),
    "search": _search,
    "pick": _pick,
    "qty": _qty,
    "price": _price,
    "discount": _discount,
    "void": _void,
    "undo": _plainly(ask.UndoLast()),
    "park": _plainly(ask.Suspend()),
    "parked": _plainly(ShowParked()),
    "fetch": _fetch,
    "check": _check,
    "ship": ordered.ship,
    "collect": ordered.collect,
    "address": ordered.address,
    "stock": lambda rest, context: AskStock((one(rest, "stock"),)),
    "sizes": lambda rest, context: LookUpModel(one(rest, "sizes")),
    "weigh": _weigh,
    "cash": paying.pay_with("cash"),
    "card": paying.pay_with("card"),
    "pay": paying.pay,
    "unpay": paying.unpay,
    "return": _return,
    "drawer": _drawer,
    "loan": _loan,
    "pickup": _pickup,
    "approve": _approve,
    "decline": _plainly(ask.DeclineApproval()),
    "retry": _plainly(ask.RetryCompletion()),
    "abandon": _plainly(ask.AbandonCompletion()),
    "abort": _plainly(ask.AbortCard()),
    "signed": paying.signed,
    "aside": _plainly(ask.SetCardAside()),
    "cards": _plainly(ShowCards()),
    "finish": paying.finish,
    "settle": paying.settle,
    "x": _plainly(ask.PrintXReport()),
    "z": _z,
    "preview": _preview,
    "label": _label,
    "copy": _copy,
    "printed": _printed,
    "receipts": _plainly(ListReceipts()),
    "receipt": _receipt,
    "goods": goods.begin,
    "got": goods.got,
    "counted": goods.counted,
    "done": goods.done,
    "drop": _plainly(ask.DropGoods()),
    "tasks": _plainly(ShowTasks()),
    "task": tasks.show,
    "accept": tasks.simply("accept", ask.AcceptTask),
    "reject": tasks.reject,
    "picked": tasks.picked,
    "missing": tasks.missing,
    "packed": tasks.simply("packed", ask.PackTask),
    "handover": tasks.hand_over,
    "shelve": tasks.shelve,
    "handout": tasks.hand_out,
    "noshow": tasks.simply("noshow", ask.NoShowTask),
    "ended": tasks.simply("ended", ask.EndTask),
    "orders": orders.find,
    "cancelorder": orders.cancel,
    "moveorder": orders.move,
    "wayorder": orders.change_way,
    "waitorder": orders.wait,
    "instead": orders.instead,
    "claim": orders.claim,
    "refund": orders.refund,
    "rest": tasks.simply("rest", PayRest),
    "swap": _plainly(ask.StartExchange()),
    "unswap": _plainly(ask.DropExchange()),
    "customers": customers.find,
    "customer": customers.show,
    "attach": customers.attach,
    "detach": _plainly(ask.DetachCustomer()),
    "newcustomer": customers.make,
    "status": _plainly(ShowStatus()),
    "devices": devices_wish,
    "view": _plainly(ShowView()),
    "clear": _plainly(ask.Clear()),
    "lang": _lang,
    "take": _plainly(TakeOver()),
    "help": _help,
    "quit": _plainly(Quit()),
}
