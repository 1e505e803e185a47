"""The basket window: lines, discounts and voids, the current one reversed and marked.

Pure. Only what is visible is built, so a basket of 200 lines costs the same as
one of ten. A discount or price reason takes a row of its own under its line.
"""

from __future__ import annotations

from pos_client.register.view import LineView
from pos_client.screens.later import later_text
from pos_client.screens.reasons import reason_text
from pos_client.screens.rows import Look, Row, fit, marked, right, row, unmarked
from pos_client.screens.till import Till

_NUMBER, _QUANTITY, _PRICE, _SUM = 3, 6, 12, 14
_AROUND = _NUMBER + 1 + _QUANTITY + _PRICE + _SUM + 2


def basket_header(till: Till, width: int) -> Row:
    columns = (
        right("#", _NUMBER)
        + " "
        + fit(till.say("basket.item"), width - _AROUND)
        + right(till.say("basket.quantity"), _QUANTITY)
        + right(till.say("basket.price"), _PRICE)
        + right(till.say("basket.sum"), _SUM)
    )
    return row(f" {columns} ", Look.DIM)


def basket_rows(till: Till, current: int, width: int, height: int) -> list[Row]:
    """At most `height` rows with the current line (by its number) among them."""
    rows: list[Row] = []
    for line in _visible(till.view.lines, current, height):
        text = _line_text(till, line, width - 2)
        if line.line == current and not line.is_voided:
            rows.append(marked(text, width))
        else:
            rows.append(unmarked(text, width, Look.DIM if line.is_voided else Look.PLAIN))
        if _has_note(line):
            rows.append(unmarked(_note_text(till, line, width - 2), width, Look.DIM))
    return rows


def _has_note(line: LineView) -> bool:
    is_noted = line.saved_minor or line.is_price_overridden or line.reason
    return not line.is_voided and bool(is_noted or line.promise)


def _visible(lines: tuple[LineView, ...], current: int, height: int) -> tuple[LineView, ...]:
    """The last lines that fit, moved up when the current one is above them."""
    end = len(lines)
    first = _first_that_fits(lines, end, height)
    at = next((at for at, line in enumerate(lines) if line.line == current), end - 1)
    while at < first:
        end -= 1
        first = _first_that_fits(lines, end, height)
    return lines[first:end]


def _first_that_fits(lines: tuple[LineView, ...], end: int, height: int) -> int:
    first, used = end, 0
    while first > 0:
        used += 2 if _has_note(lines[first - 1]) else 1
        if used > height:
            break
        first -= 1
    return first


def _line_text(till: Till, line: LineView, width: int) -> str:
    name = f"{line.name}  {till.say('basket.voided')}" if line.is_voided else line.name
    quantity = -line.quantity if line.is_return else line.quantity
    total = 0 if line.is_voided else line.total_minor + line.saved_minor
    return (
        right(str(line.line), _NUMBER)
        + " "
        + fit(name, width + 2 - _AROUND)
        + right(_amount(till, line, quantity), _QUANTITY)
        + right(till.money(line.unit_price_minor), _PRICE)
        + right(till.money(total), _SUM)
    )


def _amount(till: Till, line: LineView, quantity: int) -> str:
    """Pieces, or kilograms to the gram where it went by weight."""
    if line.weight_grams:
        return till.words.kilograms(-line.weight_grams if line.is_return else line.weight_grams)
    return str(quantity).replace("-", "−")


def _note_text(till: Till, line: LineView, width: int) -> str:
    """Under a line: − Rabatt 10 % skadad   −49,90"""
    reason = reason_text(till, line.reason)
    if line.promise:
        label = later_text(till, line)
    elif line.is_return:
        label = till.say("basket.returned", reason=reason)
    elif line.saved_minor:
        percent = till.words.percent(line.discount_basis_points)
        rate = f" {percent}" if line.discount_basis_points else ""
        label = till.say("basket.discount", rate=rate, reason=reason)
    else:
        label = till.say("basket.new_price", reason=reason)
    amount = till.money(-line.saved_minor) if line.saved_minor else ""
    start = " " * (_NUMBER + 1)
    return start + fit(label, width - _NUMBER - 1 - _SUM) + right(amount, _SUM)
