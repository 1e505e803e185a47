"""The newest receipts of this till; Enter shows the paper, F9 prints the one copy."""

from __future__ import annotations

from datetime import datetime

from pos_client.register.commands import CopyReceipt
from pos_client.register.queries import Answer, ListReceipts, ReceiptList, ReceiptView
from pos_client.screens.dialogs import Sheet
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.rows import BLANK, Look, Row, across, marked, row, unmarked
from pos_client.screens.till import Till


class ReceiptsPage(Page):
    name = "receipts"

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.receipts: tuple[ReceiptView, ...] | None = None
        self.cursor = 0

    def opened(self) -> None:
        super().opened()
        self.receipts, self.cursor = None, 0
        self.till.look_up(ListReceipts(), self._listed)

    def _listed(self, answer: Answer | None) -> None:
        if isinstance(answer, ReceiptList):
            self.receipts = answer.receipts

    def body(self, width: int, height: int) -> list[Row]:
        if not self.receipts:
            key = "receipts.looking" if self.receipts is None else "receipts.none"
            return [BLANK, row(f"   {self.till.say(key)}", Look.DIM)]
        rows: list[Row] = [BLANK]
        for at in window(self.cursor, len(self.receipts), height - 1):
            text = self._text(self.receipts[at], width - 2)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        return rows

    def _text(self, receipt: ReceiptView, width: int) -> str:
        at = datetime.fromisoformat(receipt.at).astimezone(self.till.here().tzinfo)
        copied = f"  {self.till.say('receipts.copied')}" if receipt.is_copied else ""
        left = f" {at:%m-%d %H:%M}  {receipt.receipt_number}  {receipt.payments}{copied}"
        return across(left, f"{self.till.money(receipt.total_minor)} ", width)

    def labels(self) -> Labels:
        return {9: "copy"} if self.receipts else {}

    def enter(self) -> None:
        if self.receipts:
            shown = self.receipts[self.cursor]
            command = None if shown.is_copied else CopyReceipt(shown.receipt_number)
            title = self.till.say("receipts.paper", number=shown.receipt_number)
            self.till.show_sheet(Sheet(title, shown.paper, command, "copy"))

    def function(self, number: int) -> None:
        if number == 9 and self.receipts:
            number_printed = self.receipts[self.cursor].receipt_number
            self.till.back()
            self.till.do(CopyReceipt(number_printed))
        else:
            super().function(number)

    def other(self, name: str) -> None:
        to = moved(self.cursor, name, len(self.receipts or ()))
        self.cursor = self.cursor if to is None else to
