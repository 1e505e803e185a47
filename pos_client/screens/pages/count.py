"""Count the till and close the day (Z). Blind: what should be there is never shown.

Notes and coins first, then one total for each other tender; a person may count
again as often as needed before the digit that closes the day for good.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_client.register.commands import CloseDay
from pos_client.register.view import TenderView, View
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.entry import amount_minor
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.rows import Look, Row, across, marked, row, unmarked, wrapped
from pos_client.screens.till import Till

DENOMINATIONS_MINOR = {
    "SEK": (100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100),
}
MOST_PIECES = 9_999


@dataclass(slots=True)
class _Field:
    """One thing to count: `each_minor` is a note or coin, 0 a typed total."""

    tender_id: str
    label: str
    each_minor: int
    typed: int | None = None

    @property
    def amount_minor(self) -> int:
        return (self.typed or 0) * (self.each_minor or 1)


class CountPage(Page):
    name = "count"
    is_form = True

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.fields: list[_Field] = []
        self.cursor = 0

    def opened(self) -> None:
        super().opened()
        self.cursor = 0
        self.fields = [field for tender in self.till.view.tenders for field in self._fields(tender)]

    def _fields(self, tender: TenderView) -> list[_Field]:
        coins = DENOMINATIONS_MINOR.get(self.till.view.setup.currency, ())
        if tender.kind != "cash" or not coins:
            return [_Field(tender.tender_id, tender.name, 0)]
        return [
            _Field(tender.tender_id, f"{tender.name} {coin // 100:>5} ×", coin) for coin in coins
        ]

    def seen(self, before: View) -> None:
        if self.till.view.business_day != before.business_day:
            self.till.home()

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        explain = wrapped(self.till.say("count.explain"), width - 6)
        obstacles = self._obstacles()
        rows: list[Row] = [row(f"   {line}", Look.DIM) for line in explain]
        rows += [row(f"   ▲ {line}", Look.ATTENTION) for line in obstacles]
        room = max(1, height - len(rows) - 1)
        for at in window(self.cursor, len(self.fields), room):
            text = self._text(self.fields[at], width - 2)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        total = self.till.say("count.total", total_minor=self._total())
        return [*rows, row(across("", f"{total} ", width), Look.STRONG)]

    def _obstacles(self) -> list[str]:
        view, say = self.till.view, self.till.say
        warnings = []
        if view.cards:
            warnings.append(say("count.cards", count=len(view.cards)))
        if view.suspended:
            warnings.append(say("count.parked", count=len(view.suspended)))
        if view.status.outbox:
            warnings.append(say("count.unsent", count=view.status.outbox))
        return warnings

    def _text(self, field: _Field, width: int) -> str:
        typed = "–" if field.typed is None else str(field.typed)
        if not field.each_minor and field.typed is not None:
            typed = ""
        amount = self.till.money(field.amount_minor) if field.typed is not None else ""
        return across(f"  {field.label:<16} {typed:>6}", f"{amount}  ", width)

    def _total(self) -> int:
        return sum(field.amount_minor for field in self.fields)

    def prompt(self) -> str:
        return self.fields[self.cursor].label.rstrip(" ×") if self.fields else ""

    def hint(self) -> str:
        pieces = bool(self.fields and self.fields[self.cursor].each_minor)
        return self.till.say("count.pieces" if pieces else "count.amount")

    def labels(self) -> Labels:
        return {2: "recount", 12: "hand_in"}

    # -- keys

    def enter(self) -> None:
        """Take what is typed (nothing is none) and go on to the next."""
        if not self._take():
            return
        if self.cursor == len(self.fields) - 1:
            self._confirm()
        else:
            self.cursor += 1

    def _take(self) -> bool:
        field = self.fields[self.cursor]
        text = self.entry.text.strip()
        if field.each_minor:
            typed = int(text) if text.isascii() and text.isdigit() else None
            is_good = typed is not None and typed <= MOST_PIECES
        else:
            typed = amount_minor(text)
            is_good = typed is not None
        if text and not is_good:
            self.till.refuse("amount.unreadable", text=text)
            return False
        self.entry.clear()
        if text or field.typed is None:
            field.typed = typed if text else 0
        return True

    def function(self, number: int) -> None:
        if number == 12:
            if not self.entry.text or self._take():
                self._confirm()
        elif number == 2:
            self.opened()
        else:
            super().function(number)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.fields))
        if to is not None and (not self.entry.text or self._take()):
            self.cursor = to

    def _confirm(self) -> None:
        say = self.till.say
        totals: dict[str, int] = {}
        for field in self.fields:
            totals[field.tender_id] = totals.get(field.tender_id, 0) + field.amount_minor
        names = {tender.tender_id: tender.name for tender in self.till.view.tenders}
        facts = [f"{names[key]}: {self.till.money(total)}" for key, total in totals.items()]
        close = CloseDay(tuple(totals.items()))
        options = numbered(
            [
                (say("count.close"), lambda: self.till.do(close)),
                (say("count.again"), self.opened),
            ]
        )
        facts.append(say("count.for_good"))
        self.till.choose(Choice(say("title.count"), options, tuple(facts)))
