"""What a quote's lines cost: central's own prices, or those the asker has agreed, and the fee.

VAT is contained in every amount. The thing to get wrong: two fees. The shipping fee comes
from the same rules for web shop and till, once an order, and not for what is collected.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from central_sync.countries import COUNTRIES
from central_sync.database import tables as t
from central_sync.database.trip import Reply, Trip, among
from central_sync.retail.orders import Mode, OrderLine, Promise
from central_sync.retail.tax import TaxRate, UnknownTaxGroup, rate_on, tax, vat_in
from central_sync.server.orders.rules import OrderRules
from central_sync.server.refused import invalid, not_found
from central_sync.wire.quotes import Fee, QuoteLine


@dataclass(frozen=True, slots=True)
class Priced:
    name: str
    price_minor: int
    tax_group: str


# Made once: to build a statement costs as much as to run it.
_RATES = select(t.tax_rate)
_PRICED = (
    select(t.item.c.sku, t.item.c.name, t.item.c.tax_group, t.price.c.price_minor)
    .join(t.price, t.price.c.sku == t.item.c.sku)
    .where(among(t.item.c.sku, "skus"), t.item.c.is_blocked == 0)
)


@dataclass(frozen=True, slots=True)
class Prices:
    """What a trip was asked of items and taxes; `country` is the chain's."""

    priced: Reply
    rates: Reply
    country: str

    @property
    def tax_rates(self) -> tuple[TaxRate, ...]:
        """The chain's own rates, or those of its country."""
        own = tuple(
            TaxRate(row.tax_group, row.rate_basis_points, row.valid_from) for row in self.rates.rows
        )
        return own or COUNTRIES[self.country].tax_rates


def ask_prices(trip: Trip, skus: Iterable[str], country: str) -> Prices:
    return Prices(trip.ask(_PRICED, skus=sorted(set(skus))), trip.ask(_RATES), country)


def order_lines(prices: Prices, asked: Sequence[QuoteLine], day: str) -> tuple[OrderLine, ...]:
    """The quote's lines as an order will have them; raises Refused."""
    known = _priced(prices)
    rates = prices.tax_rates
    parts: list[tuple[int, int]] = []
    for line in asked:
        item = known.get(line.sku)
        if item is None:
            raise not_found(f"there is no item {line.sku} for sale")
        gross = item.price_minor * line.quantity if line.gross_minor is None else line.gross_minor
        parts.append((gross, _rate(rates, item.tax_group, day)))
    vats = tax(parts).line_vat_minor
    return tuple(
        OrderLine(
            line=line.line,
            sku=line.sku,
            name=known[line.sku].name,
            quantity=line.quantity,
            gross_minor=gross,
            vat_minor=vat,
            tax_rate_basis_points=rate,
            mode=Mode(line.mode),
            promise=Promise.RESERVED,
            collect_store_id=line.collect_store_id if line.mode == "collect" else "",
        )
        for line, (gross, rate), vat in zip(asked, parts, vats, strict=True)
    )


def fee_of(prices: Prices, rules: OrderRules, lines: Iterable[OrderLine], day: str) -> Fee:
    """Shipping for all that ships together; free from a sum of goods on."""
    shipped = [line.gross_minor for line in lines if line.mode is Mode.SHIP]
    is_free = rules.free_from_minor and sum(shipped) >= rules.free_from_minor
    if not shipped or is_free or not rules.fee_minor:
        return Fee()
    rate = _rate(prices.tax_rates, rules.fee_tax_group, day)
    return Fee(
        name=rules.fee_name,
        gross_minor=rules.fee_minor,
        vat_minor=vat_in(rules.fee_minor, rate),
        tax_rate_basis_points=rate,
        tax_group=rules.fee_tax_group,
    )


def fee_line(number: int, fee: Fee) -> OrderLine:
    return OrderLine(
        line=number,
        sku="",
        name=fee.name,
        quantity=1,
        gross_minor=fee.gross_minor,
        vat_minor=fee.vat_minor,
        tax_rate_basis_points=fee.tax_rate_basis_points,
        mode=Mode.FEE,
        promise=Promise.TAKEN,
    )


def _priced(prices: Prices) -> Mapping[str, Priced]:
    return {row.sku: Priced(row.name, row.price_minor, row.tax_group) for row in prices.priced.rows}


def _rate(rates: Sequence[TaxRate], group: str, day: str) -> int:
    try:
        return rate_on(rates, group, day)
    except UnknownTaxGroup as problem:
        raise invalid(f"there is no tax rate for {group!r} on {day}") from problem
