"""Changing what a line costs: quantity, price, discount, and who may go how far.

Pure. The thing to get wrong: looking at one change alone. A discount upon a lowered
price, a lowered price under a discount, and a quantity changed under either are held
to the same limits, counted from the shelf price; going back towards it needs nobody.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.basket import BasketLine
from central_sync.retail.money import BASIS_POINTS
from central_sync.retail.operator import Limits, Operator
from pos_client.register import approving, commands
from pos_client.register.events import Event, LineDiscounted, PriceOverridden, QuantitySet
from pos_client.register.refusal import refuse
from pos_client.register.selling import MOST_PIECES, MOST_PRICE_MINOR, line_to_change
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register


def set_quantity(
    state: Register,
    command: commands.SetQuantity,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    line = line_to_change(state, command.line)
    if line.weight_grams:
        refuse("quantity.weighed")
    if not 1 <= command.quantity <= MOST_PIECES:
        refuse("quantity.out_of_range")
    after = replace(line, quantity=command.quantity)
    # What a second person approved was for so many pieces and no more.
    before = replace(line, discount_minor=0, discount_basis_points=0)
    before = line if command.quantity <= line.quantity else before
    is_more = command.quantity > line.quantity

    def allows(limits: Limits) -> bool:
        price_holds = not is_more or _price_within(limits, after)
        return price_holds and _discount_within(limits, before, after)

    if not approving.anyone(state, approver, allows):
        return _ask_about(state, command, "discount", after)
    return [QuantitySet(line.line, command.quantity)]


def override_price(
    state: Register,
    command: commands.OverridePrice,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    line = line_to_change(state, command.line)
    if not 0 <= command.price_minor < MOST_PRICE_MINOR:
        refuse("amount.out_of_range")
    _refuse_empty_reason(command.reason)
    after = replace(line, unit_price_minor=command.price_minor)

    def allows(limits: Limits) -> bool:
        return _price_within(limits, after) and _discount_within(limits, line, after)

    if not approving.anyone(state, approver, allows):
        return _ask_about(state, command, "price", after)
    return [
        PriceOverridden(
            line.line, command.price_minor, command.reason, approver.number if approver else ""
        )
    ]


def discount_line(
    state: Register,
    command: commands.DiscountLine,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    line = line_to_change(state, command.line)
    if not 0 <= command.basis_points <= BASIS_POINTS:
        refuse("discount.out_of_range")
    if command.basis_points and command.amount_minor:
        refuse("discount.out_of_range")
    if not 0 <= command.amount_minor <= line.before_discount_minor:
        refuse("discount.more_than_line", amount_minor=line.before_discount_minor)
    if command.basis_points or command.amount_minor:
        _refuse_empty_reason(command.reason)
    after = replace(
        line, discount_basis_points=command.basis_points, discount_minor=command.amount_minor
    )
    if not approving.anyone(state, approver, lambda limits: _discount_within(limits, line, after)):
        return _ask_about(state, command, "discount", after)
    return [
        LineDiscounted(
            line.line,
            command.basis_points,
            command.amount_minor,
            command.reason,
            approver.number if approver else "",
        )
    ]


def _price_within(limits: Limits, line: BasketLine) -> bool:
    """The price alone, raised or lowered; the shelf price itself is always within."""
    return abs(_moved(line, line.unit_price_minor)) <= limits.price_override_basis_points


def _discount_within(limits: Limits, before: BasketLine, after: BasketLine) -> bool:
    """Price and discount together; no further down than it was needs no one."""
    if not after.discount_basis_points and not after.discount_minor:
        return True
    return _reduced(after) <= max(_reduced(before), limits.discount_basis_points)


def _reduced(line: BasketLine) -> int:
    """How far price and discount together are below the shelf, in basis points.

    A rate of discount counts as it was given: that its öre are rounded up on a cheap
    line is nobody's doing.
    """
    saved = line.saved_minor
    if line.discount_basis_points:
        saved = line.before_discount_minor * line.discount_basis_points // BASIS_POINTS
    shelf = line.at_price(line.list_price_minor)
    return _below(shelf, line.before_discount_minor - saved)


def _moved(line: BasketLine, unit_price_minor: int) -> int:
    return _below(line.list_price_minor, unit_price_minor)


def _below(shelf_minor: int, to_minor: int) -> int:
    """Basis points from the shelf price down, rounded against whoever reduces."""
    return -(-(shelf_minor - to_minor) * BASIS_POINTS // shelf_minor) if shelf_minor else 0


def _ask_about(
    state: Register,
    command: commands.OverridePrice | commands.DiscountLine | commands.SetQuantity,
    action: str,
    after: BasketLine,
) -> list[Event]:
    assert state.operator is not None
    limits, is_price = state.operator.limits, action == "price"
    return approving.ask(
        command,
        action,
        line_name=after.name,
        from_minor=after.list_price_minor if is_price else after.before_discount_minor,
        to_minor=after.unit_price_minor if is_price else after.gross_minor,
        basis_points=_moved(after, after.unit_price_minor) if is_price else _reduced(after),
        limit_basis_points=(
            limits.price_override_basis_points if is_price else limits.discount_basis_points
        ),
    )


def _refuse_empty_reason(reason: str) -> None:
    if not reason.strip():
        refuse("reason.needed")
