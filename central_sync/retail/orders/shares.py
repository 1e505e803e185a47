"""How one payment over a whole basket divides over its lines and tenders, to the öre.

Pure. Rows (lines) and columns (payments) both sum exactly. What a line still holds of
each payment is kept on the line; a refund takes its amount (a step on the line's fixed
gross, `share_after`) out of that. The thing to get wrong: rounding each tender's part by
itself, so that the parts no longer sum to what the receipt gives back.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from central_sync.retail.money import allocate

UNPAID = ""


@dataclass(frozen=True, slots=True)
class TenderShare:
    """`amount_minor` of a line is held by payment number `payment` in `tender_id`.

    Tender "" is what is still to be paid; the ordinal tells two cards apart.
    """

    tender_id: str
    amount_minor: int
    payment: int = 0


Row = tuple[TenderShare, ...]


def payment_shares(lines_minor: Sequence[int], paid: Sequence[tuple[str, int]]) -> tuple[Row, ...]:
    """Per line, how much each payment paid of it; zero shares are left out.

    `paid` is (tender_id, amount) after change and rounding, all ≥ 0 and no more than the
    lines' sum; what is missing becomes a share of `UNPAID`.
    """
    missing = sum(lines_minor) - sum(amount for _, amount in paid)
    assert missing >= 0, "more was paid than the lines cost"
    assert all(amount >= 0 for amount in (*lines_minor, *(amount for _, amount in paid)))
    left = tuple(
        TenderShare(tender_id, amount, ordinal) for ordinal, (tender_id, amount) in enumerate(paid)
    )
    left += (TenderShare(UNPAID, missing, -1),)
    rows = []
    for gross_minor in lines_minor:
        row = taken_from(left, gross_minor)
        left = without(left, row)
        rows.append(row)
    return tuple(rows)


def taken_from(row: Row, amount_minor: int) -> Row:
    """An amount in the proportions of what a row holds; never more of a tender than is there."""
    parts = allocate(amount_minor, [share.amount_minor for share in row])
    return tuple(
        replace(share, amount_minor=part) for share, part in zip(row, parts, strict=True) if part
    )


def without(row: Row, taken: Row) -> Row:
    """What a row holds after `taken` went out of it."""
    gone = {share.payment: share.amount_minor for share in taken}
    left = (
        replace(share, amount_minor=share.amount_minor - gone.get(share.payment, 0))
        for share in row
    )
    return tuple(share for share in left if share.amount_minor)


def with_payment(
    rows: Sequence[Row], tender_id: str, amount_minor: int, ordinal: int
) -> tuple[Row, ...]:
    """The shares after a later payment: what was unpaid goes over to its tender."""
    unpaid = [unpaid_of(row) for row in rows]
    assert 0 < amount_minor <= sum(unpaid)
    parts = allocate(amount_minor, unpaid)
    return tuple(
        _paid(row, TenderShare(tender_id, part, ordinal))
        for row, part in zip(rows, parts, strict=True)
    )


def next_ordinal(rows: Sequence[Row]) -> int:
    return 1 + max((share.payment for row in rows for share in row), default=-1)


def unpaid_of(row: Row) -> int:
    return sum(share.amount_minor for share in row if share.tender_id == UNPAID)


def paid_of(row: Row) -> int:
    return sum(share.amount_minor for share in row if share.tender_id != UNPAID)


def _paid(row: Row, share: TenderShare) -> Row:
    if not share.amount_minor:
        return row
    return (*without(row, (TenderShare(UNPAID, share.amount_minor, -1),)), share)
