"""The closed sale or return: frozen, complete in itself, and what central receives.

Pure. A transaction embeds every name, price, rate and rule result that it used,
so nothing about it is ever looked up or computed again (sync-reliability 4.1).
Its plain form (`retail.plain`) is the payload of a journal entry of kind
"receipt". Invariant: sum of lines + rounding = sum of payments − change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from central_sync.retail.basket import PriceModifier
from central_sync.retail.item import ItemKind
from central_sync.retail.money import price_of_weight
from central_sync.retail.orders.order import CustomerOrder, Mode
from central_sync.retail.tax import TaxGroupTotal
from central_sync.retail.tender import Payment


class ReceiptKind(StrEnum):
    """A receipt's kind is a kind, not a flag (glossary; fiscal-law R3-R7)."""

    SALE = "sale"
    RETURN = "return"
    COPY = "copy"
    TRAINING = "training"
    PROFORMA = "proforma"


@dataclass(frozen=True, slots=True)
class LineItem:
    """`quantity`, `gross_minor` and `vat_minor` are negative on a return line.

    `original_receipt`/`original_line` name what a return line takes back. So is
    `weight_grams`; a line that has it costs its prices for a kilogram. For the fields
    of labels, lots and deposits see `basket.BasketLine`. Fields are only ever added at
    the end, with a default: an older central must read what a newer till wrote.
    """

    line: int
    sku: str
    name: str
    gtin: str
    kind: ItemKind
    quantity: int
    list_price_minor: int
    unit_price_minor: int
    gross_minor: int
    vat_minor: int
    tax_rate_basis_points: int
    modifiers: tuple[PriceModifier, ...] = ()
    is_voided: bool = False
    original_receipt_id: str = ""
    original_receipt: str = ""
    original_line: int = 0
    return_reason: str = ""
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
    refund_key: str = ""
    pays_order: str = ""
    pays_line: int = 0
    held: bool = False

    @property
    def moved(self) -> int:
        """What left the shelf, negative on a return: grams where it goes by weight, else pieces.

        A line that only pays what an order owes (`refund_key`), or is still due of it
        (`pays_order`), moves nothing: the order's parcels do. What is `held` comes back to
        the shelf when central has seen its sale.
        """
        if self.refund_key or self.pays_order or self.held:
            return 0
        return self.weight_grams or self.quantity * (self.content_grams or 1)

    @property
    def returnable(self) -> int:
        """What may be taken back of it: its grams, or its pieces."""
        return self.weight_grams or self.quantity

    def at_price(self, unit_price_minor: int) -> int:
        """The undiscounted line at this price, negative on a return."""
        if self.weight_grams:
            return price_of_weight(unit_price_minor, self.weight_grams)
        return self.quantity * unit_price_minor


@dataclass(frozen=True, slots=True)
class Sealed:
    """The control unit's answer as it stands on the receipt."""

    code: str
    unit_id: str
    counter: int
    notice: str = ""


@dataclass(frozen=True, slots=True)
class Seller:
    """Who sells: what Swedish law wants at the head of a receipt (R3 a, b, e)."""

    company: str
    organisation_number: str
    store_id: str
    store_name: str
    address: str
    postcode: str
    town: str
    phone: str = ""
    footer: str = ""


@dataclass(frozen=True, slots=True)
class RetailTransaction:
    """`number` counts receipts of one workstation and epoch without a gap.

    `at` is ISO 8601 UTC with Z; `local_time` what the receipt shows. Totals are
    in minor units of `currency`; `change_minor` is cash handed back (≥ 0). `order` has the
    lines that come later, by the receipt's line numbers, and no personal data. `customer_id`
    names a customer and tells nothing of one.
    """

    receipt_id: str
    receipt_number: str
    number: int
    kind: ReceiptKind
    at: str
    local_time: str
    business_day: str
    seller: Seller
    workstation: str
    operator: str
    operator_name: str
    currency: str
    lines: tuple[LineItem, ...]
    tax_groups: tuple[TaxGroupTotal, ...]
    total_minor: int
    rounding_minor: int
    payments: tuple[Payment, ...]
    change_minor: int
    seal: Sealed | None = None
    order: CustomerOrder | None = None
    customer_id: str = ""

    @property
    def ordered(self) -> frozenset[int]:
        """Numbers of the lines that an order delivers, and of its fee: they were not taken here."""
        lines = self.order.lines if self.order else ()
        return frozenset(line.line for line in lines if line.mode is not Mode.TAKEN)

    @property
    def taken_lines(self) -> tuple[LineItem, ...]:
        """Lines whose goods changed hands here; an order sends the others from its parcels."""
        if self.order is None:
            return self.live_lines
        carried = {line.line for line in self.order.lines if line.is_carried}
        return tuple(line for line in self.live_lines if line.line not in carried)

    @property
    def live_lines(self) -> tuple[LineItem, ...]:
        return tuple(line for line in self.lines if not line.is_voided)

    @property
    def vat_minor(self) -> int:
        return sum(group.vat_minor for group in self.tax_groups)

    @property
    def discount_minor(self) -> int:
        return sum(m.amount_minor for line in self.live_lines for m in line.modifiers)

    def check(self) -> None:
        """Assert what must be true of every transaction, on writing and on reading."""
        lines = sum(line.gross_minor for line in self.live_lines)
        paid = sum(payment.amount_minor for payment in self.payments)
        assert lines == self.total_minor, "lines do not sum to the total"
        assert self.total_minor + self.rounding_minor == paid - self.change_minor
        assert sum(g.gross_minor for g in self.tax_groups) == self.total_minor
        assert sum(line.vat_minor for line in self.live_lines) == self.vat_minor
