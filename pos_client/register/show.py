"""State -> View: the only place that decides what a screen is told.

Pure. Called after every command, so it must stay cheap for a basket of 200
lines; words, widths and colours are the client's.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from central_sync.retail.basket import BasketLine, basket_tax
from central_sync.retail.orders.order import Mode as Ordered
from central_sync.retail.tender import due_in
from hardware.ports import CardKind
from pos_client.register.card import CardPayment, CardState
from pos_client.register.card_paying import may_be_fetched, may_be_set_aside
from pos_client.register.decide import seconds_between
from pos_client.register.exchange import is_pending
from pos_client.register.goods_list import GoodsKind, GoodsList
from pos_client.register.shop import Shop, SuspendedBasket
from pos_client.register.state import PriceCheck, Register
from pos_client.register.tasks import Task
from pos_client.register.view import (
    ApprovalView,
    CardView,
    CustomerView,
    GoodsLineView,
    GoodsView,
    LastReceipt,
    LineView,
    Message,
    Mode,
    OrderSaleView,
    PaymentView,
    PriceCheckView,
    QuestionView,
    Setup,
    StatusView,
    SuspendedView,
    TenderView,
    View,
    WeighingView,
)


@dataclass(frozen=True, slots=True)
class Around:
    """What is shown and is not the register's own state."""

    setup: Setup = field(default_factory=Setup)
    status: StatusView = field(default_factory=StatusView)
    message: Message | None = None
    question: QuestionView | None = None
    suspended: tuple[SuspendedBasket, ...] = ()
    on_hand: int | None = None
    stock_age_seconds: int | None = None
    now: str = ""
    is_faulty: bool = False
    tasks: tuple[Task, ...] = ()


def show(state: Register, shop: Shop, around: Around) -> View:
    basket = state.basket
    operator = state.operator
    return View(
        mode=_mode(state, around),
        setup=around.setup,
        status=around.status,
        operator_number=operator.number if operator else "",
        operator_name=operator.name if operator else "",
        operator_role=operator.role.value if operator else "",
        language=operator.language if operator else "sv",
        business_day=state.day,
        lines=tuple(_line(line) for line in basket.lines),
        item_count=sum(line.quantity for line in basket.live),
        total_minor=basket.total_minor,
        vat_minor=basket_tax(basket.live).vat_minor if basket.live else 0,
        due_minor=basket.remaining_minor,
        paid_minor=basket.paid_minor,
        payments=tuple(PaymentView(p.tender_id, p.name, p.amount_minor) for p in basket.payments),
        tenders=_tenders(state, shop),
        is_return=basket.only_pays_out,
        last_line=basket.live[-1].line if basket.live else 0,
        message=around.message,
        approval=_approval(state),
        question=around.question,
        suspended=tuple(_suspended(parked) for parked in around.suspended),
        last_receipt=_last(state),
        price_check=_price_check(state.price_check, around),
        sign_on_wait_seconds=_wait(state, around.now),
        weighing=_weighing(state),
        customer=_customer(basket.customer_id, shop),
        card=_card(state.card) if state.card else None,
        cards=tuple(_card(card) for card in state.cards if card.is_aside),
        is_closing=state.closing is not None,
        tasks=around.tasks,
        goods=_goods(state.goods) if state.goods else None,
        order=_order(state),
        exchange_minor=-state.exchange.total_minor if is_pending(state) and state.exchange else 0,
    )


def _customer(customer_id: str, shop: Shop) -> CustomerView | None:
    if not customer_id:
        return None
    known = shop.customer(customer_id)
    if known is None:
        return CustomerView(customer_id)
    return CustomerView(customer_id, known.name, known.member_number)


def _mode(state: Register, around: Around) -> Mode:
    if around.is_faulty:
        return Mode.FAULT
    if state.operator is None:
        return Mode.SIGNED_OFF
    if state.completing is not None:
        return Mode.COMPLETING
    if state.card is not None:
        return Mode.CARD
    return Mode.SALE if state.day else Mode.DAY_CLOSED


def _card(card: CardPayment) -> CardView:
    answer, basket = card.answer, card.basket
    return CardView(
        payment_id=card.payment_id,
        state=CardState.SENT.value if card.state is CardState.INTENT else card.state.value,
        amount_minor=card.amount_minor,
        is_refund=card.kind is CardKind.REFUND,
        is_abort_wished=card.is_abort_wished,
        may_be_aborted=card.may_be_aborted,
        may_be_set_aside=may_be_set_aside(card),
        may_be_fetched=card.is_aside and may_be_fetched(card),
        brand=answer.brand if answer else "",
        masked_pan=answer.masked_pan if answer else "",
        at=card.at,
        total_minor=basket.total_minor if basket else 0,
    )


def _line(line: BasketLine) -> LineView:
    overridden = line.unit_price_minor != line.list_price_minor
    return LineView(
        line=line.line,
        sku=line.sku,
        name=line.name,
        quantity=line.quantity,
        unit_price_minor=line.unit_price_minor,
        total_minor=line.gross_minor,
        saved_minor=0 if line.returned else line.saved_minor,
        discount_basis_points=line.discount_basis_points,
        reason=line.discount_reason or line.price_reason or _return_reason(line),
        is_price_overridden=overridden,
        is_voided=line.is_voided,
        is_return=line.returned is not None,
        weight_grams=line.weight_grams,
        weight_reason=line.weight_reason,
        is_label_price=line.is_label_price,
        is_deposit=bool(line.deposit_slip),
        expires_on=line.expires_on,
        mode=line.mode.value,
        collect_store=line.collect_store_name or line.collect_store_id,
        promise=line.promise.value if line.comes_later else "",
        promised_by=line.promised_by,
    )


def _order(state: Register) -> OrderSaleView | None:
    later, draft = state.basket.later, state.basket.order
    if not later:
        return None
    return OrderSaleView(
        ships=any(line.mode is Ordered.SHIP for line in later),
        has_address=bool(draft.address_id),
        postcode=draft.postcode,
        is_asking=bool(draft.asked),
        answer=draft.answer.value,
        short=draft.short,
    )


def _weighing(state: Register) -> WeighingView | None:
    pending = state.weighing
    if pending is None:
        return None
    line = pending.line
    return WeighingView(line.name, line.unit_price_minor, pending.tare_grams, pending.problem)


def _goods(goods: GoodsList) -> GoodsView:
    shows_expected = goods.kind is not GoodsKind.COUNT
    return GoodsView(
        kind=goods.kind.value,
        reference=goods.reference,
        other_store=goods.other_store,
        has_expected=goods.has_expected,
        is_task=bool(goods.task_id),
        lines=tuple(
            GoodsLineView(
                line.key,
                line.name,
                line.quantity,
                line.expected if shows_expected else 0,
                line.is_counted,
                not line.sku,
            )
            for line in goods.lines
        ),
    )


def _return_reason(line: BasketLine) -> str:
    return line.returned.reason if line.returned else ""


def _tenders(state: Register, shop: Shop) -> tuple[TenderView, ...]:
    coin = shop.country.currency.smallest_coin_minor
    remaining = state.basket.remaining_minor
    return tuple(
        TenderView(t.tender_id, t.name, t.kind.value, due_in(t, remaining, coin))
        for t in shop.tenders
    )


def _approval(state: Register) -> ApprovalView | None:
    pending = state.approval
    if pending is None:
        return None
    return ApprovalView(
        action=pending.action,
        asked_by=state.operator.name if state.operator else "",
        line_name=pending.line_name,
        from_minor=pending.from_minor,
        to_minor=pending.to_minor,
        basis_points=pending.basis_points,
        limit_basis_points=pending.limit_basis_points,
        limit_minor=pending.limit_minor,
    )


def _suspended(parked: SuspendedBasket) -> SuspendedView:
    basket = parked.basket
    pieces = sum(line.quantity for line in basket.live)
    return SuspendedView(
        basket.basket_id, parked.at, parked.operator_name, pieces, basket.total_minor
    )


def _last(state: Register) -> LastReceipt | None:
    last = state.last
    if last is None:
        return None
    return LastReceipt(
        last.receipt_number,
        last.total_minor,
        last.change_minor,
        last.rounding_minor,
        last.is_return,
    )


def _price_check(check: PriceCheck | None, around: Around) -> PriceCheckView | None:
    if check is None:
        return None
    return PriceCheckView(
        check.sku,
        check.name,
        check.gtin,
        check.price_minor,
        around.on_hand,
        around.stock_age_seconds,
        check.is_weighed,
    )


def _wait(state: Register, now: str) -> int:
    if not state.locked_until or not now or state.locked_until <= now:
        return 0
    return seconds_between(now, state.locked_until)
