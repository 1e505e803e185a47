"""Goods: choose what is done, scan, set counts, and book the list with F12.

The list lies in the core and stands beside the basket; Esc leaves it there. The thing to
get wrong: asking by Enter. What is odd is a question of its own page, answered by digit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.commands import AddGoods, DropGoods, FinishGoods, SetGoods, StartGoods
from pos_client.register.goods import ASKING
from pos_client.register.goods_list import Delivery, GoodsKind
from pos_client.register.queries import Answer, DeliveryList, ListDeliveries
from pos_client.register.view import GoodsLineView, GoodsView, View
from pos_client.screens.asking import do_or_ask
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Asked, Choice, Option, numbered
from pos_client.screens.entry import quantity_and_rest
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.reasons import choose_reason
from pos_client.screens.rows import BLANK, Look, Row, across, fit, marked, row, unmarked
from pos_client.screens.till import Till

_KINDS = (
    GoodsKind.RECEIVE,
    GoodsKind.INVOICE,
    GoodsKind.COUNT,
    GoodsKind.TRANSFER_OUT,
    GoodsKind.TRANSFER_IN,
    GoodsKind.ADJUSTMENT,
)
_Wish = Callable[[str], StartGoods]
_Act = Callable[[], None]
_NO_REFERENCE = "0"
_COUNT = re.compile(r"-?\d{1,5}")
_SIGNED = re.compile(r"(-?\d{1,5})\*(.+)")


class GoodsPage(Page):
    name = "goods"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.PRODUCT})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.key = ""

    @property
    def goods(self) -> GoodsView | None:
        return self.till.view.goods

    @property
    def digits_act(self) -> bool:
        return self.goods is None

    # -- drawing

    def title(self) -> str:
        goods = self.goods
        if goods is None:
            return super().title()
        kind = self.till.say(f"goods.kind.{goods.kind}")
        return "  ".join(part for part in (kind, goods.reference, goods.other_store) if part)

    def body(self, width: int, height: int) -> list[Row]:
        goods = self.goods
        if goods is None:
            return [BLANK, *(self._kind_row(at, kind) for at, kind in enumerate(_KINDS, 1))]
        if not goods.lines:
            return [BLANK, row(f"   {self.till.say('goods.first')}", Look.DIM)]
        rows: list[Row] = [BLANK]
        cursor = self._cursor(goods)
        for at in window(cursor, len(goods.lines), height - 1):
            text = self._text(goods, goods.lines[at], width - 2)
            rows.append(marked(text, width) if at == cursor else unmarked(text, width))
        return rows

    def _kind_row(self, at: int, kind: GoodsKind) -> Row:
        label = self.till.say(f"goods.kind.{kind.value}")
        return ((f"   {at}  ", Look.KEY), (label, Look.STRONG))

    def _text(self, goods: GoodsView, line: GoodsLineView, width: int) -> str:
        said = self.till.say("goods.left", count=line.expected) if line.expected else ""
        if not line.is_counted:
            count = self.till.say("goods.uncounted") if not line.expected else "0"
        else:
            count = str(line.quantity)
        sign = self.till.say("goods.unknown") if line.is_unknown else ""
        name = fit(f" {line.name}", max(10, width - 40))
        return across(f"{name}  {line.key}  {sign}", f"{count:>6} {said:<9} ", width)

    def _cursor(self, goods: GoodsView) -> int:
        return next((at for at, line in enumerate(goods.lines) if line.key == self.key), 0)

    def prompt(self) -> str:
        return self.till.say("goods.choose" if self.goods is None else "goods.prompt")

    def hint(self) -> str:
        return self.till.say("hint.digit" if self.goods is None else "goods.hint")

    def labels(self) -> Labels:
        if self.goods is None:
            return {}
        return {2: "quantity", 3: "drop", 12: "goods_done"}

    def seen(self, before: View) -> None:
        """The line that was last counted is the current one."""
        was = before.goods.lines if before.goods else ()
        now = self.goods.lines if self.goods else ()
        changed = [line.key for line in now if line not in was]
        if len(changed) == 1:
            self.key = changed[0]

    # -- keys

    def character(self, character: str) -> None:
        if self.goods is not None or character == "/" or self.entry.text:
            super().character(character)
        elif character.isdigit() and 1 <= int(character) <= len(_KINDS):
            self._begin(_KINDS[int(character) - 1])
        else:
            self.till.refuse("choice.none", digit=character)

    def enter(self) -> None:
        text = self.entry.take()
        if self.goods is None or not text:
            return
        signed = _SIGNED.fullmatch(text)
        if signed is not None:
            self._add(signed[2], int(signed[1]))
            return
        quantity, code = quantity_and_rest(text)
        self._add(code[3:] if code.startswith("]") else code, quantity or 1)

    def _add(self, code: str, quantity: int, scan: Scan | None = None) -> None:
        symbology, scan_id = (scan.symbology, scan.scan_id) if scan else ("", 0)
        do_or_ask(self.till, AddGoods(code, quantity, symbology, scan_id), ASKING)

    def scanned(self, scan: Scan) -> None:
        if self.goods is None:
            self.till.refuse("scan.not_here")
            if scan.scan_id:
                self.till.core.refuse_scan(scan.scan_id)
        else:
            self._add(scan.data, 1, scan)

    def function(self, number: int) -> None:
        if self.goods is None:
            super().function(number)
        elif number == 2:
            self._set()
        elif number == 3:
            self._ask_to_drop()
        elif number == 12:
            self._finish(self.goods)
        else:
            super().function(number)

    def other(self, name: str) -> None:
        goods = self.goods
        if goods is None or not goods.lines:
            return
        to = moved(self._cursor(goods), name, len(goods.lines))
        if to is not None:
            self.key = goods.lines[to].key

    def escape(self) -> None:
        is_leaving = not self.entry.text and self.till.note is None
        super().escape()
        if is_leaving and self.goods is not None:
            self.till.tell("goods.kept")

    # -- what is done

    def _begin(self, kind: GoodsKind) -> None:
        if kind is GoodsKind.INVOICE:
            self.till.look_up(ListDeliveries(9), self._choose_delivery)
        elif kind is GoodsKind.TRANSFER_OUT:
            self._ask_text("store", lambda text: StartGoods(kind.value, other_store=text))
        elif kind is GoodsKind.RECEIVE:
            self._ask_text(
                "reference",
                lambda text: StartGoods(kind.value, "" if text == _NO_REFERENCE else text),
            )
        else:
            self.till.do(StartGoods(kind.value))

    def _ask_text(self, key: str, wish: _Wish) -> None:
        def take(text: str) -> str:
            self.till.do(wish(text))
            return ""

        say = self.till.say
        asked = Asked(self.title(), say(f"goods.{key}"), say(f"goods.{key}_hint"), take)
        self.till.ask_value(asked)

    def _choose_delivery(self, answer: Answer | None) -> None:
        deliveries = answer.deliveries if isinstance(answer, DeliveryList) else ()
        if not deliveries:
            self.till.refuse("goods.no_delivery")
            return

        def about(delivery: Delivery) -> tuple[str, _Act]:
            wish = StartGoods(GoodsKind.INVOICE.value, delivery.reference)
            pieces = sum(quantity for _, quantity in delivery.lines)
            label = f"{delivery.reference}  {delivery.at[:10]}  {pieces}"
            return label, lambda: self.till.do(wish)

        options = numbered([about(delivery) for delivery in deliveries])
        self.till.choose(Choice(self.till.say("goods.delivery"), options))

    def _set(self) -> None:
        goods, text = self.goods, self.entry.take()
        if goods is None or not goods.lines or not _COUNT.fullmatch(text):
            self.till.refuse("goods.count_first")
            return
        line = goods.lines[self._cursor(goods)]
        do_or_ask(self.till, SetGoods(line.key, int(text)), ASKING)

    def _ask_to_drop(self) -> None:
        yes = Option("1", self.till.say("yes"), lambda: self.till.do(DropGoods()))
        no = Option("2", self.till.say("goods.keep"), lambda: None)
        self.till.choose(Choice(self.till.say("goods.drop"), (yes, no)))

    def _finish(self, goods: GoodsView) -> None:
        if goods.kind == GoodsKind.ADJUSTMENT.value:
            reasons = self.till.view.setup.stock_reasons
            choose_reason(self.till, reasons, lambda reason: self._book(FinishGoods(reason)))
        elif goods.kind == GoodsKind.INVOICE.value:
            say = self.till.say

            def take(text: str) -> str:
                self._book(FinishGoods(text))
                return ""

            asked = Asked(self.title(), say("goods.invoice"), say("goods.invoice_hint"), take)
            self.till.ask_value(asked)
        else:
            self._book(FinishGoods())

    def _book(self, command: FinishGoods) -> None:
        do_or_ask(self.till, command, ASKING)
