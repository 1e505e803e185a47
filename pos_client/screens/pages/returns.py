"""Returns: the receipt's number, which of its lines, why; then the refund is paid like a sale.

Commands go one at a time, because any of them may need a second person; when one
is refused or declined the rest are dropped and the basket tells what was taken.
"""

from __future__ import annotations

from typing import ClassVar

from pos_client.register.codes import CodeClass, classify
from pos_client.register.commands import ReturnLine
from pos_client.register.queries import (
    Answer,
    FindReceipt,
    FoundItems,
    ReceiptDoubt,
    ReceiptLineView,
    ReceiptView,
    Search,
)
from pos_client.register.view import View
from pos_client.screens.core_port import Scan
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.reasons import choose_reason
from pos_client.screens.rows import BLANK, Look, Row, across, marked, row, unmarked, wrapped
from pos_client.screens.till import Till


class ReturnsPage(Page):
    name = "returns"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.RECEIPT, CodeClass.PRODUCT})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._forget()

    def _forget(self) -> None:
        self.receipt: ReceiptView | None = None
        self.picked: dict[int, int] = {}
        self.cursor = 0
        self._coming: list[ReturnLine] = []
        self._expected = 0

    def opened(self) -> None:
        super().opened()
        self._forget()

    @property
    def digits_act(self) -> bool:
        return self.receipt is not None

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        receipt = self.receipt
        if receipt is None:
            lines = wrapped(self.till.say("returns.explain"), width - 6)
            return [BLANK, *(row(f"   {line}", Look.DIM) for line in lines)]
        head = f" {receipt.receipt_number}   {receipt.at[:10]}   {receipt.payments}"
        total = f"{self.till.money(receipt.total_minor)} "
        rows: list[Row] = [row(across(head, total, width), Look.STRONG), BLANK]
        if receipt.is_unheard:
            told = wrapped(self.till.say("returns.unheard", store=receipt.store), width - 4)
            rows = [rows[0], *(row(f" ▲ {text}", Look.ATTENTION) for text in told), BLANK]
        for at in window(self.cursor, len(receipt.lines), height - len(rows)):
            text = self._text(at, receipt.lines[at], width - 2)
            if at == self.cursor:
                rows.append(marked(text, width))
            else:
                look = Look.PLAIN if receipt.lines[at].returnable else Look.DIM
                rows.append(unmarked(text, width, look))
        return rows

    def _text(self, at: int, line: ReceiptLineView, width: int) -> str:
        picked = self.picked.get(at, 0)
        sign = f"[{picked}]" if picked else "[ ]"
        digit = str(at + 1) if at < 9 else " "
        left = self.till.say("returns.left", count=line.returnable, sold=line.quantity)
        amount = self.till.money(line.gross_minor)
        return across(f" {digit} {sign} {line.name}", f"{left}{amount:>14} ", width)

    def prompt(self) -> str:
        return self.till.say("returns.pick" if self.receipt else "returns.prompt")

    def hint(self) -> str:
        return self.till.say("returns.hint" if self.receipt else "hint.enter")

    def labels(self) -> Labels:
        return {12: "next"}

    # -- keys

    def character(self, character: str) -> None:
        if self.receipt is None or character == "/" or self.entry.text:
            self.entry.insert(character)
        elif character.isdigit() and character != "0":
            self._pick(int(character) - 1)
        elif character == " ":
            self._pick(self.cursor)
        elif character == "+":
            self.enter()

    def enter(self) -> None:
        if self.receipt is None:
            number = self.entry.take()
            if number:
                self.find(number)
        elif self.by_scanner:
            self.entry.clear()
        else:
            self._ask_why()

    def function(self, number: int) -> None:
        if number == 12:
            self.enter()
        else:
            super().function(number)

    def other(self, name: str) -> None:
        count = len(self.receipt.lines) if self.receipt else 0
        to = moved(self.cursor, name, count)
        self.cursor = self.cursor if to is None else to

    def escape(self) -> None:
        if self.entry.text or self.till.note is not None or self.receipt is None:
            super().escape()
        else:
            self._forget()

    # -- scans

    def scanned(self, scan: Scan) -> None:
        """The receipt's own code finds it; then an item's code ticks its line."""
        is_receipt = classify(scan.data, scan.symbology) is CodeClass.RECEIPT
        if is_receipt is (self.receipt is not None):
            self.till.refuse("scan.not_here")
            if scan.scan_id:
                self.till.core.refuse_scan(scan.scan_id)
            return
        if scan.scan_id:
            self.till.core.accept_scan(scan.scan_id)
        if is_receipt:
            self.find(scan.data)
        else:
            self.till.look_up(Search(scan.data, limit=1), self._pick_found)

    def _pick_found(self, answer: Answer | None) -> None:
        lines = self.receipt.lines if self.receipt else ()
        found = answer.items[0].sku if isinstance(answer, FoundItems) and answer.items else ""
        places = [at for at, line in enumerate(lines) if line.sku == found]
        free = [at for at in places if self.picked.get(at, 0) < lines[at].returnable]
        if free:
            self._pick(free[0])
        else:
            self.till.refuse("returns.not_on_receipt" if not places else "returns.no_more")

    # -- the receipt and its lines

    def find(self, number: str) -> None:
        self.till.look_up(FindReceipt(number), lambda answer: self._found(number, answer))

    def _found(self, number: str, answer: Answer | None) -> None:
        if isinstance(answer, ReceiptView):
            self.receipt, self.picked, self.cursor = answer, {}, 0
        elif isinstance(answer, ReceiptDoubt):
            self.till.refuse(f"returns.doubt_{answer.problem}")
        else:
            self.till.refuse("returns.unknown", number=number)

    def _pick(self, at: int) -> None:
        """One piece more; after the last one none."""
        lines = self.receipt.lines if self.receipt else ()
        if at >= len(lines):
            self.till.refuse("choice.none", digit=str(at + 1))
        elif not lines[at].returnable:
            self.till.refuse("returns.no_more")
        else:
            self.cursor = at
            self.picked[at] = (self.picked.get(at, 0) + 1) % (lines[at].returnable + 1)

    def _ask_why(self) -> None:
        if not any(self.picked.values()):
            self._pick(self.cursor)
        if any(self.picked.values()):
            choose_reason(self.till, self.till.view.setup.return_reasons, self._take_back)
        else:
            self.till.refuse("returns.pick_first")

    def _take_back(self, reason: str) -> None:
        receipt = self.receipt
        if receipt is None:
            return
        self._coming = [
            ReturnLine(
                receipt.key or receipt.receipt_number, receipt.lines[at].line, pieces, reason
            )
            for at, pieces in sorted(self.picked.items())
            if pieces
        ]
        self._next()

    def _next(self) -> None:
        """Send the next line, or show the refund when there is none."""
        if not self._coming:
            self._expected = 0
            self.till.home()
            return
        self._expected = len(self.till.view.lines) + 1
        self.till.do(self._coming.pop(0), self._taken)

    def _taken(self) -> None:
        """Go on when the line is in the basket; a second person is waited for."""
        if not self._expected or self.till.view.approval is not None:
            return
        if len(self.till.view.lines) == self._expected:
            self._next()
        else:
            self._coming, self._expected = [], 0

    def seen(self, before: View) -> None:
        if before.approval is not None:
            self._taken()


def show_return(till: Till, number: str) -> None:
    """Open the page on the receipt with this number."""
    till.go(ReturnsPage.name)
    page = till.pages[ReturnsPage.name]
    assert isinstance(page, ReturnsPage)
    page.find(number)
