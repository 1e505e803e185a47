"""The X and Z reports as paper, with every field the law asks for, zero or not.

Pure. Fields after SKVFS 2014:9 7 kap 2-3 §§ (fiscal-law R12-R14, numbered below
as there). The thing to get wrong: leaving a field out because it is zero today;
an inspector reads an absent field as a missing one.
"""

from __future__ import annotations

from central_sync.countries.country import Country
from central_sync.retail.till import CardTotal, CountAndSum, DayReport, TenderCount, TillTotals
from hardware.document import Align, Columns, Document, Element, Rule, Text
from pos_client.receipts.checkpoints import END, HEAD
from pos_client.receipts.paper import Paper, amount, marking, paper_for, tax_table


def report_document(
    report: DayReport, country: Country, *, language: str | None = None
) -> Document:
    """X (number 0) or Z; a Z also shows counted money against expected, per tender."""
    paper = paper_for(country, language)
    totals = report.totals
    return Document(
        (
            *_head(report, paper),
            Rule(),
            HEAD,
            *_sales(totals, paper),
            Rule(),
            *_taxes(totals, paper),
            Rule(),
            *_tenders(totals, paper),
            *_settlement(report.counts, paper),
            *_cards(report, paper),
            Rule(),
            *_counters(totals, paper),
            Rule(),
            *_grand(totals, paper),
            *END,
        )
    )


def _label(paper: Paper, key: str) -> str:
    return paper.say(f"report.{key}")


def _head(report: DayReport, paper: Paper) -> list[Element]:
    """1 name and number, 2 date and time, 3 the title, 4 the register."""
    organisation = f"{paper.say('organisation_number')} {report.organisation_number}"
    workstation = f"{paper.say('workstation')} {report.workstation}"
    head: list[Element] = [
        Text(report.seller_name, Align.CENTRE, bold=True),
        Text(organisation, Align.CENTRE),
        marking(report.title),
    ]
    if report.number:
        head.append(Text(f"{_label(paper, 'number')} {report.number}", Align.CENTRE, bold=True))
    return [
        *head,
        Columns(workstation, report.local_time),
        Columns(_label(paper, "business_day"), report.totals.business_day),
        Columns(_label(paper, "operator"), report.operator_name),
    ]


def _sales(totals: TillTotals, paper: Paper) -> list[Element]:
    """5 total sales, 16 returns, and what is left of them."""
    net = totals.sales_minor - totals.returns.amount_minor
    return [
        amount(_label(paper, "sales"), totals.sales_minor, paper, bold=True),
        _counted(_label(paper, "returns"), totals.returns, paper),
        amount(_label(paper, "net"), net, paper),
        amount(_label(paper, "rounding"), totals.rounding_minor, paper),
        *_undelivered(totals, paper),
    ]


def _undelivered(totals: TillTotals, paper: Paper) -> list[Element]:
    """Sold on the day to be shipped or collected later; what has gone out since is still in it."""
    if not totals.undelivered.count:
        return []
    return [_counted(_label(paper, "undelivered"), totals.undelivered, paper)]


def _taxes(totals: TillTotals, paper: Paper) -> list[Element]:
    """7 VAT per rate."""
    vat = sum(group.vat_minor for group in totals.tax_groups)
    return [
        Text(_label(paper, "tax")),
        *tax_table(totals.tax_groups, paper),
        amount(_label(paper, "tax_total"), vat, paper),
    ]


def _tenders(totals: TillTotals, paper: Paper) -> list[Element]:
    """15 money per means of payment, 8 opening cash with its changes (R15), and what the drawer
    should hold."""
    return [
        Text(_label(paper, "tenders")),
        *(
            _counted(tender.name, CountAndSum(tender.count, tender.amount_minor), paper)
            for tender in totals.tenders
        ),
        amount(_label(paper, "opening_cash"), totals.opening_cash_minor, paper),
        _counted(_label(paper, "loans"), totals.loans, paper),
        _counted(_label(paper, "pickups"), totals.pickups, paper),
        amount(_label(paper, "expected_cash"), totals.expected_cash_minor, paper),
    ]


def _settlement(counts: tuple[TenderCount, ...], paper: Paper) -> list[Element]:
    if not counts:
        return []
    rows: list[Element] = [Rule(), Text(_label(paper, "counts"))]
    for count in counts:
        rows += [
            Text(count.name),
            amount(f"  {_label(paper, 'expected')}", count.expected_minor, paper),
            amount(f"  {_label(paper, 'counted')}", count.counted_minor, paper),
            amount(f"  {_label(paper, 'difference')}", count.difference_minor, paper, bold=True),
        ]
    return rows


def _cards(report: DayReport, paper: Paper) -> list[Element]:
    """What went over the card terminal; on a Z beside the terminal's own sums."""
    rows: list[Element] = []
    if report.terminal != "compared":
        for total in report.totals.cards:
            rows += _card_rows(total, paper)
    for count in report.cards:
        if not count.differs:
            rows += _card_rows(count.ours, paper)
            continue
        rows += [Text(f"  {_label(paper, 'card_ours')}"), *_card_rows(count.ours, paper)]
        rows += [Text(f"  {_label(paper, 'card_theirs')}"), *_card_rows(count.theirs, paper)]
        label = f"  {_label(paper, 'difference')}"
        rows.append(amount(label, count.difference_minor, paper, bold=True))
    if report.terminal == "no_answer":
        rows.append(Text(_label(paper, "card_no_answer"), bold=True))
    elif report.terminal and not any(count.differs for count in report.cards):
        rows.append(Text(_label(paper, "card_equal")))
    return [Rule(), Text(_label(paper, "cards")), *rows] if rows else []


def _card_rows(total: CardTotal, paper: Paper) -> list[Element]:
    brand = total.brand or "?"
    rows: list[Element] = [_counted(f"  {brand}", total.payments, paper)]
    if total.refunds.count:
        rows.append(_counted(f"  {brand} {_label(paper, 'card_refunds')}", total.refunds, paper))
    return rows


def _counters(totals: TillTotals, paper: Paper) -> list[Element]:
    """9-14 and 17-19: how many of each, and for how much."""
    return [
        _number(paper, "goods", totals.goods_count),
        _number(paper, "services", totals.service_count),
        _number(paper, "receipts", totals.receipts),
        _number(paper, "sale_receipts", totals.sales.count, indent=True),
        _number(paper, "return_receipts", totals.returns.count, indent=True),
        Columns(_label(paper, "first_receipt"), totals.first_receipt or "-"),
        Columns(_label(paper, "last_receipt"), totals.last_receipt or "-"),
        _number(paper, "drawer_openings", totals.drawer_openings),
        _number(paper, "no_sales", totals.no_sales, indent=True),
        _counted(_label(paper, "copies"), totals.copies, paper),
        _counted(_label(paper, "training"), totals.training, paper),
        _counted(_label(paper, "discounts"), totals.discounts, paper),
        Text(_label(paper, "other_reductions")),
        _counted(f"  {_label(paper, 'price_overrides')}", totals.price_overrides, paper),
        _counted(f"  {_label(paper, 'voided_lines')}", totals.voided_lines, paper),
        _counted(_label(paper, "unfinished"), totals.unfinished, paper),
    ]


def _grand(totals: TillTotals, paper: Paper) -> list[Element]:
    """20-22: what never resets."""
    grand = totals.grand
    return [
        Text(_label(paper, "grand")),
        amount(f"  {_label(paper, 'grand_sales')}", grand.sales_minor, paper),
        amount(f"  {_label(paper, 'grand_returns')}", grand.returns_minor, paper),
        amount(f"  {_label(paper, 'grand_net')}", grand.net_minor, paper),
    ]


def _number(paper: Paper, key: str, count: int, *, indent: bool = False) -> Columns:
    return Columns(f"{'  ' if indent else ''}{_label(paper, key)}", str(count))


def _counted(label: str, counted: CountAndSum, paper: Paper) -> Columns:
    """A label, how many, and the money: "Kort (3)      1 234,50"."""
    return Columns(f"{label} ({counted.count})", paper.money(counted.amount_minor))
