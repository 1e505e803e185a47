"""One line of a supplier's invoice beside what was agreed and what came. Pure.

Pieces are exact; a price may lie within the chain's tolerance. The thing to get wrong: a price
that one side does not know. It is no difference: there is nothing to hold it against.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from central_sync.retail.money import BASIS_POINTS


@dataclass(frozen=True, slots=True)
class InvoiceRule:
    """How far a charged price may lie from the agreed one, in basis points of the agreed one."""

    price_tolerance_basis_points: int = 50


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """Pieces charged and received; what a piece costs, VAT not included, None where unknown.

    `cost_minor` is what is charged, `agreed_minor` what was agreed when the goods were announced.
    """

    sku: str
    charged: int
    received: int
    cost_minor: int | None = None
    agreed_minor: int | None = None

    @property
    def pieces_over(self) -> int:
        """Pieces charged too many (positive) or too few."""
        return self.charged - self.received

    def price_over_minor(self, rule: InvoiceRule) -> int:
        """What a piece is charged too much (positive) or too little, beyond the tolerance."""
        if self.cost_minor is None or self.agreed_minor is None or not self.charged:
            return 0
        over = self.cost_minor - self.agreed_minor
        free = self.agreed_minor * rule.price_tolerance_basis_points
        return 0 if abs(over) * BASIS_POINTS <= free else over

    def fits(self, rule: InvoiceRule) -> bool:
        return not self.pieces_over and not self.price_over_minor(rule)

    def claim_minor(self, rule: InvoiceRule) -> int:
        """What the supplier owes of this line (negative: what we owe); 0 without prices."""
        cost = self.agreed_minor if self.cost_minor is None else self.cost_minor
        if cost is None:
            return 0
        right = cost - self.price_over_minor(rule)
        return self.charged * cost - self.received * right


def claim_of(lines: Iterable[InvoiceLine], rule: InvoiceRule) -> int:
    """The credit note to ask for, in minor units; never below nothing."""
    return max(0, sum(line.claim_minor(rule) for line in lines))
