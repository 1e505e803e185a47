"""What X and Z count: the till's totals of one business day, and what never resets.

Pure. Totals are folded from receipts and register events one by one, in the
same database transaction as the receipt, so a report never has to re-read the
day. Grand totals go on for ever; training never touches them (fiscal-law R12-R14).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from central_sync.retail.item import ItemKind
from central_sync.retail.tax import TaxGroupTotal
from central_sync.retail.tender import TenderKind
from central_sync.retail.transaction import LineItem, ReceiptKind, RetailTransaction


@dataclass(frozen=True, slots=True)
class CountAndSum:
    count: int = 0
    amount_minor: int = 0

    def plus(self, amount_minor: int, count: int = 1) -> CountAndSum:
        return CountAndSum(self.count + count, self.amount_minor + amount_minor)


@dataclass(frozen=True, slots=True)
class TenderTotal:
    """Money taken in one tender, change already deducted; `count` is its payments."""

    tender_id: str
    name: str
    kind: TenderKind
    count: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class CardTotal:
    """What went over the terminal on one brand's cards; both amounts are positive."""

    brand: str
    payments: CountAndSum = CountAndSum()
    refunds: CountAndSum = CountAndSum()


@dataclass(frozen=True, slots=True)
class GrandTotals:
    """Accumulated since the register was new; sales without regard to returns (R14)."""

    sales_minor: int = 0
    returns_minor: int = 0

    @property
    def net_minor(self) -> int:
        return self.sales_minor - self.returns_minor


@dataclass(frozen=True, slots=True)
class TillTotals:
    """One business day on one workstation. Returns are positive amounts.

    `undelivered` is what was sold on the day to be shipped or collected later: orders, and
    their lines' sum. It stays when goods go out or are cancelled, which other tills and days do.
    `loans` and `pickups` are cash put in and taken out by hand, positive amounts.
    """

    business_day: str = ""
    opening_cash_minor: int = 0
    sales_minor: int = 0
    rounding_minor: int = 0
    sales: CountAndSum = CountAndSum()
    returns: CountAndSum = CountAndSum()
    goods_count: int = 0
    service_count: int = 0
    discounts: CountAndSum = CountAndSum()
    price_overrides: CountAndSum = CountAndSum()
    loans: CountAndSum = CountAndSum()
    pickups: CountAndSum = CountAndSum()
    drawer_openings: int = 0
    no_sales: int = 0
    copies: CountAndSum = CountAndSum()
    training: CountAndSum = CountAndSum()
    voided_lines: CountAndSum = CountAndSum()
    unfinished: CountAndSum = CountAndSum()
    tax_groups: tuple[TaxGroupTotal, ...] = ()
    tenders: tuple[TenderTotal, ...] = ()
    cards: tuple[CardTotal, ...] = ()
    undelivered: CountAndSum = CountAndSum()
    grand: GrandTotals = GrandTotals()
    first_receipt: str = ""
    last_receipt: str = ""

    @property
    def receipts(self) -> int:
        return self.sales.count + self.returns.count

    @property
    def cash_minor(self) -> int:
        """Cash taken less cash given back, for sales and returns alone."""
        return sum(t.amount_minor for t in self.tenders if t.kind is TenderKind.CASH)

    @property
    def fund_minor(self) -> int:
        """The opening cash with what was put in and taken out by hand since (R15)."""
        return self.opening_cash_minor + self.loans.amount_minor - self.pickups.amount_minor

    @property
    def expected_cash_minor(self) -> int:
        return self.fund_minor + self.cash_minor


def opened(business_day: str, opening_cash_minor: int, grand: GrandTotals) -> TillTotals:
    """A new day: everything from zero but the grand totals."""
    return TillTotals(business_day=business_day, opening_cash_minor=opening_cash_minor, grand=grand)


def next_day(before: TillTotals, business_day: str, opening_cash_minor: int) -> TillTotals:
    """A new day; what happened since the last Z, with the day closed, belongs to it (R12)."""
    return replace(
        opened(business_day, opening_cash_minor, before.grand),
        copies=before.copies,
        drawer_openings=before.drawer_openings,
        no_sales=before.no_sales,
    )


def with_cash_moved(totals: TillTotals, amount_minor: int) -> TillTotals:
    """The totals after a loan (positive) or a pickup (negative), which opens the drawer."""
    totals = replace(totals, no_sales=totals.no_sales + 1)
    if amount_minor > 0:
        return replace(totals, loans=totals.loans.plus(amount_minor))
    return replace(totals, pickups=totals.pickups.plus(-amount_minor))


def with_receipt(totals: TillTotals, transaction: RetailTransaction) -> TillTotals:
    """The totals after one sale or return receipt."""
    live = transaction.live_lines
    modifiers = [modifier for line in live for modifier in line.modifiers]
    voided = [line for line in transaction.lines if line.is_voided]
    sold = [line for line in live if not _pays_out(line)]
    taken_back = -sum(line.gross_minor for line in live if _pays_out(line))
    sales = sum(line.gross_minor for line in sold)
    discounts = totals.discounts
    overrides = totals.price_overrides
    for modifier in modifiers:
        if modifier.kind == "discount":
            discounts = discounts.plus(modifier.amount_minor)
        elif modifier.amount_minor > 0:  # a raised price reduced nothing (R12.18)
            overrides = overrides.plus(modifier.amount_minor)
    is_return = transaction.kind is ReceiptKind.RETURN
    return replace(
        totals,
        sales_minor=totals.sales_minor + sales,
        rounding_minor=totals.rounding_minor + transaction.rounding_minor,
        sales=totals.sales if is_return else totals.sales.plus(sales),
        # A deposit paid out on a sale's receipt is money back, and no receipt of its own.
        returns=totals.returns.plus(taken_back, int(is_return)),
        goods_count=totals.goods_count + _pieces(sold, ItemKind.GOODS),
        service_count=totals.service_count + _pieces(sold, ItemKind.SERVICE),
        discounts=discounts,
        price_overrides=overrides,
        voided_lines=totals.voided_lines.plus(
            sum(abs(line.at_price(line.unit_price_minor)) for line in voided), len(voided)
        ),
        tax_groups=add_tax_groups(totals.tax_groups, transaction.tax_groups),
        tenders=_with_payments(totals.tenders, transaction),
        undelivered=_with_order(totals.undelivered, transaction),
        cards=_with_cards(totals.cards, transaction),
        first_receipt=totals.first_receipt or transaction.receipt_number,
        last_receipt=transaction.receipt_number,
        grand=GrandTotals(
            totals.grand.sales_minor + sales, totals.grand.returns_minor + taken_back
        ),
    )


def add_tax_groups(
    first: Iterable[TaxGroupTotal], second: Iterable[TaxGroupTotal]
) -> tuple[TaxGroupTotal, ...]:
    """Sum per rate, highest rate first."""
    sums: dict[int, tuple[int, int]] = {}
    for group in (*first, *second):
        gross, vat = sums.get(group.rate_basis_points, (0, 0))
        sums[group.rate_basis_points] = (gross + group.gross_minor, vat + group.vat_minor)
    return tuple(TaxGroupTotal(rate, *sums[rate]) for rate in sorted(sums, reverse=True))


def _with_order(undelivered: CountAndSum, transaction: RetailTransaction) -> CountAndSum:
    if transaction.order is None:
        return undelivered
    later = sum(line.gross_minor for line in transaction.order.lines if line.is_carried)
    return undelivered.plus(later)


def _pays_out(line: LineItem) -> bool:
    return bool(line.original_receipt_id) or line.gross_minor < 0


def _pieces(lines: Iterable[LineItem], kind: ItemKind) -> int:
    return sum(line.quantity for line in lines if line.kind is kind)


def _with_payments(
    tenders: tuple[TenderTotal, ...], transaction: RetailTransaction
) -> tuple[TenderTotal, ...]:
    totals = {total.tender_id: total for total in tenders}
    change = transaction.change_minor
    for payment in transaction.payments:
        amount = payment.amount_minor
        if payment.kind is TenderKind.CASH:
            amount, change = amount - change, 0
        before = totals.get(payment.tender_id)
        totals[payment.tender_id] = TenderTotal(
            payment.tender_id,
            payment.name,
            payment.kind,
            (before.count if before else 0) + 1,
            (before.amount_minor if before else 0) + amount,
        )
    return tuple(totals.values())


def _with_cards(
    cards: tuple[CardTotal, ...], transaction: RetailTransaction
) -> tuple[CardTotal, ...]:
    """Per brand what the terminal moved; a tip is in it, the sale's own total has none."""
    totals = {total.brand: total for total in cards}
    for payment in transaction.payments:
        if payment.card is None or payment.kind is not TenderKind.CARD:
            continue
        brand = payment.card.brand
        before = totals.get(brand, CardTotal(brand))
        moved = abs(payment.amount_minor) + payment.card.tip_minor
        if payment.amount_minor < 0:
            totals[brand] = replace(before, refunds=before.refunds.plus(moved))
        else:
            totals[brand] = replace(before, payments=before.payments.plus(moved))
    return tuple(totals.values())


@dataclass(frozen=True, slots=True)
class CardCount:
    """One brand at the day's end: our sums beside the terminal's own."""

    ours: CardTotal
    theirs: CardTotal

    @property
    def brand(self) -> str:
        return self.ours.brand

    @property
    def difference_minor(self) -> int:
        """What the terminal has beyond us, refunds deducted."""
        return _net(self.theirs) - _net(self.ours)

    @property
    def differs(self) -> bool:
        return self.ours != self.theirs


def _net(total: CardTotal) -> int:
    return total.payments.amount_minor - total.refunds.amount_minor


def card_counts(ours: Iterable[CardTotal], theirs: Iterable[CardTotal]) -> tuple[CardCount, ...]:
    """Every brand that either side knows, by name."""
    mine = {total.brand: total for total in ours}
    their = {total.brand: total for total in theirs}
    return tuple(
        CardCount(mine.get(brand, CardTotal(brand)), their.get(brand, CardTotal(brand)))
        for brand in sorted(mine.keys() | their.keys())
    )


@dataclass(frozen=True, slots=True)
class TenderCount:
    """One tender at settlement: what was counted beside what was expected."""

    tender_id: str
    name: str
    expected_minor: int
    counted_minor: int

    @property
    def difference_minor(self) -> int:
        return self.counted_minor - self.expected_minor


@dataclass(frozen=True, slots=True)
class DayReport:
    """X or Z. `number` is the Z series' own unbroken number; 0 on an X report.

    `terminal` says how the card terminal took part in a Z: "compared" (then `cards` has both
    sides), "no_answer", or "" where there is none.
    """

    title: str
    number: int
    at: str
    local_time: str
    seller_name: str
    organisation_number: str
    workstation: str
    operator_name: str
    currency: str
    totals: TillTotals
    counts: tuple[TenderCount, ...] = ()
    cards: tuple[CardCount, ...] = ()
    terminal: str = ""
