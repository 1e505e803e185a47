"""The obvious till: Textual's own Header, DataTable, Digits, Input and Footer. A yardstick.

Nothing in it is done badly on purpose; this is what the tutorial leads to.
Usage: stock_widgets_app.py CATALOGUE.
"""

import sqlite3
import sys
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.widgets import DataTable, Digits, Footer, Header, Input

FIND = """SELECT name, price_minor FROM barcode JOIN item USING (sku) JOIN price USING (sku)
WHERE code = ?"""


class StockTill(App[None]):
    """Scan into the Input, see the line in the DataTable."""

    BINDINGS: ClassVar = [("f9", "pay", "Cash"), ("f10", "quit", "Quit")]

    def __init__(self, catalogue: str) -> None:
        super().__init__()
        self.database = sqlite3.connect(f"file:{catalogue}?mode=ro", uri=True)
        self.total_minor = 0

    def compose(self) -> ComposeResult:
        yield Header(show_clock=True)
        yield DataTable()
        yield Digits("0.00")
        yield Input(placeholder="scan here, ready")
        yield Footer()

    def on_mount(self) -> None:
        self.query_one(DataTable).add_columns("Item", "Quantity", "Price", "Sum")
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        row = self.database.execute(FIND, (event.value.strip().zfill(14),)).fetchone()
        event.input.value = ""
        if row is None:
            return
        name, price_minor = row
        price = f"{price_minor // 100}.{price_minor % 100:02d}"
        table = self.query_one(DataTable)
        table.add_row(name, "1", price, price)
        table.move_cursor(row=table.row_count - 1)
        self.total_minor += price_minor
        total = f"{self.total_minor // 100}.{self.total_minor % 100:02d}"
        self.query_one(Digits).update(total)

    def action_pay(self) -> None:
        self.query_one(DataTable).clear()
        self.total_minor = 0
        self.query_one(Digits).update("0.00")


if __name__ == "__main__":
    StockTill(sys.argv[1]).run()
