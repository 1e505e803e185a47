"""Goods and counts: receive, transfer, count, adjust, and hold an invoice against a delivery.

Pure. What is odd is asked, never guessed: a code nobody knows, more or other than expected,
fewer at the end, an item that moved while it was counted. The refusal says so, and the same
command with `is_sure` is a person's yes. Goods move only when the list is finished.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from central_sync.retail.codes import DepositSlip
from central_sync.retail.operator import Operator
from central_sync.retail.stock import count_delta
from pos_client.register import approving, commands
from pos_client.register.events import (
    Event,
    GoodsCounted,
    GoodsDropped,
    GoodsMoved,
    GoodsStarted,
    InvoiceChecked,
)
from pos_client.register.goods_list import (
    AGAINST_EXPECTED,
    OUT,
    CheckedInvoice,
    GoodsKind,
    GoodsLine,
    GoodsList,
    GoodsMovement,
)
from pos_client.register.refusal import Refused, refuse
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register
from pos_client.register.wanted import Wanted, read_wanted

MOST_PIECES = 99_999
MOST_LINES = 2_000

Lines = tuple[GoodsLine, ...]


def start(
    state: Register,
    command: commands.StartGoods,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    if state.goods is not None:
        refuse("goods.finish_first", beeps=1)
    if command.kind not in {kind.value for kind in GoodsKind}:
        refuse("goods.no_such_kind", beeps=1)
    kind = GoodsKind(command.kind)
    problem = shop.storage_problem()
    if problem:
        refuse(problem, beeps=2)
    if kind is GoodsKind.TRANSFER_OUT and not command.other_store.strip():
        refuse("goods.where_to")
    lines, reference = _known_beforehand(kind, command, shop)
    return [
        GoodsStarted(
            GoodsList(
                list_id=facts.new_id,
                kind=kind,
                reference=reference or _named_by_time(kind, facts),
                task_id=command.task_id,
                other_store=command.other_store.strip(),
                has_expected=bool(lines),
                lines=lines,
            )
        )
    ]


def _known_beforehand(
    kind: GoodsKind, command: commands.StartGoods, shop: Shop
) -> tuple[Lines, str]:
    """The lines of the task or delivery that this is about, and its reference."""
    if kind is GoodsKind.INVOICE:
        return _delivered(command.reference, shop)
    if not command.task_id:
        return (), command.reference.strip()
    task = shop.goods_task(command.task_id)
    if task is None:
        refuse("goods.no_such_task")
    reference, wanted = task
    known = tuple(
        GoodsLine(sku, name, expected=0 if kind is GoodsKind.COUNT else quantity)
        for sku, name, quantity in wanted
    )
    return known, command.reference.strip() or reference


def _delivered(reference: str, shop: Shop) -> tuple[Lines, str]:
    delivery = shop.delivery(reference.strip())
    if delivery is None:
        refuse("goods.no_such_delivery")
    lines = tuple(
        GoodsLine(sku, _name(sku, shop), quantity, quantity, is_counted=True)
        for sku, quantity in delivery.lines
    )
    return lines, delivery.reference


def _name(sku: str, shop: Shop) -> str:
    item = shop.find(sku)
    return item.name if item else sku


def _named_by_time(kind: GoodsKind, facts: Facts) -> str:
    """A delivery that came without a number is called by when it came: 261122-1432."""
    if kind not in AGAINST_EXPECTED:
        return ""
    day, clock = facts.local_time[:16].split(" ")
    return f"{day[2:].replace('-', '')}-{clock.replace(':', '')}"


def add(
    state: Register,
    command: commands.AddGoods,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """One more of what was scanned or typed; on an invoice, what it says of that item."""
    goods = _open(state)
    _refuse_odd_count(goods, command.quantity)
    line = _line_of(goods, command, shop)
    if goods.kind is GoodsKind.INVOICE:
        changed = replace(line, quantity=command.quantity, is_counted=True)
    else:
        changed = _counted(line, line.quantity + _pieces(line, command, shop), shop)
    return [GoodsCounted(_asked(goods, changed, is_sure=command.is_sure))]


def _line_of(goods: GoodsList, command: commands.AddGoods, shop: Shop) -> GoodsLine:
    try:
        wanted = read_wanted(command.code, command.symbology, shop)
    except Refused as refusal:
        if refusal.key != "item.unknown" or goods.kind is not GoodsKind.RECEIVE:
            raise
        return _unknown(goods, command)
    if isinstance(wanted, DepositSlip):
        refuse("deposit.not_here", beeps=2)
    found = goods.find(wanted.item.sku) or GoodsLine(wanted.item.sku, wanted.item.name)
    if found not in goods.lines and len(goods.lines) >= MOST_LINES:
        refuse("goods.full", beeps=2)
    return found


def _unknown(goods: GoodsList, command: commands.AddGoods) -> GoodsLine:
    """A code that the catalogue lacks: set aside and written down, when a person says so."""
    code = command.code.strip()[:60]
    found = goods.find(code)
    if found is None and not command.is_sure:
        refuse("goods.unknown", beeps=2, code=code)
    return found or GoodsLine("", code, code=code, is_accepted=True)


def _pieces(line: GoodsLine, command: commands.AddGoods, shop: Shop) -> int:
    """Pieces; of goods sold by weight grams, from the label or typed before the code."""
    if not line.sku:
        return command.quantity
    wanted = read_wanted(command.code, command.symbology, shop)
    if not isinstance(wanted, Wanted) or not wanted.item.is_weighed:
        return command.quantity
    if not wanted.weight_grams and command.quantity == 1:
        refuse("goods.needs_grams", beeps=2, name=line.name)
    return wanted.weight_grams * command.quantity if wanted.weight_grams else command.quantity


def set_line(
    state: Register,
    command: commands.SetGoods,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    """What a person counted of a line, nothing included."""
    goods = _open(state)
    line = goods.find(command.key)
    if line is None:
        refuse("goods.no_such_line")
    least = -MOST_PIECES if goods.kind is GoodsKind.ADJUSTMENT else 0
    if not least <= command.quantity <= MOST_PIECES:
        refuse("goods.out_of_range")
    changed = _counted(line, command.quantity, shop)
    return [GoodsCounted(_asked(goods, changed, is_sure=command.is_sure))]


def _counted(line: GoodsLine, quantity: int, shop: Shop) -> GoodsLine:
    if abs(quantity) > MOST_PIECES:
        refuse("goods.out_of_range", beeps=2)
    book = (shop.on_hand(line.sku) or 0) if line.sku else 0
    return replace(line, quantity=quantity, book=book, is_counted=True)


def _asked(goods: GoodsList, line: GoodsLine, *, is_sure: bool) -> GoodsLine:
    """The line, or a refusal that asks about it."""
    if not goods.has_expected or line.is_accepted or goods.kind is GoodsKind.INVOICE:
        return line
    if is_sure:
        return replace(line, is_accepted=True)
    if goods.find(line.key) is None:
        refuse("goods.not_expected", beeps=2, name=line.name)
    if goods.kind in AGAINST_EXPECTED and line.quantity > line.expected:
        refuse("goods.too_many", beeps=2, name=line.name, count=line.expected)
    return line


def finish(
    state: Register,
    command: commands.FinishGoods,
    shop: Shop,
    facts: Facts,
    approver: Operator | None,
) -> list[Event]:
    goods = _open(state)
    if not goods.counted:
        refuse("goods.empty")
    if goods.kind is GoodsKind.INVOICE:
        return _invoice(goods, command, shop)
    if not command.is_sure:
        _ASKS.get(goods.kind, _nothing_to_ask)(goods, shop)
    if goods.kind is GoodsKind.ADJUSTMENT:
        if not command.reason.strip():
            refuse("reason.needed")
        if not approving.anyone(state, approver, lambda limits: limits.may_adjust_stock):
            return approving.ask(command, "adjust_stock")
    return [GoodsMoved(_movement(goods, command.reason.strip()))]


def _movement(goods: GoodsList, reason: str) -> GoodsMovement:
    known = [line for line in goods.counted if line.sku]
    is_count = goods.kind is GoodsKind.COUNT
    moved = [(line.sku, _delta(goods.kind, line)) for line in known]
    return GoodsMovement(
        movement_id=goods.list_id,
        kind=goods.kind,
        lines=tuple((sku, delta) for sku, delta in moved if delta or is_count),
        counted=tuple((line.sku, line.quantity, line.book) for line in known) if is_count else (),
        unknown=tuple((line.code, line.quantity) for line in goods.counted if not line.sku),
        reference=goods.reference,
        reason=reason,
        task_id=goods.task_id,
        other_store=goods.other_store,
    )


def _delta(kind: GoodsKind, line: GoodsLine) -> int:
    if kind is GoodsKind.COUNT:
        return count_delta(line.quantity, line.book)
    return -line.quantity if kind in OUT else line.quantity


def _invoice(goods: GoodsList, command: commands.FinishGoods, shop: Shop) -> list[Event]:
    if not command.reason.strip():
        refuse("goods.invoice_number")
    delivery = shop.delivery(goods.reference)
    lines = tuple((line.sku, line.expected, line.quantity) for line in goods.counted)
    checked = CheckedInvoice(
        delivery.movement_id if delivery else "", goods.reference, command.reason.strip(), lines
    )
    if checked.differences and not command.is_sure:
        refuse("goods.invoice_differs", count=len(checked.differences))
    return [InvoiceChecked(checked)]


def _ask_of_fewer(goods: GoodsList, shop: Shop) -> None:
    short = [line for line in goods.lines if line.quantity < line.expected]
    if short:
        missing = sum(line.expected - line.quantity for line in short)
        refuse("goods.short", beeps=1, name=short[0].name, count=missing)


def _ask_of_count(goods: GoodsList, shop: Shop) -> None:
    """What nobody counted stays as it is; what moved meanwhile is better counted again."""
    left = [line for line in goods.lines if not line.is_counted]
    if left:
        refuse("goods.uncounted", beeps=1, name=left[0].name, count=len(left))
    moved = [line for line in goods.counted if (shop.on_hand(line.sku) or 0) != line.book]
    if moved:
        refuse("goods.moved_meanwhile", beeps=1, name=moved[0].name)


def _ask_of_more_than_book(goods: GoodsList, shop: Shop) -> None:
    for line in goods.counted:
        on_hand = shop.on_hand(line.sku) or 0
        if line.quantity > on_hand:
            refuse("goods.more_than_book", beeps=1, name=line.name, count=max(0, on_hand))


def _nothing_to_ask(goods: GoodsList, shop: Shop) -> None:
    pass


_ASKS: dict[GoodsKind, Callable[[GoodsList, Shop], None]] = {
    GoodsKind.RECEIVE: _ask_of_fewer,
    GoodsKind.TRANSFER_IN: _ask_of_fewer,
    GoodsKind.PUT_BACK: _ask_of_fewer,
    GoodsKind.COUNT: _ask_of_count,
    GoodsKind.TRANSFER_OUT: _ask_of_more_than_book,
}

ASKING: Sequence[str] = (
    "goods.unknown",
    "goods.not_expected",
    "goods.too_many",
    "goods.short",
    "goods.uncounted",
    "goods.moved_meanwhile",
    "goods.more_than_book",
    "goods.invoice_differs",
)
"""Refusals that are questions: the same command with `is_sure` is the yes."""


def drop(
    state: Register, command: Any, shop: Shop, facts: Facts, approver: Operator | None
) -> list[Event]:
    return [GoodsDropped(_open(state).kind)]


def _open(state: Register) -> GoodsList:
    if state.goods is None:
        refuse("goods.none")
    return state.goods


def _refuse_odd_count(goods: GoodsList, quantity: int) -> None:
    least = -MOST_PIECES if goods.kind is GoodsKind.ADJUSTMENT else 0
    is_nothing = quantity == 0 and goods.kind is not GoodsKind.INVOICE
    if is_nothing or not least <= quantity <= MOST_PIECES:
        refuse("goods.out_of_range", beeps=2)
