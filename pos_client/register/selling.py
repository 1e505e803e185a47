"""Lines: adding and voiding; and the basket as a whole, parked or dropped.

Pure. Once money has been taken the lines stand still, so that what was paid for
is what is sold. A basket sells or takes back, never both. What a line costs is
changed in `pricing`.
"""

from __future__ import annotations

from dataclasses import replace

from central_sync.retail.basket import BasketLine
from central_sync.retail.codes import DepositSlip
from central_sync.retail.item import Item
from central_sync.retail.operator import Operator
from central_sync.retail.tax import UnknownTaxGroup, rate_on
from pos_client.register import approving, commands, deposits
from pos_client.register.events import (
    BasketResumed,
    BasketSuspended,
    BasketVoided,
    Event,
    LineAdded,
    LineVoided,
    WeighingAsked,
)
from pos_client.register.refusal import refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import PendingWeighing, Register
from pos_client.register.wanted import Wanted, read_wanted

MOST_PIECES = 999
MOST_LINES = 500
MOST_PRICE_MINOR = 100_000_000


def scan(
    state: Register, command: commands.ScanCode, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    found = read_wanted(command.data, command.symbology, shop)
    return _sold(state, command, found, command.quantity, shop, facts, approver)


def enter(
    state: Register,
    command: commands.EnterCode,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    found = read_wanted(command.code, "", shop)
    return _sold(state, command, found, command.quantity, shop, facts, approver)


def add_item(
    state: Register, command: commands.AddItem, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    item = shop.find(command.sku)
    if item is None:
        refuse("item.unknown", beeps=2, code=command.sku)
    if command.price_minor and not item.open_price:
        refuse("item.has_price", name=item.name, price_minor=item.price_minor)
    price = command.price_minor if item.open_price else item.price_minor
    wanted = Wanted(item, price)
    return _sold(state, command, wanted, command.quantity, shop, facts, approver)


def line_of(state: Register, sku: str, quantity: int, shop: Shop) -> BasketLine:
    """A new line of an item that is ordered, not taken; refuses what could not be sold."""
    _refuse_unless_selling(state, shop)
    if state.basket.is_return:
        refuse("basket.is_return", beeps=2)
    if len(state.basket.lines) >= MOST_LINES:
        refuse("basket.full", beeps=2)
    item = shop.find(sku)
    if item is None:
        refuse("item.unknown", beeps=2, code=sku[:60])
    return line_for_later(state, item, quantity, shop)


def line_for_later(state: Register, item: Item, quantity: int, shop: Shop) -> BasketLine:
    """What an item costs that comes later, whatever the basket holds."""
    wanted = Wanted(item, item.price_minor)
    if wanted.needs_weight:
        refuse("order.goods_only", name=item.name)
    _refuse_unfit(wanted, quantity)
    return _line(state, wanted, quantity, shop)


def item_of(data: str, symbology: str, shop: Shop) -> Item:
    """The item behind a code; refuses an unknown, damaged or foreign code by name."""
    found = read_wanted(data, symbology, shop)
    if isinstance(found, DepositSlip):
        refuse("deposit.not_here", beeps=2)
    return found.item


def _sold(
    state: Register,
    command: commands.ScanCode | commands.EnterCode | commands.AddItem,
    wanted: Wanted | DepositSlip,
    quantity: int,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """A line, the lines of a deposit slip, or what has to come before one can be made."""
    _refuse_unless_selling(state, shop)
    if state.basket.is_return:
        refuse("basket.is_return", beeps=2)
    if len(state.basket.lines) >= MOST_LINES:
        refuse("basket.full", beeps=2)
    if isinstance(wanted, DepositSlip):
        if state.basket.later:
            refuse("order.with_deposit", beeps=2)
        return deposits.pay_out(state, wanted, shop, facts)
    _refuse_unfit(wanted, quantity)
    line = _line(state, wanted, quantity, shop)
    if wanted.expires_on and wanted.expires_on < facts.today:
        if not approving.anyone(state, approver, lambda limits: limits.may_sell_expired):
            name = f"{line.name} ({wanted.expires_on})"
            return approving.ask(command, "sell_expired", line_name=name)
        assert state.operator is not None
        line = replace(line, expiry_approved_by=(approver or state.operator).number)
    if wanted.needs_weight:
        tare = wanted.item.tare_grams
        return [WeighingAsked(PendingWeighing(facts.new_id, line, tare))]
    return [LineAdded(state.basket.basket_id or facts.new_id, line)]


def _refuse_unfit(wanted: Wanted, quantity: int) -> None:
    item, price_minor = wanted.item, wanted.price_minor
    if item.blocked:
        refuse("item.blocked", beeps=2, name=item.name)
    if not 1 <= quantity <= MOST_PIECES:
        refuse("quantity.out_of_range", beeps=2)
    if quantity > 1 and (wanted.weight_grams or wanted.needs_weight):
        refuse("quantity.weighed", beeps=2)
    if price_minor <= 0:
        key = "item.needs_price" if item.open_price else "item.no_price"
        refuse(key, beeps=2, name=item.name, sku=item.sku)
    if price_minor >= MOST_PRICE_MINOR:
        refuse("amount.out_of_range", beeps=2)


def _line(state: Register, wanted: Wanted, quantity: int, shop: Shop) -> BasketLine:
    item = wanted.item
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
        list_price_minor=wanted.price_minor,
        unit_price_minor=wanted.price_minor,
        tax_rate_basis_points=rate,
        weight_grams=wanted.weight_grams,
        is_label_price=wanted.is_label_price,
        price_differs=wanted.price_differs,
        content_grams=wanted.content_grams,
        lot=wanted.lot,
        serial=wanted.serial,
        expires_on=wanted.expires_on,
    )
    if wanted.weight_grams and not line.before_discount_minor:
        refuse("code.no_measure", beeps=2)
    return line


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
    if line.deposit_slip:
        refuse("deposit.fixed")
    return line


def live_line(state: Register, number: int) -> BasketLine:
    if state.basket.payments:
        refuse("basket.payment_begun")
    line = state.basket.find(number)
    if line is None or line.is_voided:
        refuse("line.none")
    if line.is_fee:
        refuse("order.fee_fixed")
    return line


def void_line(
    state: Register, command: commands.VoidLine, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    return _void(state, live_line(state, command.line).line)


def undo_last(
    state: Register, command: commands.UndoLast, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    goods = [line for line in state.basket.live if not line.is_fee]
    if not goods:
        refuse("line.none")
    return _void(state, live_line(state, goods[-1].line).line)


def _void(state: Register, number: int) -> list[Event]:
    """Voiding the last live line ends the basket: it is journalled as voided."""
    _refuse_while_later_pieces_stand(state, number)
    numbers = _together(state, number)
    events: list[Event] = [LineVoided(each) for each in numbers]
    if sum(not line.is_fee for line in state.basket.live) == len(numbers):
        events.append(BasketVoided(state.basket))
    return events


def _together(state: Register, number: int) -> list[int]:
    """A deposit slip is paid out whole or not at all: its lines go together."""
    chosen = state.basket.find(number)
    slip = chosen.deposit_slip if chosen else ""
    if not slip:
        return [number]
    return [line.line for line in state.basket.live if line.deposit_slip == slip]


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
    if state.exchange:
        refuse("exchange.sells_now")
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
