"""The open basket: lines that can still change, and what they come to right now.

Pure. A line's number is given once and never reused; voiding marks a line, it
never removes it. A basket sells or takes back, never both: the two are separate
documents under Swedish law (fiscal-law E6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from central_sync.retail.item import ItemKind
from central_sync.retail.money import price_of_weight, share_of
from central_sync.retail.order_draft import NO_ORDER, OrderDraft
from central_sync.retail.orders.order import Mode, Promise
from central_sync.retail.tax import TaxGroupTotal, tax
from central_sync.retail.tender import Payment, TenderKind


@dataclass(frozen=True, slots=True)
class PriceModifier:
    """A discount or price change on one line, always with a reason.

    `amount_minor` is what the customer saves on the whole line. `approved_by` is
    the second person's operator number, or "" when the cashier's own limit held.
    """

    kind: str
    amount_minor: int
    reason: str
    approved_by: str = ""
    basis_points: int = 0


@dataclass(frozen=True, slots=True)
class ReturnOf:
    """Which line of which receipt is taken back, and its fixed share of what was paid.

    `refund_key`: no goods come back, an order owes this money; `shares` says to which tenders.
    `held`: only the receipt's own code speaks for it, so the goods are kept aside until central
    has seen the sale.
    """

    receipt_id: str
    receipt_number: str
    line: int
    gross_minor: int
    vat_minor: int
    reason: str
    refund_key: str = ""
    shares: tuple[tuple[str, int], ...] = ()
    held: bool = False


@dataclass(frozen=True, slots=True)
class BasketLine:
    """`quantity` is in pieces and positive, also on a return line.

    A line sold by weight has `weight_grams` (net), one piece, and prices for one
    kilogram. A line sold at the price on its label has `is_label_price`, that price for
    a piece, and what the pack holds in `content_grams`, 0 where nobody knows;
    `price_differs` says that our own price would have made another sum. A deposit
    slip is a line with a negative price, once and never discounted. `mode` says how the
    customer gets it, and a line that comes later what was promised of it. `pays_order` and
    `pays_line`: it is no new sale but takes what an order still owes of one of its lines.
    """

    line: int
    sku: str
    name: str
    gtin: str
    kind: ItemKind
    quantity: int
    list_price_minor: int
    unit_price_minor: int
    tax_rate_basis_points: int
    price_reason: str = ""
    price_approved_by: str = ""
    discount_basis_points: int = 0
    discount_minor: int = 0
    discount_reason: str = ""
    discount_approved_by: str = ""
    is_voided: bool = False
    returned: ReturnOf | None = None
    weight_grams: int = 0
    weight_reason: str = ""
    is_label_price: bool = False
    price_differs: bool = False
    content_grams: int = 0
    lot: str = ""
    serial: str = ""
    expires_on: str = ""
    expiry_approved_by: str = ""
    deposit_slip: str = ""
    mode: Mode = Mode.TAKEN
    collect_store_id: str = ""
    collect_store_name: str = ""
    promise: Promise = Promise.TAKEN
    promised_by: str = ""
    pays_order: str = ""
    pays_line: int = 0

    @property
    def comes_later(self) -> bool:
        return self.mode in (Mode.SHIP, Mode.COLLECT) and not self.is_voided

    @property
    def is_fee(self) -> bool:
        return self.mode is Mode.FEE

    @property
    def before_discount_minor(self) -> int:
        return self.at_price(self.unit_price_minor)

    def at_price(self, unit_price_minor: int) -> int:
        """What the whole line would cost at this price for a piece, or for a kilogram."""
        if self.weight_grams:
            return price_of_weight(unit_price_minor, self.weight_grams)
        return self.quantity * unit_price_minor

    @property
    def saved_minor(self) -> int:
        """The line discount in money, never more than the line."""
        if self.discount_basis_points:
            return share_of(self.before_discount_minor, self.discount_basis_points)
        return max(0, min(self.discount_minor, self.before_discount_minor))

    @property
    def gross_minor(self) -> int:
        """What this line adds to the total: negative on a return, 0 when voided."""
        if self.is_voided:
            return 0
        if self.returned is not None:
            return -self.returned.gross_minor
        return self.before_discount_minor - self.saved_minor

    def modifiers(self) -> tuple[PriceModifier, ...]:
        found = []
        if self.unit_price_minor != self.list_price_minor:
            saved = self.at_price(self.list_price_minor) - self.before_discount_minor
            found.append(
                PriceModifier("override", saved, self.price_reason, self.price_approved_by)
            )
        if self.saved_minor:
            found.append(
                PriceModifier(
                    "discount",
                    self.saved_minor,
                    self.discount_reason,
                    self.discount_approved_by,
                    self.discount_basis_points,
                )
            )
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Basket:
    """`payments` are those already taken towards this basket; `customer_id` whose it is."""

    basket_id: str = ""
    lines: tuple[BasketLine, ...] = ()
    payments: tuple[Payment, ...] = ()
    customer_id: str = ""
    order: OrderDraft = NO_ORDER

    @property
    def is_unheard(self) -> bool:
        """It takes back what only a receipt's own code speaks for."""
        return any(line.returned is not None and line.returned.held for line in self.live)

    @property
    def live(self) -> tuple[BasketLine, ...]:
        return tuple(line for line in self.lines if not line.is_voided)

    @property
    def later(self) -> tuple[BasketLine, ...]:
        """What is shipped or collected."""
        return tuple(line for line in self.lines if line.comes_later)

    @property
    def wishes(self) -> tuple[BasketLine, ...]:
        """What nobody has promised yet."""
        return tuple(line for line in self.later if line.promise is Promise.INTENT)

    @property
    def fee(self) -> BasketLine | None:
        """The shipping fee, which follows central's quote."""
        return next((line for line in self.lines if line.is_fee), None)

    @property
    def is_return(self) -> bool:
        """Goods are taken back; a deposit slip among sold goods is none."""
        return any(line.returned is not None for line in self.live)

    @property
    def only_pays_out(self) -> bool:
        """A return, or deposit slips and nothing sold: its receipt is a return receipt."""
        return bool(self.live) and all(line.returned or line.deposit_slip for line in self.live)

    @property
    def total_minor(self) -> int:
        return sum(line.gross_minor for line in self.lines)

    @property
    def paid_minor(self) -> int:
        return sum(payment.amount_minor for payment in self.payments)

    @property
    def remaining_minor(self) -> int:
        """Negative when money is to be given back (a return, or cash with change)."""
        return self.total_minor - self.paid_minor

    @property
    def has_cash(self) -> bool:
        return any(payment.kind is TenderKind.CASH for payment in self.payments)

    def find(self, line: int) -> BasketLine | None:
        return next((found for found in self.lines if found.line == line), None)


@dataclass(frozen=True, slots=True)
class BasketTax:
    """VAT per live line, in the order of `Basket.live`, and totals per rate."""

    line_vat_minor: tuple[int, ...]
    groups: tuple[TaxGroupTotal, ...]

    @property
    def vat_minor(self) -> int:
        return sum(group.vat_minor for group in self.groups)


def basket_tax(lines: Sequence[BasketLine]) -> BasketTax:
    """Tax of live lines; a returned line keeps the VAT of the original sale (E3)."""
    if any(line.returned is not None for line in lines):
        return _returned_tax(lines)
    taxed = tax([(line.gross_minor, line.tax_rate_basis_points) for line in lines])
    return BasketTax(taxed.line_vat_minor, taxed.groups)


def _returned_tax(lines: Sequence[BasketLine]) -> BasketTax:
    vat = tuple(-line.returned.vat_minor if line.returned else 0 for line in lines)
    groups = []
    for rate in sorted({line.tax_rate_basis_points for line in lines}, reverse=True):
        members = [at for at, line in enumerate(lines) if line.tax_rate_basis_points == rate]
        gross = sum(lines[at].gross_minor for at in members)
        groups.append(TaxGroupTotal(rate, gross, sum(vat[at] for at in members)))
    return BasketTax(vat, tuple(groups))
