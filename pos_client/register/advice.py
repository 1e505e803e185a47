"""What a cashier can do about a printer that prints nothing: a state's reason to a text key.

Pure. Shown before a payment is taken, for a receipt has to come with it (fiscal-law R2).
It never stops a sale: what cannot be printed now waits, and the text says so.
"""

from __future__ import annotations

from pos_client.register.view import StatusView

_ADVICE = {
    "paper_out": "paper.out",
    "cover_open": "paper.cover_open",
    "cutter_jam": "paper.cutter_jam",
    "overheated": "paper.overheated",
    "busy_other_owner": "paper.busy",
    "no_answer": "paper.no_answer",
    "offline": "paper.offline",
    "absent": "paper.absent",
    "no_permission": "paper.no_permission",
    "not_configured": "print.not_configured",
}


def paper_advice(status: StatusView) -> str:
    """The text key of what to do so that a receipt can be printed, or "" when one can."""
    if status.prints_on:
        return ""
    printer = status.printer
    why = printer.health if printer.reason == "none" else printer.reason
    return _ADVICE.get(why, "paper.other")
