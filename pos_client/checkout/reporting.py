"""X and Z: the day's totals as a report, and how totals follow what happened.

Counting, sealing and posting are separate steps: a Z is final here and now, with
or without a network (pos-features pain 5 and 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from central_sync.retail.tender import TenderKind
from central_sync.retail.till import (
    CountAndSum,
    DayReport,
    TenderCount,
    TillTotals,
    card_counts,
    next_day,
    opened,
    with_cash_moved,
)
from pos_client.register import events as happened
from pos_client.register.events import Event
from pos_client.register.shop import Facts, Shop
from pos_client.register.state import Register


def totals_after(totals: TillTotals, event: Event) -> TillTotals:
    """Everything but receipts, which are counted when they are completed."""
    if isinstance(event, happened.DayOpened):
        return next_day(totals, event.day, event.opening_cash_minor)
    if isinstance(event, happened.DrawerOpened | happened.DrawerForced):
        return replace(
            totals, drawer_openings=totals.drawer_openings + 1, no_sales=totals.no_sales + 1
        )
    if isinstance(event, happened.CashMoved):
        moved = with_cash_moved(totals, event.amount_minor)
        return replace(moved, drawer_openings=moved.drawer_openings + 1)
    if isinstance(event, happened.DayClosed):
        return opened("", 0, totals.grand)
    return totals


def day_report(
    title: str,
    state: Register,
    totals: TillTotals,
    shop: Shop,
    facts: Facts,
    *,
    number: int = 0,
    counted: Mapping[str, int] | None = None,
) -> DayReport:
    """The report as of now. `counted` is what a person counted per tender (Z only)."""
    parked = shop.suspended()
    totals = replace(
        totals,
        unfinished=CountAndSum(len(parked), sum(p.basket.total_minor for p in parked)),
    )
    return DayReport(
        title=title,
        number=number,
        at=facts.at,
        local_time=facts.local_time,
        seller_name=f"{shop.seller.company}, {shop.seller.store_name}",
        organisation_number=shop.seller.organisation_number,
        workstation=shop.workstation,
        operator_name=state.operator.name if state.operator else "",
        currency=shop.country.currency.code,
        totals=totals,
        counts=_counts(totals, shop, counted) if counted is not None else (),
    )


def with_terminal(report: DayReport, closed: happened.DayClosed) -> DayReport:
    """The Z with the card terminal's sums beside ours, per brand."""
    if not closed.has_terminal:
        return report
    if closed.terminal is None:
        return replace(report, terminal="no_answer")
    counts = card_counts(report.totals.cards, closed.terminal)
    return replace(report, terminal="compared", cards=counts)


def _counts(totals: TillTotals, shop: Shop, counted: Mapping[str, int]) -> tuple[TenderCount, ...]:
    """Every tender of the shop that was counted or that money was taken in."""
    taken = {total.tender_id: total.amount_minor for total in totals.tenders}
    counts = []
    for tender in shop.tenders:
        expected = taken.get(tender.tender_id, 0)
        if tender.kind is TenderKind.CASH:
            expected += totals.fund_minor
        if tender.tender_id in counted or expected:
            # What nobody counted is not silently right: it stands as zero counted.
            amount = counted.get(tender.tender_id, 0)
            counts.append(TenderCount(tender.tender_id, tender.name, expected, amount))
    return tuple(counts)
