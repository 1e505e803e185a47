"""VAT: rates that have dates, and tax computed per rate group, then split to lines.

Pure. The thing to get wrong: computing VAT per line and adding up. The law's
figure is per rate on the whole receipt; lines get their share by largest
remainder so that both views agree to the öre (fiscal-law E0, E2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from central_sync.retail.money import BASIS_POINTS, allocate, divide_half_up


@dataclass(frozen=True, slots=True)
class TaxRate:
    """`group` has `rate_basis_points` from the ISO date `valid_from` on."""

    group: str
    rate_basis_points: int
    valid_from: str


@dataclass(frozen=True, slots=True)
class TaxGroupTotal:
    """One rate's share of a receipt: gross is what is paid, VAT included."""

    rate_basis_points: int
    gross_minor: int
    vat_minor: int

    @property
    def net_minor(self) -> int:
        return self.gross_minor - self.vat_minor


class UnknownTaxGroup(LookupError):
    """No rate for this group on this day; the item must not be sold."""


def rate_on(rates: Sequence[TaxRate], group: str, business_day: str) -> int:
    """The rate (basis points) of a tax group on an ISO date; raises UnknownTaxGroup."""
    valid = [r for r in rates if r.group == group and r.valid_from <= business_day]
    if not valid:
        raise UnknownTaxGroup(group)
    return max(valid, key=lambda rate: rate.valid_from).rate_basis_points


def vat_in(gross_minor: int, rate_basis_points: int) -> int:
    """The VAT contained in a gross amount, half away from zero."""
    return divide_half_up(gross_minor * rate_basis_points, BASIS_POINTS + rate_basis_points)


@dataclass(frozen=True, slots=True)
class Taxed:
    """VAT per line, in the order given, and the totals per rate, highest rate first."""

    line_vat_minor: tuple[int, ...]
    groups: tuple[TaxGroupTotal, ...]


def tax(lines: Sequence[tuple[int, int]]) -> Taxed:
    """Tax lines of (gross_minor, rate_basis_points).

    Within a rate what is sold and what is paid out (a deposit) are taxed apart, so that
    each reverses to the öre what it would be alone (fiscal-law E5).
    """
    line_vat = [0] * len(lines)
    groups = []
    for rate in sorted({rate for _, rate in lines}, reverse=True):
        members = [at for at, (_, its_rate) in enumerate(lines) if its_rate == rate]
        gross = sum(lines[at][0] for at in members)
        sold = [at for at in members if lines[at][0] >= 0]
        paid_out = [at for at in members if lines[at][0] < 0]
        vat = 0
        for part in (sold, paid_out):
            part_vat = vat_in(sum(lines[at][0] for at in part), rate)
            vat += part_vat
            shares = allocate(part_vat, [abs(lines[at][0]) for at in part])
            for at, share in zip(part, shares, strict=True):
                line_vat[at] = share
        groups.append(TaxGroupTotal(rate, gross, vat))
    return Taxed(tuple(line_vat), tuple(groups))
