"""What is said under a line that comes later: how, and what was promised of it.

Pure. The thing to get wrong: a wish that looks like a promise. Its class is always a word.
"""

from __future__ import annotations

from pos_client.register.view import LineView
from pos_client.screens.till import Till


def later_text(till: Till, line: LineView) -> str:
    """ "→ Skickas hem · RESERVERAD, senast 2026-11-25": a discount stands at its right."""
    way = till.say(f"later.{line.mode}", store=line.collect_store)
    return f"→ {way} · {_state(till, line)}"


def _state(till: Till, line: LineView) -> str:
    order = till.view.order
    if order is None:
        return ""
    if line.line in order.short:
        return till.say("later.short")
    if line.promise == "reserved":
        if line.promised_by:
            return till.say("later.reserved_by", day=line.promised_by[:10])
        return till.say("later.reserved")
    if line.promise == "intent":
        return till.say("later.wish")
    if order.ships and not order.postcode:
        return till.say("later.no_address")
    return till.say("later.asking" if order.is_asking else "later.unasked")
