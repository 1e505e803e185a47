"""What happened to an exchange; a part of `events`, where all of them are named.

Pure. Nothing of it is a journal entry: the two receipts are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from central_sync.retail.basket import Basket
from pos_client.register.state import Register


@dataclass(frozen=True, slots=True)
class ExchangeStarted:
    amount_minor: int


@dataclass(frozen=True, slots=True)
class ExchangeDropped:
    """Back to the return."""


@dataclass(frozen=True, slots=True)
class ExchangeSettled:
    """`first` is covered whole and becomes a receipt now, `second` follows it."""

    first: Basket
    second: Basket


@dataclass(frozen=True, slots=True)
class ExchangeUnsettled:
    """The first document got no seal: both baskets are as they were before."""


ExchangeEvent = ExchangeStarted | ExchangeDropped | ExchangeSettled | ExchangeUnsettled


def _on(state: Register, basket: Basket, other: Basket | None) -> Register:
    next_line = max((line.line for line in basket.lines), default=0) + 1
    return replace(state, basket=basket, exchange=other, next_line=next_line, last=None)


def _started(state: Register, event: ExchangeStarted) -> Register:
    return _on(state, Basket(customer_id=state.basket.customer_id), state.basket)


def _dropped(state: Register, event: ExchangeDropped) -> Register:
    return _on(state, state.exchange or Basket(), None)


def _settled(state: Register, event: ExchangeSettled) -> Register:
    return _on(state, event.first, event.second)


def _unsettled(state: Register, event: ExchangeUnsettled) -> Register:
    pair = [replace(each, payments=()) for each in (state.basket, state.exchange) if each]
    sold = next((each for each in pair if not each.is_return), Basket())
    returned = next((each for each in pair if each.is_return), None)
    return _on(state, sold, returned)


def with_the_other(state: Register) -> Register:
    """After the first document: the second is the basket, with what was set off as its payment."""
    if state.exchange is None or not state.exchange.payments:
        return state
    return _on(state, state.exchange, None)


EXCHANGE_FOLDS: dict[type[Any], Callable[[Register, Any], Register]] = {
    ExchangeStarted: _started,
    ExchangeDropped: _dropped,
    ExchangeSettled: _settled,
    ExchangeUnsettled: _unsettled,
}
