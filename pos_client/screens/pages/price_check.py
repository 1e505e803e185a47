"""Price check: what an item costs and how many there are, without touching the sale."""

from __future__ import annotations

from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.commands import AddItem, CheckPrice, Clear
from pos_client.register.view import PriceCheckView
from pos_client.screens.core_port import Scan
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, across, row
from pos_client.screens.status import age_text


class PriceCheckPage(Page):
    name = "price_check"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.PRODUCT})

    def body(self, width: int, height: int) -> list[Row]:
        found = self.till.view.price_check
        if found is None:
            return [BLANK, row(f"   {self.till.say('price_check.explain')}", Look.DIM)]
        return [
            BLANK,
            row(across(f"   {found.name}", f"{found.gtin or found.sku}   ", width), Look.STRONG),
            BLANK,
            row(f"   {self.till.say('price_check.price', price_minor=found.price_minor)}"),
            row(f"   {self._stock(found)}"),
        ]

    def _stock(self, found: PriceCheckView) -> str:
        if found.on_hand is None:
            return self.till.say("price_check.stock_unknown")
        age = found.stock_age_seconds
        known = self.till.say("price_check.stock", count=found.on_hand)
        if age is None:
            return known
        return f"{known}   {self.till.say('price_check.age', age=age_text(self.till, age))}"

    def prompt(self) -> str:
        return self.till.say("price_check.prompt")

    def hint(self) -> str:
        return self.till.say("price_check.hint") if self.till.view.price_check else ""

    def labels(self) -> Labels:
        return {12: "add"}

    def enter(self) -> None:
        """A typed code is looked up; on an empty line a person adds what is shown."""
        code = self.entry.take()
        found = self.till.view.price_check
        if code:
            self.till.do(CheckPrice(code[3:] if code.startswith("]") else code))
        elif found is not None and not self.by_scanner:
            self._add(found)

    def _add(self, found: PriceCheckView) -> None:
        self.till.home()
        self.till.do(AddItem(found.sku))

    def function(self, number: int) -> None:
        found = self.till.view.price_check
        if number == 12 and found is not None:
            self._add(found)
        else:
            super().function(number)

    def escape(self) -> None:
        if self.entry.text:
            self.entry.clear()
            return
        self.till.back()
        if self.till.view.price_check is not None or self.till.view.message is not None:
            self.till.do(Clear())

    def scanned(self, scan: Scan) -> None:
        if scan.scan_id:
            self.till.core.accept_scan(scan.scan_id)
        self.till.do(CheckPrice(scan.data))
