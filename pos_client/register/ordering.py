"""Lines that come later: shipped or collected, what central promises of them, what a wish is.

Pure. Whatever changes the wish asks central anew, in the background; at payment the answer
must stand. The thing to get wrong: taking money for what nobody holds. Without central a
line is a wish, with its text, its cap and its answer time; a no of central is never one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from central_sync.retail.basket import Basket, BasketLine
from central_sync.retail.item import ItemKind
from central_sync.retail.operator import Operator
from central_sync.retail.order_draft import Answer
from central_sync.retail.orders.order import Mode
from pos_client.register import approving, commands, order_commands, selling
from pos_client.register.events import ApprovalAsked, Event, LineAdded
from pos_client.register.evolve import evolve
from pos_client.register.order_events import (
    AddressGiven,
    QuoteAsked,
    QuoteDropped,
    QuoteHeld,
    QuoteMissed,
    QuoteShort,
    WishApproved,
)
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register

WISH_CAP_MINOR = 150_000
"""What a cashier may take for goods that nobody has promised; above it a manager (1 500 kr)."""

ANSWER_HOURS = 24
"""How long a wish may stay without an answer before its money goes back."""

FEE_SKU = "FRAKT"


def order_item(
    state: Register,
    command: order_commands.OrderItem,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """A line to be shipped home, or collected in a store."""
    mode = _later(command.mode)
    if mode is Mode.COLLECT and not command.collect_store_id:
        refuse("order.collect_where")
    if any(line.deposit_slip for line in state.basket.live):
        refuse("order.with_deposit")
    line = selling.line_of(state, command.sku, command.quantity, shop)
    if line.kind is not ItemKind.GOODS or line.weight_grams:
        refuse("order.goods_only", name=line.name)
    to_store = command.collect_store_id if mode is Mode.COLLECT else ""
    later = replace(
        line,
        mode=mode,
        collect_store_id=to_store,
        collect_store_name=command.collect_store_name if to_store else "",
    )
    return [LineAdded(state.basket.basket_id or facts.new_id, later)]


def _later(mode: str) -> Mode:
    if mode not in (Mode.SHIP, Mode.COLLECT):
        refuse("order.ship_or_collect")
    return Mode(mode)


def give_address(
    state: Register,
    command: order_commands.GiveAddress,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """Whom the order is for, and where to. The words themselves go sealed beside the event."""
    if state.basket.payments:
        refuse("basket.payment_begun")
    if not state.basket.later:
        refuse("order.nothing_later")
    if not shop.can_seal:
        refuse("customer.keys_away")
    if not command.name.strip():
        refuse("order.no_name")
    if not (command.phone.strip() or command.email.strip()):
        refuse("order.no_contact")
    ships = any(line.mode is Mode.SHIP for line in state.basket.later)
    if ships and not (command.street.strip() and command.town.strip()):
        refuse("order.no_street")
    postcode = "".join(command.postcode.split())
    if (ships or postcode) and not (postcode.isdigit() and len(postcode) == 5):
        refuse("order.postcode")
    return [AddressGiven(facts.new_id, postcode)]


# What central is asked, and what its answer leads to.


def with_question(before: Register, events: Sequence[Event], facts: Facts) -> list[Event]:
    """These events, and the question they lead to when they changed what central was asked."""
    if not events or not (before.basket.later or any(_may_bring_later(each) for each in events)):
        return list(events)
    after = before
    for event in events:
        after = evolve(after, event)
    basket = after.basket
    if basket.payments or after.completing or after.card or _wish(basket) == _wish(before.basket):
        return list(events)
    if not basket.later or (_ships(basket) and not basket.order.postcode):
        return [*events, QuoteDropped()] if basket.lines else list(events)
    return [*events, QuoteAsked(facts.new_id)]


def _may_bring_later(event: Event) -> bool:
    if isinstance(event, LineAdded):
        return event.line.comes_later
    return type(event).__name__ in ("BasketResumed", "CardSaleFetched")


def _ships(basket: Basket) -> bool:
    return any(line.mode is Mode.SHIP for line in basket.later)


def _wish(basket: Basket) -> tuple[object, ...]:
    """All that an answer of central depends on."""
    lines = (
        (line.line, line.sku, line.quantity, line.mode, line.collect_store_id, line.gross_minor)
        for line in basket.later
    )
    return basket.order.postcode, *lines


def renew(state: Register, facts: Facts) -> list[Event]:
    """Keep what is held while the basket is open; ask again where nobody answered."""
    basket = state.basket
    if not basket.later or _is_paying(state) or (_ships(basket) and not basket.order.postcode):
        return []
    is_held = basket.order.answer is Answer.HELD and basket.order.expires_at > facts.at
    return [QuoteAsked(facts.new_id, is_new=not is_held)]


def quoted(state: Register, command: order_commands.Quoted) -> list[Event]:
    """Central's answer; one to an older question, or too late to change the sum, is nobody's."""
    if command.ask_id != state.basket.order.asked or _is_paying(state):
        return []
    held = {line.line: line for line in command.lines}
    short = tuple(
        line.line
        for line in state.basket.later
        if line.line not in held or held[line.line].held < line.quantity
    )
    if short:
        return [QuoteShort(command.quote_id, short)]
    promises = tuple((line.line, line.promised_by) for line in command.lines)
    fee = _fee_line(state, command) if command.fee_minor > 0 else None
    return [QuoteHeld(command.quote_id, command.expires_at, promises, fee)]


def quote_failed(state: Register, command: order_commands.QuoteFailed) -> list[Event]:
    """No answer: what was held stays held until its end; what was not becomes a wish."""
    if command.ask_id != state.basket.order.asked:
        return []
    if command.is_refused and not _is_paying(state):
        return [QuoteShort("", tuple(line.line for line in state.basket.later))]
    return [QuoteMissed()]


def _is_paying(state: Register) -> bool:
    return bool(state.basket.payments or state.completing or state.card)


def _fee_line(state: Register, command: order_commands.Quoted) -> BasketLine:
    fee = state.basket.fee
    return BasketLine(
        line=fee.line if fee else state.next_line,
        sku=FEE_SKU,
        name=command.fee_name or FEE_SKU.capitalize(),
        gtin="",
        kind=ItemKind.SERVICE,
        quantity=1,
        list_price_minor=command.fee_minor,
        unit_price_minor=command.fee_minor,
        tax_rate_basis_points=command.fee_rate_basis_points,
        mode=Mode.FEE,
    )


# What must stand before money is taken.


def before_payment(
    state: Register, command: commands.Pay, facts: Facts, approver: Operator | None
) -> list[Event]:
    """What has to happen first; `stops` says whether the payment goes on after it."""
    basket = state.basket
    if not basket.later or basket.payments:
        return []
    draft = basket.order
    if not draft.address_id:
        refuse("order.no_address")
    if draft.answer is Answer.SHORT:
        refuse("order.short", name=_name_of(basket, draft.short))
    if draft.answer is Answer.HELD:
        return [] if draft.expires_at > facts.at else [QuoteAsked(facts.new_id)]
    if draft.answer is Answer.AWAY:
        return _wished(state, command, approver)
    if draft.asked:
        refuse("order.asking")
    return [QuoteAsked(facts.new_id)]


def _wished(state: Register, command: commands.Pay, approver: Operator | None) -> list[Event]:
    total = sum(line.gross_minor for line in state.basket.wishes)
    if total <= WISH_CAP_MINOR or state.basket.order.wish_approved_by:
        return []
    if not approving.anyone(state, approver, lambda limits: limits.may_sell_wishes):
        return approving.ask(command, "wish", to_minor=total, limit_minor=WISH_CAP_MINOR)
    person = approver or state.operator
    return [WishApproved(person.number if person else "")]


def stops(events: Sequence[Event]) -> bool:
    """No money is taken now: central is asked, or a second person."""
    return any(isinstance(event, QuoteAsked | ApprovalAsked) for event in events)


def _name_of(basket: Basket, lines: Sequence[int]) -> str:
    return next((line.name for line in basket.later if line.line in lines), "")


def answer_by(at: str) -> str:
    """Until when a wish paid at `at` is answered: ISO UTC."""
    until = datetime.fromisoformat(at) + timedelta(hours=ANSWER_HOURS)
    return until.isoformat(timespec="milliseconds").replace("+00:00", "Z")
