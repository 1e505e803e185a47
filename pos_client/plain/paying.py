"""The verbs of payment: with what, how much, and what became of a card.

Pure. The thing to get wrong: guessing an amount. None typed is exactly what is due, and only
the register knows how much that is.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.plain.amounts import BadLine, is_money, read_count, read_money
from pos_client.plain.arguments import Context, Typed, one, reason_of, tender_of
from pos_client.plain.verbs import NO, PAID, UNPAID, YES
from pos_client.plain.wishes import Wish
from pos_client.register import commands as ask


def pay(rest: Typed, context: Context) -> Wish:
    """TENDER [AMOUNT] [REFERENCE]."""
    tender = tender_of(one(rest, "pay"), context.view)
    if tender is None:
        names = ", ".join(each.tender_id for each in context.view.tenders)
        raise BadLine("tender", text=rest[0][:40], tenders=names)
    after = rest[1:]
    amount = None
    if after and is_money(after[0]):
        amount, after = read_money(after[0]), after[1:]
    return ask.Pay(tender.tender_id, amount, " ".join(after))


def pay_with(kind: str) -> Callable[[Typed, Context], Wish]:
    return lambda rest, context: pay([kind, *rest], context)


def unpay(rest: Typed, context: Context) -> Wish:
    at = read_count(rest[0]) if rest else len(context.view.payments)
    return ask.RemovePayment(at - 1)


def signed(rest: Typed, context: Context) -> Wish:
    """yes|no."""
    answer = one(rest, "signed").casefold()
    if answer not in YES | NO:
        raise BadLine("usage", verb="signed")
    return ask.ConfirmSignature(answer in YES)


def _aside_card(rest: Typed, context: Context) -> str:
    """The payment's id of number N in the list of those set aside; the first without one."""
    at = read_count(rest[0]) if rest else 1
    if at > len(context.view.cards):
        raise BadLine("no_card")
    return context.view.cards[at - 1].payment_id


def finish(rest: Typed, context: Context) -> Wish:
    return ask.FetchCardSale(_aside_card(rest, context))


def settle(rest: Typed, context: Context) -> Wish:
    """N paid|unpaid REASON."""
    number = one(rest, "settle")
    word = rest[1].casefold() if len(rest) > 1 else ""
    if word not in PAID | UNPAID:
        raise BadLine("usage", verb="settle")
    payment_id = _aside_card([number], context)
    reason = reason_of(rest[2:], context.view.setup.card_reasons)
    return ask.SettleCard(payment_id, word in PAID, reason)
