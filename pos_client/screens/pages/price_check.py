"""Price check: what an item costs and how many there are, without touching the sale."""

from __future__ import annotations

from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.commands import AddItem, CheckPrice, Clear
from pos_client.register.queries import Answer, LabelAnswer, PrintLabel
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
            row(f"   {self._price(found)}"),
            row(f"   {self._stock(found)}"),
        ]

    def _price(self, found: PriceCheckView) -> str:
        key = "price_check.price_kilogram" if found.is_weighed else "price_check.price"
        return self.till.say(key, price_minor=found.price_minor)

    def _stock(self, found: PriceCheckView) -> str:
        if found.on_hand is None:
            return self.till.say("price_check.stock_unknown")
        age = found.stock_age_seconds
        if found.is_weighed:
            amount = self.till.words.kilograms(found.on_hand)
            known = self.till.say("price_check.stock_weight", amount=amount)
        else:
            known = self.till.say("price_check.stock", count=found.on_hand)
        if age is None:
            return known
        return f"{known}   {self.till.say('price_check.age', age=age_text(self.till, age))}"

    def prompt(self) -> str:
        return self.till.say("price_check.prompt")

    def hint(self) -> str:
        return self.till.say("price_check.hint") if self.till.view.price_check else ""

    def labels(self) -> Labels:
        if self._may_label():
            return {6: "label", 12: "add"}
        return {12: "add"}

    def _may_label(self) -> bool:
        return self.till.view.setup.has_label_printer and self.till.view.price_check is not None

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
        elif number == 6 and found is not None and self._may_label():
            self.till.ask(PrintLabel(found.sku), self._labelled)
        else:
            super().function(number)

    def _labelled(self, answer: Answer | None) -> None:
        """The till works on meanwhile; the message comes wherever the cashier is by then."""
        if not isinstance(answer, LabelAnswer):
            self.till.refuse("label.not_now")
        elif answer.problem in ("unknown", "open_price"):
            self.till.refuse(f"label.{answer.problem}", name=answer.name)
        elif answer.problem:
            self.till.refuse("label.failed", why=self._word(answer.problem))
        else:
            self.till.tell("label.printed", name=answer.name)

    def _word(self, problem: str) -> str:
        words = self.till.words
        is_reason = words.has(f"screen.health_reason.{problem}")
        return self.till.say(f"{'health_reason' if is_reason else 'health'}.{problem}")

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
