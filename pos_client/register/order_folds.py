"""How what happened to lines that come later changes the basket; a part of `evolve`.

Pure. The thing to get wrong: a promise that outlives the wish it was given for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from central_sync.retail.basket import BasketLine
from central_sync.retail.order_draft import Answer
from central_sync.retail.orders.order import Promise
from pos_client.register import order_events as happened
from pos_client.register.state import Register


def _later(state: Register, **changes: Any) -> Register:
    order = replace(state.basket.order, **changes)
    return replace(state, basket=replace(state.basket, order=order))


def _address_given(state: Register, event: happened.AddressGiven) -> Register:
    return _later(state, address_id=event.address_id, postcode=event.postcode)


def _quote_asked(state: Register, event: happened.QuoteAsked) -> Register:
    """Where central was away, lines stay wishes until it answers: a payment need not wait."""
    if not event.is_new:
        return _later(state, asked=event.ask_id)
    if state.basket.order.answer is Answer.AWAY:
        return _promised(_later(state, asked=event.ask_id), Promise.INTENT)
    asked = _later(state, asked=event.ask_id, answer=Answer.NONE, short=())
    return _promised(asked, Promise.TAKEN)


def _quote_held(state: Register, event: happened.QuoteHeld) -> Register:
    held = _later(
        state,
        asked="",
        answer=Answer.HELD,
        quote_id=event.quote_id,
        expires_at=event.expires_at,
        short=(),
    )
    return _with_fee(_promised(held, Promise.RESERVED, dict(event.promises)), event.fee)


def _quote_short(state: Register, event: happened.QuoteShort) -> Register:
    short = _later(state, asked="", answer=Answer.SHORT, quote_id=event.quote_id, short=event.lines)
    return _with_fee(_promised(short, Promise.TAKEN), None)


def _quote_missed(state: Register, event: happened.QuoteMissed) -> Register:
    if state.basket.order.answer is Answer.HELD:
        return _later(state, asked="")
    missed = _later(state, asked="", answer=Answer.AWAY, quote_id="", expires_at="", short=())
    return _with_fee(_promised(missed, Promise.INTENT), None)


def _quote_dropped(state: Register, event: happened.QuoteDropped) -> Register:
    dropped = _later(state, asked="", answer=Answer.NONE, quote_id="", expires_at="", short=())
    return _with_fee(_promised(dropped, Promise.TAKEN), None)


def _wish_approved(state: Register, event: happened.WishApproved) -> Register:
    return _later(state, wish_approved_by=event.approved_by)


def _promised(
    state: Register, promise: Promise, by_line: Mapping[int, str] = MappingProxyType({})
) -> Register:
    """Every line that comes later, with what is promised of it now."""
    lines = tuple(
        replace(line, promise=promise, promised_by=by_line.get(line.line, ""))
        if line.comes_later
        else line
        for line in state.basket.lines
    )
    return replace(state, basket=replace(state.basket, lines=lines))


def _with_fee(state: Register, fee: BasketLine | None) -> Register:
    """The fee as it is now, in its place; it is no line that anybody voids."""
    lines = [line for line in state.basket.lines if not line.is_fee]
    if fee is not None:
        lines.append(fee)
    lines.sort(key=lambda line: line.line)
    next_line = max(state.next_line, fee.line + 1 if fee else 0)
    return replace(state, basket=replace(state.basket, lines=tuple(lines)), next_line=next_line)


ORDER_FOLDS: dict[type[Any], Callable[[Register, Any], Register]] = {
    happened.AddressGiven: _address_given,
    happened.QuoteAsked: _quote_asked,
    happened.QuoteHeld: _quote_held,
    happened.QuoteShort: _quote_short,
    happened.QuoteMissed: _quote_missed,
    happened.QuoteDropped: _quote_dropped,
    happened.WishApproved: _wish_approved,
}
