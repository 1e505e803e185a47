"""A line that waits for its weight: from the scale, or typed by a person with a reason.

Pure. The line is whole but for its weight, so nothing is looked up twice. Each asking
has an id; a weight that comes for an earlier asking is nobody's, since the next item
must never be sold by the weight of the last (EN 45501, WELMEC 2.2).
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.operator import Operator
from pos_client.register import commands
from pos_client.register.commands import Command
from pos_client.register.events import (
    Event,
    LineAdded,
    WeighingAsked,
    WeighingEnded,
    WeighingMissed,
)
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import PendingWeighing, Register

MOST_GRAMS = 100_000
"""No checkout scale weighs 100 kg; more is a slip of the finger."""


def while_weighing(state: Register, command: Command, facts: Facts) -> list[Event]:
    """Only what ends the waiting is possible."""
    pending = state.weighing
    assert pending is not None
    match command:
        case commands.Weighed():
            return _weighed(state, pending, command, facts)
        case commands.WeighingFailed():
            is_this = command.weighing_id == pending.weighing_id
            return [WeighingMissed(command.problem)] if is_this else []
        case commands.WeighAgain():
            return [WeighingAsked(replace(pending, weighing_id=facts.new_id, problem=""))]
        case commands.EnterWeight():
            return _typed(state, pending, command, facts)
        case commands.CancelWeighing():
            return [WeighingEnded()]
    refuse("weighing.wait", beeps=2)


def _weighed(
    state: Register, pending: PendingWeighing, command: commands.Weighed, facts: Facts
) -> list[Event]:
    if command.weighing_id != pending.weighing_id:
        return []
    line = replace(pending.line, line=state.next_line, weight_grams=command.grams)
    if not 0 < command.grams <= MOST_GRAMS or not line.before_discount_minor:
        return [WeighingMissed("under_minimum")]
    # A price scale has shown the customer a price and a sum: the receipt must say the same.
    price_is_shown = command.unit_price_minor not in (0, line.unit_price_minor)
    if price_is_shown or command.amount_minor not in (0, line.before_discount_minor):
        return [WeighingMissed("price_differs")]
    return [LineAdded(state.basket.basket_id or facts.new_id, line)]


def _typed(
    state: Register, pending: PendingWeighing, command: commands.EnterWeight, facts: Facts
) -> list[Event]:
    if not 0 < command.grams <= MOST_GRAMS:
        refuse("weighing.out_of_range")
    if not command.reason.strip():
        refuse("reason.needed")
    line = replace(
        pending.line,
        line=state.next_line,
        weight_grams=command.grams,
        weight_reason=command.reason,
    )
    if not line.before_discount_minor:
        refuse("weighing.out_of_range")
    return [LineAdded(state.basket.basket_id or facts.new_id, line)]


def nothing_to_weigh(
    state: Register, command: Command, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    """An answer of the scale that came too late is no news; a person's wish is refused."""
    if isinstance(command, commands.Weighed | commands.WeighingFailed):
        return []
    refuse("weighing.none")
