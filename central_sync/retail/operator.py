"""Who stands at the till, and what each role may do before a second person is asked.

Pure. A limit is never "may not": above it another person with the right gives
their PIN, and both names are journalled. The same person's PIN does not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    CASHIER = "cashier"
    SENIOR = "senior"
    MANAGER = "manager"
    IT = "it"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a role may do alone; rates in basis points of the line, money in minor units.

    `may_decide_cards`: say whether a payment nobody can look up was paid, and refund to a
    card that is not known to be the one that paid. `may_adjust_stock`: change what the book
    says without a count. `may_sell_wishes`: take more than the cap for goods that central has
    not promised. `may_return_unheard`: pay out or exchange more than the caps on a receipt that
    only its own code proves. `may_overdraw_drawer`: pay out more cash than the books say is in
    the drawer.
    """

    discount_basis_points: int
    price_override_basis_points: int
    refund_minor: int
    may_void_basket: bool = True
    may_close_day: bool = True
    may_open_drawer: bool = True
    may_decide_cards: bool = False
    may_sell_expired: bool = False
    may_adjust_stock: bool = False
    may_sell_wishes: bool = False
    may_return_unheard: bool = False
    may_overdraw_drawer: bool = False


LIMITS: dict[Role, Limits] = {
    Role.CASHIER: Limits(1_500, 1_000, 200_000, may_open_drawer=False),
    Role.SENIOR: Limits(3_000, 3_000, 500_000, may_adjust_stock=True),
    Role.MANAGER: Limits(
        10_000,
        10_000,
        100_000_000,
        may_decide_cards=True,
        may_sell_expired=True,
        may_adjust_stock=True,
        may_sell_wishes=True,
        may_return_unheard=True,
        may_overdraw_drawer=True,
    ),
    Role.IT: Limits(0, 0, 0, may_void_basket=False, may_close_day=False, may_open_drawer=False),
    Role.AUDITOR: Limits(
        0, 0, 0, may_void_basket=False, may_close_day=False, may_open_drawer=False
    ),
}


@dataclass(frozen=True, slots=True)
class Operator:
    """`pin_hash` is an argon2 string; the PIN itself is nowhere."""

    number: str
    name: str
    role: Role
    pin_hash: str = ""
    language: str = "sv"

    @property
    def limits(self) -> Limits:
        return LIMITS[self.role]
