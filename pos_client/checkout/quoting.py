"""The basket's question to central, as it leaves the core and as its answer comes back.

Pure but for the wire's own shapes. The thing to get wrong: who is asked about. Goods on the
selling store's own shelf are taken, not ordered, so its pieces are not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from central_sync.retail.basket import Basket
from central_sync.retail.orders.order import Mode
from pos_client.register.order_commands import Quoted, QuotedPieces
from pos_client.register.order_events import QuoteAsked

if TYPE_CHECKING:
    from central_sync.wire.quotes import QuoteReply, QuoteRequest


@dataclass(frozen=True, slots=True)
class WishedLine:
    line: int
    sku: str
    quantity: int
    mode: Mode
    collect_store_id: str
    gross_minor: int


@dataclass(frozen=True, slots=True)
class QuoteWish:
    """`held` is the quote to hold on, "" to ask anew."""

    ask_id: str
    basket_id: str
    postcode: str
    lines: tuple[WishedLine, ...]
    held: str = ""


def wish_of(asked: QuoteAsked, basket: Basket) -> QuoteWish:
    """What central is asked about an open basket."""
    lines = (
        WishedLine(
            line.line,
            line.sku,
            line.quantity,
            line.mode,
            line.collect_store_id,
            line.gross_minor,
        )
        for line in basket.later
    )
    held = "" if asked.is_new else basket.order.quote_id
    return QuoteWish(asked.ask_id, basket.basket_id, basket.order.postcode, tuple(lines), held)


def request_of(wish: QuoteWish, store_id: str) -> QuoteRequest:
    from central_sync.wire.quotes import QuoteLine, QuoteRequest

    return QuoteRequest(
        lines=[
            QuoteLine(
                line=line.line,
                sku=line.sku,
                quantity=line.quantity,
                mode="ship" if line.mode is Mode.SHIP else "collect",
                collect_store_id=line.collect_store_id,
                gross_minor=line.gross_minor,
            )
            for line in wish.lines
        ],
        postcode=wish.postcode,
        basket_id=wish.basket_id,
        without_store_id=store_id,
    )


def answer_of(wish: QuoteWish, reply: QuoteReply) -> Quoted:
    fee = reply.fee
    return Quoted(
        wish.ask_id,
        reply.quote_id,
        reply.expires_at,
        tuple(QuotedPieces(line.line, line.held, line.promised_by) for line in reply.lines),
        fee.name,
        fee.gross_minor,
        fee.tax_rate_basis_points,
    )
