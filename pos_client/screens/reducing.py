"""A discount or a new price on one line: what kind, how much, and why.

Pure. Limits are the core's: it asks for a second person by itself. The line is
kept by its number from the first key on.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.register.commands import DiscountLine, OverridePrice
from pos_client.register.view import LineView
from pos_client.screens.dialogs import Asked, Choice, numbered
from pos_client.screens.entry import amount_minor, basis_points
from pos_client.screens.reasons import choose_reason
from pos_client.screens.till import Till

_Take = Callable[[Till, LineView, str], str]


def choose_reduction(till: Till, line: LineView) -> None:
    """F8 alone: 1 per cent, 2 amount, 3 new price, 4 take the discount away."""
    say = till.say
    options = [
        (say("discount.percent"), lambda: _ask(till, line, "percent", percent_off)),
        (say("discount.amount"), lambda: _ask(till, line, "amount", _amount_off)),
        (say("discount.price"), lambda: _ask(till, line, "price", _new_price)),
    ]
    if line.saved_minor:
        options.append((say("discount.none"), lambda: till.do(DiscountLine(line.line, ""))))
    till.choose(Choice(say("discount.title"), numbered(options), (_fact(till, line),)))


def _fact(till: Till, line: LineView) -> str:
    return f"{line.name}  {line.quantity} × {till.money(line.unit_price_minor)}"


def _ask(till: Till, line: LineView, kind: str, take: _Take) -> None:
    till.ask_value(
        Asked(
            title=till.say("discount.title"),
            prompt=till.say(f"discount.{kind}"),
            hint=till.say("hint.enter"),
            take=lambda text: take(till, line, text),
            facts=(_fact(till, line),),
        )
    )


def percent_off(till: Till, line: LineView, text: str) -> str:
    """Ask the reason for this percentage off; a text key when it is none."""
    points = basis_points(text.rstrip(" %"))
    if not points:
        return "discount.not_percent"
    choose_reason(
        till,
        till.view.setup.discount_reasons,
        lambda reason: till.do(DiscountLine(line.line, reason, basis_points=points)),
    )
    return ""


def _amount_off(till: Till, line: LineView, text: str) -> str:
    amount = amount_minor(text.removesuffix("kr"))
    if not amount:
        return "amount.unreadable"
    choose_reason(
        till,
        till.view.setup.discount_reasons,
        lambda reason: till.do(DiscountLine(line.line, reason, amount_minor=amount)),
    )
    return ""


def _new_price(till: Till, line: LineView, text: str) -> str:
    price = amount_minor(text.removesuffix("kr"))
    if price is None:
        return "amount.unreadable"
    choose_reason(
        till,
        till.view.setup.price_reasons,
        lambda reason: till.do(OverridePrice(line.line, price, reason)),
    )
    return ""
