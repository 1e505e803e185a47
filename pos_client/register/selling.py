"""Lines: adding and voiding; and the basket as a whole, parked or dropped.

Pure. Once money has been taken the lines stand still, so that what was paid for
is what is sold. A basket sells or takes back, never both. What a line costs is
changed in `pricing`.
"""

from __future__ import annotations

from central_sync.retail.basket import BasketLine
from central_sync.retail.item import Item
from central_sync.retail.operator import Operator
from central_sync.retail.tax import UnknownTaxGroup, rate_on
from pos_client.register import approving, commands
from pos_client.register.codes import CodeClass, classify, product_code
from pos_client.register.events import (
    BasketResumed,
    BasketSuspended,
    BasketVoided,
    Event,
    LineAdded,
    LineVoided,
)
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register

MOST_PIECES = 999
MOST_LINES = 500
MOST_PRICE_MINOR = 100_000_000


def scan(
    state: Register, command: commands.ScanCode, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    item = item_of(command.data, command.symbology, shop)
    return [_added(state, item, command.quantity, item.price_minor, shop, facts)]


def enter(
    state: Register,
    command: commands.EnterCode,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    item = item_of(command.code.strip(), "", shop)
    return [_added(state, item, command.quantity, item.price_minor, shop, facts)]


def add_item(
    state: Register, command: commands.AddItem, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    item = shop.find(command.sku)
    if item is None:
        refuse("item.unknown", beeps=2, code=command.sku)
    if command.price_minor and not item.open_price:
        refuse("item.has_price", name=item.name, price_minor=item.price_minor)
    price = command.price_minor if item.open_price else item.price_minor
    return [_added(state, item, command.quantity, price, shop, facts)]


def item_of(data: str, symbology: str, shop: Shop) -> Item:
    """The item behind a code; refuses an unknown, damaged or foreign code by name."""
    code = product_code(data, symbology)
    kind = classify(code)
    if kind is CodeClass.RECEIPT:
        refuse("item.is_receipt", beeps=2, code=code)
    item = shop.find(code)
    if item is None:
        key = "item.damaged" if kind is CodeClass.DAMAGED else "item.unknown"
        refuse(key, beeps=2, code=code[:60])
    return item


def _added(
    state: Register, item: Item, quantity: int, price_minor: int, shop: Shop, facts: Facts
) -> LineAdded:
    _refuse_unless_selling(state, shop)
    if state.basket.is_return:
        refuse("basket.is_return", beeps=2)
    if item.blocked:
        refuse("item.blocked", beeps=2, name=item.name)
    if not 1 <= quantity <= MOST_PIECES:
        refuse("quantity.out_of_range", beeps=2)
    if price_minor <= 0:
        key = "item.needs_price" if item.open_price else "item.no_price"
        refuse(key, beeps=2, name=item.name, sku=item.sku)
    if price_minor >= MOST_PRICE_MINOR:
        refuse("amount.out_of_range", beeps=2)
    if len(state.basket.lines) >= MOST_LINES:
        refuse("basket.full", beeps=2)
    try:
        rate = rate_on(shop.tax_rates, item.tax_group, state.day)
    except UnknownTaxGroup:
        refuse("item.no_tax_rate", beeps=2, name=item.name)
    line = BasketLine(
        line=state.next_line,
        sku=item.sku,
        name=item.name,
        gtin=item.gtin,
        kind=item.kind,
        quantity=quantity,
        list_price_minor=price_minor,
        unit_price_minor=price_minor,
        tax_rate_basis_points=rate,
    )
    return LineAdded(state.basket.basket_id or facts.new_id, line)


def _refuse_unless_selling(state: Register, shop: Shop) -> None:
    if state.basket.payments:
        refuse("basket.payment_begun", beeps=2)
    problem = shop.storage_problem()
    if problem:
        refuse(problem, beeps=2)
    if shop.fiscal_problem() == "fiscal.not_configured":
        refuse("fiscal.not_configured", beeps=2)


def line_to_change(state: Register, number: int) -> BasketLine:
    line = live_line(state, number)
    if line.returned is not None:
        refuse("return.line_is_fixed")
    return line


def live_line(state: Register, number: int) -> BasketLine:
    if state.basket.payments:
        refuse("basket.payment_begun")
    line = state.basket.find(number)
    if line is None or line.is_voided:
        refuse("line.none")
    return line


def void_line(
    state: Register, command: commands.VoidLine, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    return _void(state, live_line(state, command.line).line)


def undo_last(
    state: Register, command: commands.UndoLast, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    if not state.has_basket:
        refuse("line.none")
    return _void(state, live_line(state, state.basket.live[-1].line).line)


def _void(state: Register, number: int) -> list[Event]:
    """Voiding the last live line ends the basket: it is journalled as voided."""
    _refuse_while_later_pieces_stand(state, number)
    events: list[Event] = [LineVoided(number)]
    if len(state.basket.live) == 1:
        events.append(BasketVoided(state.basket))
    return events


def _refuse_while_later_pieces_stand(state: Register, number: int) -> None:
    """The shares of one sold line follow from one another, so the newest goes first."""
    taken = [(row, row.returned) for row in state.basket.live if row.returned is not None]
    of = {row.line: (was.receipt_id, was.line) for row, was in taken}
    for row, _ in taken:
        if row.line > number and of[row.line] == of.get(number):
            refuse("return.void_newest_first", name=row.name)


def void_basket(
    state: Register,
    command: commands.VoidBasket,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    _refuse_without_free_basket(state)
    if not approving.anyone(state, approver, lambda limits: limits.may_void_basket):
        return approving.ask(command, "void_basket", to_minor=state.basket.total_minor)
    return [BasketVoided(state.basket, approver.number if approver else "")]


def suspend(
    state: Register, command: commands.Suspend, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    _refuse_without_free_basket(state)
    if state.basket.is_return:
        # Parked, its pieces could be taken back a second time meanwhile.
        refuse("return.cannot_park")
    return [BasketSuspended(state.basket)]


def _refuse_without_free_basket(state: Register) -> None:
    if not state.has_basket:
        refuse("basket.empty")
    if state.basket.payments:
        refuse("basket.payment_begun")


def resume(
    state: Register, command: commands.Resume, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    if state.has_basket:
        refuse("basket.finish_first")
    for parked in shop.suspended():
        if parked.basket.basket_id == command.basket_id:
            return [BasketResumed(parked.basket)]
    refuse("basket.not_parked")
