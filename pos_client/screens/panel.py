"""The right panel of wide terminals: the day's small facts beside the sale.

Pure. Nothing here may be needed to do the work; at 80 columns it is not shown.
"""

from __future__ import annotations

from datetime import datetime

from pos_client.screens.rows import BLANK, Look, Row, across, fit, row, wrapped
from pos_client.screens.status import age_text, short_name
from pos_client.screens.till import Till

PANEL_WIDTH = 38


def panel_rows(till: Till, width: int, height: int) -> list[Row]:
    """Exactly `height` rows."""
    blocks = (_store(till, width), _receipts(till, width), _parked(till, width), _sync(till, width))
    rows: list[Row] = []
    for block in blocks:
        if block:
            rows += [*block, BLANK]
    return (rows + [BLANK] * height)[:height]


def _head(till: Till, key: str, width: int) -> Row:
    return row(fit(" " + till.say(f"panel.{key}"), width), Look.STRONG)


def _line(left: str, right: str, width: int) -> Row:
    return row(across(f"  {left}", f"{right} ", width))


def _store(till: Till, width: int) -> list[Row]:
    setup = till.view.setup
    rows = [row(fit(" " + setup.store_name, width), Look.STRONG)]
    if till.view.business_day:
        day = till.say("panel.day", day=till.view.business_day)
        rows.append(row(fit("  " + day, width), Look.DIM))
    if setup.is_demo:
        rows.append(row(fit("  " + till.say("panel.demo"), width), Look.ATTENTION))
    return rows


def _receipts(till: Till, width: int) -> list[Row]:
    """The newest receipts that this screen saw being made."""
    if not till.receipts:
        return []
    rows = [_head(till, "receipts", width)]
    for receipt in till.receipts:
        rows.append(_line(receipt.receipt_number, till.money(receipt.total_minor), width))
        if receipt.change_minor:
            label = till.say("panel.change")
            rows.append(_line(f"  {label}", till.money(receipt.change_minor), width))
    return rows


def _parked(till: Till, width: int) -> list[Row]:
    parked = till.view.suspended
    if not parked:
        return []
    rows = [_head(till, "parked", width)]
    for basket in parked[:4]:
        at = datetime.fromisoformat(basket.at).astimezone(till.here().tzinfo)
        left = f"{at:%H:%M} {short_name(basket.operator_name, 12)}"
        rows.append(_line(left, till.money(basket.total_minor), width))
    if len(parked) > 4:
        rows.append(_line(till.say("panel.more", count=len(parked) - 4), "", width))
    return rows


def _sync(till: Till, width: int) -> list[Row]:
    """What the status row has no room to say in words."""
    status = till.view.status
    rows: list[Row] = []
    if status.sync_problem:
        rows += _sentence(till.words.say(status.sync_problem), width)
    if status.waiting_prints:
        rows += _sentence(till.counted("prints", status.waiting_prints), width)
    if status.outbox and not status.is_online:
        age = age_text(till, status.oldest_unsent_seconds or 0)
        rows += _sentence(till.say("panel.unsent", count=status.outbox, age=age), width)
    return [_head(till, "notice", width), *rows] if rows else []


def _sentence(text: str, width: int) -> list[Row]:
    return [row(f"  {line}") for line in wrapped(text, width - 3)]
