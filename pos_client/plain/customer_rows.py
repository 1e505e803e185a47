"""Customers as rows: who was found, and one with orders and purchases.

Pure. Every answer says where it comes from: central, or this store and how old that is.
"""

from __future__ import annotations

from central_sync.retail.plain import to_plain
from pos_client.plain.replies import Reply
from pos_client.plain.speech import Speech
from pos_client.plain.verdict import Verdict
from pos_client.register.queries import (
    CustomerFile,
    CustomersOrderView,
    FoundCustomer,
    FoundCustomers,
    PurchaseView,
)


def found_reply(found: FoundCustomers, speech: Speech) -> Reply:
    """Numbered as `customer` and `attach` want it."""
    rows = tuple(_numbered(at, each, speech) for at, each in enumerate(found.customers, start=1))
    source = _source(found, speech)
    if not rows:
        return Reply(Verdict.NO, f"{speech.say('customers.none')} {source}", (), to_plain(found))
    key = "customers.found_more" if found.is_more else "customers.found"
    said = f"{speech.say(key, count=len(rows))} {source}"
    return Reply(Verdict.OK, said, rows, to_plain(found))


def likely_reply(found: FoundCustomers, speech: Speech) -> Reply:
    """Nobody was made: these have the same phone, e-mail or member number."""
    rows = tuple(_numbered(at, each, speech) for at, each in enumerate(found.customers, start=1))
    return Reply(Verdict.NO, speech.say("customers.likely"), rows, to_plain(found))


def file_reply(file: CustomerFile, speech: Speech) -> Reply:
    rows = (
        *(row for order in file.orders for row in _order(order, speech)),
        *(_purchase(each, speech) for each in file.purchases),
        *(speech.say("customers.same", who=_who(each, speech)) for each in file.likely),
    )
    said = f"{_who(file.customer, speech)}. {_source(file, speech)}"
    return Reply(Verdict.OK, said, tuple(rows), to_plain(file))


def _numbered(at: int, who: FoundCustomer, speech: Speech) -> str:
    return f"{at}: {_who(who, speech)}"


def _who(who: FoundCustomer, speech: Speech) -> str:
    member = ""
    if who.member_number:
        member = speech.words.say("screen.customers.member", number=who.member_number)
    return ", ".join(filter(None, (who.name, who.phone, who.email, who.town, member)))


def _order(order: CustomersOrderView, speech: Speech) -> list[str]:
    state = speech.words.say(f"screen.customers.order.{order.state}")
    told = speech.say(
        "customers.order",
        number=order.number,
        day=order.placed_at[:10],
        state=state.lower(),
        store=order.store,
        total_minor=order.total_minor,
    )
    lines = [
        speech.say(
            "customers.line",
            quantity=line.quantity,
            name=line.name,
            state=speech.words.say(f"screen.customers.piece.{line.state}"),
        )
        for line in order.lines
    ]
    return [told, *lines]


def _purchase(bought: PurchaseView, speech: Speech) -> str:
    return speech.say(
        "customers.purchase",
        number=bought.receipt_number,
        day=bought.at[:10],
        store=bought.store,
        total_minor=bought.total_minor,
    )


def _source(told: FoundCustomers | CustomerFile, speech: Speech) -> str:
    if told.is_live:
        return speech.say("customers.live")
    if told.age_seconds is None:
        return speech.say("customers.not_told")
    return speech.say("customers.last_known", minutes=told.age_seconds // 60)
