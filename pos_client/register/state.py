"""The register between two commands: the fold of what has happened.

Pure. Saved as it is after every sale and rebuilt from it and the events since,
so a power cut resumes in the middle of a basket. Messages are not in here: they
answer a command, they are not a fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from central_sync.retail.basket import Basket, BasketLine
from central_sync.retail.operator import Operator
from pos_client.register.card import CardPayment
from pos_client.register.goods_list import GoodsList

EMPTY = Basket()


@dataclass(frozen=True, slots=True)
class PendingApproval:
    """A command that needs a second person, kept as it was asked (`retail.plain.tagged`)."""

    command: dict[str, Any]
    action: str
    line_name: str = ""
    from_minor: int = 0
    to_minor: int = 0
    basis_points: int = 0
    limit_basis_points: int = 0
    limit_minor: int = 0


@dataclass(frozen=True, slots=True)
class Completing:
    """The basket is paid and has its number; it waits for its seal.

    `may_be_held`: the fiscal unit was asked and may have stored it under that number.
    """

    number: int
    at: str
    local_time: str
    problem: str = ""
    may_be_held: bool = False


@dataclass(frozen=True, slots=True)
class Completed:
    """What the cashier still has to see of the sale that just ended; `waits_minor` of a return is
    left to central and in no hand yet."""

    receipt_id: str
    receipt_number: str
    total_minor: int
    rounding_minor: int
    change_minor: int
    is_return: bool
    waits_minor: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """The day is counted and approved; it waits for the card terminal's own sums."""

    counted: tuple[tuple[str, int], ...]
    approved_by: str = ""


@dataclass(frozen=True, slots=True)
class PendingWeighing:
    """A line that lacks only its weight; `problem` is why the scale gave none, or ""."""

    weighing_id: str
    line: BasketLine
    tare_grams: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PriceCheck:
    """`price_minor` is for a piece, of weighed goods for a kilogram."""

    sku: str
    name: str
    gtin: str
    price_minor: int
    is_weighed: bool = False


@dataclass(frozen=True, slots=True)
class Register:
    """`day` is the open business day or "". `next_number` is the next receipt's.

    `cards` are the card payments that are not over: the one under way, those taken for the
    open basket, and those set aside with their sale. `card_witness` is a request that the
    terminal has answered; `is_reconciling`: its sums of a closed day are still to be closed.

    `exchange` is the other basket of an exchange: the return that waits while something else is
    sold, and once it is settled (it has a payment) the document that follows the first.

    `wrong_pin_numbers` names the operator of each wrong PIN, "" where there is none of that number.
    """

    operator: Operator | None = None
    day: str = ""
    basket: Basket = EMPTY
    next_line: int = 1
    next_number: int = 1
    next_z_number: int = 1
    approval: PendingApproval | None = None
    completing: Completing | None = None
    last: Completed | None = None
    price_check: PriceCheck | None = None
    wrong_pin_numbers: tuple[str, ...] = ()
    locked_until: str = ""
    cards: tuple[CardPayment, ...] = ()
    next_card: int = 1
    card_witness: str = ""
    closing: Closing | None = None
    is_reconciling: bool = False
    weighing: PendingWeighing | None = None
    goods: GoodsList | None = None
    exchange: Basket | None = None

    @property
    def card(self) -> CardPayment | None:
        """The card payment that this lane waits for; nothing else is done meanwhile."""
        waiting = (card for card in self.cards if card.is_under_way and not card.is_aside)
        return next(waiting, None)

    @property
    def has_basket(self) -> bool:
        return bool(self.basket.live)
