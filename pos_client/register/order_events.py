"""What happened to lines that come later; a part of `events`, where all of them are named.

Pure. The thing to get wrong: a name or a street in an event. Events are kept for ever.
"""

from __future__ import annotations

from dataclasses import dataclass

from central_sync.retail.basket import BasketLine


@dataclass(frozen=True, slots=True)
class AddressGiven:
    """Of the address only its id; its words lie sealed under it, written in the same act."""

    address_id: str
    postcode: str


@dataclass(frozen=True, slots=True)
class QuoteAsked:
    """Central is asked what it holds. `is_new`: what it said before is of no use any more."""

    ask_id: str
    is_new: bool = True


@dataclass(frozen=True, slots=True)
class QuoteHeld:
    """Everything is held until `expires_at`; `promises` are (line, day). `fee` replaces the
    fee there was, None takes it away."""

    quote_id: str
    expires_at: str
    promises: tuple[tuple[int, str], ...]
    fee: BasketLine | None = None


@dataclass(frozen=True, slots=True)
class QuoteShort:
    """Nobody can promise these lines."""

    quote_id: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class QuoteMissed:
    """Central does not answer: what it does not hold is a wish."""


@dataclass(frozen=True, slots=True)
class QuoteDropped:
    """There is nothing to ask, or not yet: no promise and no fee."""


@dataclass(frozen=True, slots=True)
class WishApproved:
    """A second person lets a wish be paid above the cap."""

    approved_by: str


OrderEvent = (
    AddressGiven | QuoteAsked | QuoteHeld | QuoteShort | QuoteMissed | QuoteDropped | WishApproved
)
