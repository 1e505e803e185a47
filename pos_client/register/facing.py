"""What the customer reads: a View as two rows of a line display.

Pure. Both rows are true at every moment of a sale: what was just rung up, and what it
all comes to; a customer who looks up late has missed nothing. An amount is never cut;
the name before it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_client.register.view import LastReceipt, LineView, Mode, View

if TYPE_CHECKING:
    from pos_client.texts import Words

# A card payment in one of these is in the customer's hands.
_AT_THE_TERMINAL = ("sent", "in_progress", "signing")


def customer_rows(view: View, words: Words, columns: int = 20) -> tuple[str, str]:
    """Top and bottom, each at most `columns` letters; any View has its two rows."""
    if view.mode is Mode.FAULT or (view.mode is Mode.SIGNED_OFF and view.lines):
        return centred(words.say("facing.moment"), columns), ""
    if view.mode in (Mode.SIGNED_OFF, Mode.DAY_CLOSED):
        return closed_rows(words, columns)
    if view.lines:
        return _selling(view, words, columns)
    if view.last_receipt is not None:
        return _done(view.last_receipt, words, columns)
    return centred(view.setup.store_name, columns), centred(words.say("facing.greeting"), columns)


def closed_rows(words: Words, columns: int = 20) -> tuple[str, str]:
    """The till is not open: also what stays on the display when the register ends."""
    return centred(words.say("facing.closed"), columns), ""


def centred(text: str, columns: int) -> str:
    return text[:columns].center(columns).rstrip()


def pair(left: str, right: str, columns: int) -> str:
    """`right` whole at the right edge, as much of `left` before it as there is room for."""
    room = columns - len(right) - 1
    if room < 1:
        return right[-columns:].rjust(columns)
    return f"{left[:room].ljust(room)} {right}"


def _selling(view: View, words: Words, columns: int) -> tuple[str, str]:
    total = words.money(abs(view.total_minor))
    if view.payments or view.card is not None or view.mode is Mode.COMPLETING:
        return _paying(view, words, columns)
    name = "facing.back" if view.total_minor < 0 else "facing.sum"
    return _item(_newest(view), words, columns), pair(words.say(name), total, columns)


def _paying(view: View, words: Words, columns: int) -> tuple[str, str]:
    is_back = view.total_minor < 0
    to_pay = words.say("facing.back" if is_back else "facing.to_pay")
    top = pair(to_pay, words.money(abs(view.total_minor)), columns)
    if view.card is not None and view.card.state in _AT_THE_TERMINAL:
        return top, words.say("facing.card")[:columns]
    if not view.payments:
        return top, ""
    return top, pair(words.say("facing.left"), words.money(abs(view.due_minor)), columns)


def _newest(view: View) -> LineView:
    """The line that was touched last; a voided one only where nothing else is left."""
    return next((line for line in view.lines if line.line == view.last_line), view.lines[-1])


def _item(line: LineView, words: Words, columns: int) -> str:
    name = line.name if line.quantity == 1 else f"{line.quantity} x {line.name}"
    if line.weight_grams:
        name = f"{words.kilograms(line.weight_grams)}kg {line.name}"
    if line.is_voided:
        return pair(words.say("facing.removed"), words.money(line.total_minor), columns)
    return pair(name, words.money(line.total_minor), columns)


def _done(receipt: LastReceipt, words: Words, columns: int) -> tuple[str, str]:
    thanks = centred(words.say("facing.thanks"), columns)
    if receipt.is_return:
        paid = abs(receipt.total_minor + receipt.rounding_minor)
        return pair(words.say("facing.back"), words.money(paid), columns), thanks
    if receipt.change_minor:
        change = words.money(receipt.change_minor)
        return pair(words.say("facing.change"), change, columns), thanks
    paid = receipt.total_minor + receipt.rounding_minor
    return pair(words.say("facing.paid"), words.money(paid), columns), thanks
