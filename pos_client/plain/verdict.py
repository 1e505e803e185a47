"""What a line came to: done, refused, or waiting for somebody.

Pure. The thing to get wrong: calling a paid sale refused because its seal is
missing; it is neither done nor refused, it waits.
"""

from __future__ import annotations

from enum import StrEnum

from pos_client.register.view import Level, Message, Mode, View

# What comes by itself and may stand over an answer: of paper, drawer, disk or what central said
# of an earlier line, not of this one; and a warning over what was done all the same.
_NEWS = frozenset(
    (
        "print.many_wait",
        "print.copied_instead",
        "drawer.forced",
        "drawer.left_open",
        "drawer.stuck",
        "drawer.pickup_short",
        "epoch.entered",
        "order.wish",
        "order.short",
        "sale.lent",
        "sale.refunded_short",
        "sale.cashback_short",
    )
)


class Verdict(StrEnum):
    OK = "OK"
    NO = "NO"
    WAIT = "WAIT"


def awaits_seal(view: View) -> bool:
    return view.mode is Mode.COMPLETING and not is_no(view.message)


def awaits_terminal(view: View) -> bool:
    """A card payment or the terminal's sums are on their way, and no person is asked."""
    if view.card is not None:
        return view.card.state not in ("unknown", "signing")
    return view.is_closing


def is_waiting(view: View) -> bool:
    """For the control unit or the card terminal."""
    return view.mode in (Mode.COMPLETING, Mode.CARD) or view.is_closing


def verdict_of(view: View) -> Verdict:
    """A no is a refusal; a paid sale that lacks its seal is not refused, it waits."""
    if is_refusal(view.message):
        return Verdict.NO
    if is_waiting(view) or view.approval is not None:
        return Verdict.WAIT
    return Verdict.NO if is_no(view.message) else Verdict.OK


def is_refusal(message: Message | None) -> bool:
    return message is not None and message.level in (Level.REFUSAL, Level.FAULT)


def is_no(message: Message | None) -> bool:
    """True when the register said no, whatever the cause."""
    if message is None or message.level is Level.INFO:
        return False
    return message.level is not Level.TROUBLE or message.key not in _NEWS
