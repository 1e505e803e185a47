"""The whole picture as rows, for any terminal size.

Pure: (till, width, height) -> Picture. 80x24 is laid out to the row (tui-ux
section 9): status first; message, entry and two key rows last. From 100 columns
a panel stands to the right; below 80x24 only total, message and entry are left,
so that a sale can still be ended in a window that was dragged too small.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_client.register.advice import paper_advice
from pos_client.register.view import Level, Message, Mode
from pos_client.screens.digits import big
from pos_client.screens.page import Page
from pos_client.screens.panel import PANEL_WIDTH, panel_rows
from pos_client.screens.rows import BLANK, Look, Part, Row, across, filled, fit, row, width_of
from pos_client.screens.status import status_row
from pos_client.screens.till import Till

LEAST_WIDTH, LEAST_HEIGHT = 80, 24
WIDE = 100
_BELOW = 4
"""Message, entry and two rows of keys."""
_TOTAL_ROWS = 5
"""Summary, current line and three rows of digits."""
_LABEL_WIDTH = 24
_LEVEL_LOOKS = {
    Level.INFO: Look.STRONG,
    Level.REFUSAL: Look.REFUSAL,
    Level.TROUBLE: Look.ATTENTION,
    Level.FAULT: Look.STOP,
}
_LEVEL_SIGNS = {Level.INFO: " ", Level.REFUSAL: "!", Level.TROUBLE: "▲", Level.FAULT: "✖"}


@dataclass(frozen=True, slots=True)
class Picture:
    """`rows` are exactly `height` rows of `width` cells; the cursor is where typing goes."""

    rows: tuple[Row, ...]
    cursor_x: int
    cursor_y: int


def compose(till: Till, width: int, height: int) -> Picture:
    """Draw everything; a terminal of any size gets what fits."""
    if width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return _small(till, width, height)
    page = till.page
    middle = height - 1 - _BELOW
    left = width - PANEL_WIDTH - 1 if width >= WIDE else width
    rows = _middle(till, page, left, middle)
    if left < width:
        rows = _beside(rows, panel_rows(till, PANEL_WIDTH, middle), left)
    entry, cursor_x = entry_row(till, page, width)
    below = [message_row(till, width), entry, *key_rows(till, page, width)]
    return Picture((status_row(till, width), *rows, *below), cursor_x, height - 3)


def _middle(till: Till, page: Page, width: int, height: int) -> list[Row]:
    space = height - (_TOTAL_ROWS if page.shows_total else 0)
    body = page.body(width, space - 1)[: space - 1]
    rows = [filled(part, width) for part in (page.head(width), *body)]
    rows += [filled(BLANK, width)] * (space - len(rows))
    if page.shows_total:
        rows += total_rows(till, width)
    return rows


def _beside(left: list[Row], panel: list[Row], left_width: int) -> list[Row]:
    bar: Part = ("│", Look.DIM)
    return [
        (*filled(a, left_width), bar, *filled(b, PANEL_WIDTH))
        for a, b in zip(left, panel, strict=True)
    ]


def total_rows(till: Till, width: int) -> list[Row]:
    """Summary, the line last touched, and what is to pay in digits three rows high."""
    top, middle, bottom = big(till.money(_shown_total(till)).replace("\u00a0", " "))
    spare = width - width_of(top) - 3
    label = fit(" " + till.say(_total_label(till)), min(_LABEL_WIDTH, max(spare, 0)))
    blank = " " * width_of(label)
    digits = [
        filled(
            (
                (start, Look.STRONG),
                (" " * max(0, spare - width_of(start)), Look.PLAIN),
                (text, Look.STRONG),
            ),
            width,
        )
        for start, text in ((blank, top), (label, middle), (blank, bottom))
    ]
    return [_summary(till, width), _line_row(till, width), *digits]


def _shown_total(till: Till) -> int:
    view, last = till.view, till.view.last_receipt
    if not view.lines and last is not None:
        return last.change_minor or abs(last.total_minor)
    is_paying = view.payments and view.mode is Mode.SALE
    return abs(view.due_minor if is_paying else view.total_minor)


def _total_label(till: Till) -> str:
    view, last = till.view, till.view.last_receipt
    if not view.lines and last is not None:
        if last.change_minor:
            return "total.change"
        return "total.refunded" if last.is_return else "total.paid"
    if view.is_return:
        return "total.to_refund"
    return "total.left" if view.payments and view.mode is Mode.SALE else "total.to_pay"


def _summary(till: Till, width: int) -> Row:
    view = till.view
    whose = _whose(till)
    if not view.item_count:
        day = till.say("summary.day", day=view.business_day)
        told = across(f" {day}", f"{whose} ", width) if whose else f" {day}"
        return filled(row(told, Look.DIM), width)
    kind = till.say("summary.return") if view.is_return else ""
    items = till.counted("items", view.item_count)
    facts = till.say("summary.facts", items=items, vat_minor=abs(view.vat_minor))
    minor = view.exchange_minor
    swap = till.say("summary.exchange", amount_minor=minor) if minor else ""
    left = "   ".join(part for part in (kind, swap, whose) if part)
    return row(across(f" {left}", f"{facts} ", width), Look.PLAIN)


def _whose(till: Till) -> str:
    customer = till.view.customer
    if customer is None:
        return ""
    name = customer.name or customer.member_number or till.say("summary.known_at_central")
    return till.say("summary.customer", name=name)


def _line_row(till: Till, width: int) -> Row:
    view = till.view
    line = next((line for line in reversed(view.lines) if line.line == view.last_line), None)
    if line is None:
        return filled(BLANK, width)
    price = till.money(line.unit_price_minor)
    amount = f"{till.words.kilograms(line.weight_grams)} kg" if line.weight_grams else line.quantity
    return row(across(f" ▸ {line.name}", f"{amount} × {price} ", width), Look.STRONG)


def message_row(till: Till, width: int) -> Row:
    """What was refused and what to do; or the sale just made; or nothing."""
    if not till.is_connected:
        key = "link.waiting" if till.was_connected else "link.starting"
        return filled(row(" ▲ " + till.say(key), Look.ATTENTION), width, Look.ATTENTION)
    if not till.has_lease:
        return filled(row(" ▲ " + till.say("link.watching"), Look.ATTENTION), width, Look.ATTENTION)
    message = till.message
    if message is not None:
        text = f"{_LEVEL_SIGNS[message.level]} {message_text(till, message)}"
        look = _LEVEL_LOOKS[message.level]
        return filled(row(text, look), width, look if look is Look.REFUSAL else Look.PLAIN)
    advice = paper_advice(till.view.status) if till.view.item_count else ""
    if advice and not till.page.tells_of_paper:
        return filled(row(f" ▲ {till.words.say(advice)}", Look.ATTENTION), width)
    return filled(row(" " + _receipt_text(till), Look.STRONG), width)


def message_text(till: Till, message: Message) -> str:
    return till.words.say(message.key, **(message.values or {}))


def _receipt_text(till: Till) -> str:
    """Change stays until the next line: nothing has to be closed after a payment."""
    view = till.view
    last = view.last_receipt
    if last is None or view.lines or view.mode is not Mode.SALE:
        return ""
    key = "done.return" if last.is_return else ("done.change" if last.change_minor else "done.even")
    return till.say(
        key,
        number=last.receipt_number,
        total_minor=abs(last.total_minor),
        change_minor=last.change_minor,
    )


def entry_row(till: Till, page: Page, width: int) -> tuple[Row, int]:
    """The entry line and the column of its cursor."""
    text = "•" * len(page.entry.text) if page.is_secret else page.entry.text
    start = f" {page.prompt()} > " if page.prompt() else " > "
    hint = page.hint()
    room = max(1, width - width_of(start) - width_of(hint) - 3)
    first = max(0, page.entry.at - room + 1)
    before, after = text[first : page.entry.at], text[page.entry.at : first + room]
    shown = f"{before}▏{after}"
    line = across(start + shown, f"{hint} " if hint else "", width)
    return row(line, Look.PLAIN), min(width - 1, width_of(start) + width_of(before))


def key_rows(till: Till, page: Page, width: int) -> list[Row]:
    """F1-F6 and F7-F12 with what they do here; empty where they do nothing."""
    labels = page.labels()
    cell = _key_width(width)
    rows = []
    for first in (1, 7):
        parts: list[Part] = []
        for number in range(first, first + 6):
            name = f"F{number} "
            label = till.say(f"key.{labels[number]}") if number in labels else ""
            parts += [(name if label else " " * len(name), Look.KEY)]
            parts += [(fit(label, cell - len(name)), Look.PLAIN)]
        if first == 7:
            parts += [("Esc ", Look.KEY), (till.say(till.page.escape_key), Look.PLAIN)]
        rows.append(filled(tuple(parts), width))
    return rows


def _key_width(width: int) -> int:
    return min(18, (width - len("Esc") - 5) // 6)


def function_at(x: int, y: int, width: int, height: int) -> int:
    """Which F key a touch on the key rows means; 0 for none, -1 for Esc."""
    at = y - (height - 2)
    if at not in (0, 1) or width < LEAST_WIDTH or height < LEAST_HEIGHT:
        return 0
    column = x // _key_width(width)
    if column < 6:
        return at * 6 + column + 1
    return -1 if at == 1 else 0


def _small(till: Till, width: int, height: int) -> Picture:
    """Total, message and entry, at the bottom of whatever is left."""
    width, height = max(width, 1), max(height, 1)
    total = till.say(_total_label(till))
    entry, cursor_x = entry_row(till, till.page, width)
    last = [
        row(fit(f" {till.page.title()}", width), Look.DIM),
        row(across(f" {total}", f"{till.money(_shown_total(till))} ", width), Look.STRONG),
        message_row(till, width),
        filled(entry, width),
    ][-height:]
    rows = [filled(BLANK, width)] * (height - len(last)) + last
    return Picture(tuple(rows), cursor_x, height - 1)
