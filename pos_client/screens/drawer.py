"""The drawer without a sale: opened for a reason, change put in, cash taken out.

No Textual. Amount first, then why, by digit; the digit does it. The thing to get wrong: letting
"another reason" stand alone where money moves. It is typed out, and stands on the slip.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.register.commands import Loan, OpenDrawer, Pickup
from pos_client.screens.dialogs import Asked
from pos_client.screens.entry import amount_minor
from pos_client.screens.reasons import choose_reason
from pos_client.screens.till import Till

_OTHER = "other"
Move = type[Loan] | type[Pickup]


def open_drawer(till: Till) -> None:
    """Why it is opened; behind the reasons what moves money, once a day is open."""
    further: list[tuple[str, Callable[[], None]]] = []
    if till.view.business_day:
        further = [
            (till.say("cash.loan"), lambda: _ask_amount(till, Loan)),
            (till.say("cash.pickup"), lambda: _ask_amount(till, Pickup)),
        ]
    reasons = till.view.setup.drawer_reasons
    choose_reason(till, reasons, lambda reason: till.do(OpenDrawer(reason)), further=further)


def _ask_amount(till: Till, move: Move) -> None:
    def take(text: str) -> str:
        amount = amount_minor(text)
        if not amount:
            return "amount.unreadable"
        _ask_why(till, move, amount)
        return ""

    explain = till.say("cash.count_in" if move is Loan else "cash.count_out")
    prompt, hint = till.say("cash.amount"), till.say("hint.enter")
    till.ask_value(Asked(_title(till, move), prompt, hint, take, (explain,)))


def _ask_why(till: Till, move: Move, amount: int) -> None:
    def because(reason: str) -> None:
        if reason == _OTHER:
            _ask_words(till, move, amount)
        else:
            till.do(move(amount, reason))

    setup = till.view.setup
    reasons = setup.loan_reasons if move is Loan else setup.pickup_reasons
    choose_reason(till, reasons, because, facts=(_fact(till, move, amount),))


def _ask_words(till: Till, move: Move, amount: int) -> None:
    def take(text: str) -> str:
        till.do(move(amount, text))
        return ""

    prompt, hint = till.say("reason_title"), till.say("hint.enter")
    till.ask_value(Asked(_title(till, move), prompt, hint, take, (_fact(till, move, amount),)))


def _title(till: Till, move: Move) -> str:
    return till.say("cash.loan" if move is Loan else "cash.pickup")


def _fact(till: Till, move: Move, amount: int) -> str:
    return f"{_title(till, move)}: {till.money(amount)}"
