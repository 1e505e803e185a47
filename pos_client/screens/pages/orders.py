"""The order desk: find a customer's order of any store, see where it is and why, change it.

Enter finds, arrows choose a line, F keys act on it. The thing to get wrong: telling the
customer that it is done. What this till has said is shown as not confirmed until central has
answered, and its no stands here in a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import ClassVar

from pos_client.register import desk_commands as ask
from pos_client.register.codes import CodeClass
from pos_client.register.desk_orders import UNPACKED, DeskLine, DeskOrder, DeskParcel, DeskRefund
from pos_client.register.queries import Answer, FindOrders, FoundOrders
from pos_client.register.stock_queries import AskStock, ChainStock
from pos_client.register.view import View
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.pages.order_address import ask_order_address
from pos_client.screens.pages.order_instead import ask_instead
from pos_client.screens.paying_back import pay_back
from pos_client.screens.reasons import choose_reason
from pos_client.screens.rows import BLANK, Look, Row, across, fit, marked, row, unmarked, wrapped
from pos_client.screens.status import age_text
from pos_client.screens.till import Till

CANCEL_REASONS = ("customer", "takes_too_long", "our_mistake")
ASK_AGAIN_SECONDS = 2.0


class OrdersPage(Page):
    name = "orders"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.RECEIPT})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self._forget()

    def _forget(self) -> None:
        self.found: FoundOrders | None = None
        self.order: DeskOrder | None = None
        self.cursor = 0
        self._asked_at = 0.0

    def opened(self) -> None:
        super().opened()
        self._forget()

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        if self.order is not None:
            return self._order_rows(self.order, width, height)
        if self.found is None or not self.found.orders:
            key = "explain" if self.found is None else "none"
            lines = wrapped(self.till.say(f"orders.{key}"), width - 6)
            rows: list[Row] = [BLANK, *(row(f"   {line}", Look.DIM) for line in lines)]
            return rows if self.found is None else [*rows, BLANK, self._told_row(width)]
        rows = [self._told_row(width), BLANK]
        orders = self.found.orders
        for at in window(self.cursor, len(orders), height - 2):
            text = self._order_text(orders[at], orders, width - 2)
            rows.append(marked(text, width) if at == self.cursor else unmarked(text, width))
        return rows

    def _told_row(self, width: int) -> Row:
        found = self.found
        if found is None or found.is_live:
            return row(fit(f" {self.till.say('orders.live')}", width), Look.DIM)
        age = age_text(self.till, found.age_seconds) if found.age_seconds is not None else "?"
        text = self.till.say("orders.last_known", age=age)
        return row(fit(f" ▲ {text}", width), Look.ATTENTION)

    def _order_text(self, order: DeskOrder, listed: Sequence[DeskOrder], width: int) -> str:
        states = [self.till.say(f"orders.state.{each.state}") for each in (order, *listed)]
        number = order.number.ljust(max(len(each.number) for each in listed))
        state = states[0].ljust(max(map(len, states)))
        name = order.who[0] if order.who else ""
        left = f" {self._day(order.placed_at)}  {number}  {state}  {name}"
        return across(left, f"{self.till.money(order.total_minor)} ", width)

    def _order_rows(self, order: DeskOrder, width: int, height: int) -> list[Row]:
        say = self.till.say
        state = say(f"orders.state.{order.state}")
        store = order.store or say("orders.web")
        head = f" {order.number}  {state}  {self._day(order.placed_at)}  {store}"
        total = f"{self.till.money(order.total_minor)} "
        rows: list[Row] = [row(across(head, total, width), Look.STRONG)]
        if order.who:
            rows.append(row(fit(f" {'  '.join(order.who)}", width)))
        rows += [row(fit(f" {text}", width), look) for text, look in self._facts(order)]
        rows.append(self._told_row(width))
        about = self._about(order, width)
        room = max(1, height - len(rows) - len(about))
        cursor = min(self.cursor, max(0, len(order.lines) - 1))
        for at in window(cursor, len(order.lines), room):
            text = self._line_text(order.lines[at], width - 2)
            rows.append(marked(text, width) if at == cursor else unmarked(text, width))
        return [*rows, *about]

    def _facts(self, order: DeskOrder) -> list[tuple[str, Look]]:
        say, found = self.till.say, []
        if order.unconfirmed and not order.refused:
            found.append((f"▲ {say('orders.unconfirmed')}", Look.ATTENTION))
        if order.refused:
            found.append((f"▲ {self._no(order.refused[0])}", Look.ATTENTION))
        if order.unpaid_minor:
            found.append((say("orders.unpaid", amount_minor=order.unpaid_minor), Look.STRONG))
        due = sum(refund.amount_minor for refund in _due(order))
        if due:
            found.append((say("orders.due", amount_minor=due), Look.STRONG))
        return found

    def _no(self, key: str) -> str:
        """Central's no in our own words, where there are some."""
        known = f"desk.no.{key.removeprefix('order.')}"
        words = self.till.words
        return words.say(known) if words.has(known) else words.say("desk.no.other")

    def _line_text(self, line: DeskLine, width: int) -> str:
        say = self.till.say
        mode = say(f"orders.mode.{line.mode}")
        state = say(f"customers.piece.{line.state}")
        by = f" {line.promised_by[:10]}" if line.promised_by and line.state in _ON_ITS_WAY else ""
        if line.answer_by and line.loose:
            by = f" {say('orders.answer_by', day=self._day(line.answer_by))}"
        amount = self.till.money(line.gross_minor)
        left = fit(f" {line.of} × {line.name}", max(12, width // 2 - 10))
        where = f"{mode}: {state}{by}" if line.is_carried else state
        return across(f"{left}  {where}", f"{amount:>10} ", width)

    def _about(self, order: DeskOrder, width: int) -> list[Row]:
        """Of the chosen line: its whole name, which parcel, from where, why, and its number."""
        line = self._line(order)
        if line is None:
            return []
        mine = [
            parcel
            for parcel in order.parcels
            if line.line in dict(parcel.lines) and parcel.state not in _CALLED_OFF
        ]
        # The end of a name is its size, and above it is cut.
        rows: list[Row] = [BLANK, row(fit(f" {line.name}", width))]
        replaced = order.line(line.instead_of) if line.instead_of else None
        if replaced is not None:
            text = self.till.say("orders.instead_of", name=replaced.name)
            rows.append(row(fit(f" {text}", width), Look.DIM))
        for parcel in mine[:2]:
            rows += [row(fit(f" {text}", width), Look.DIM) for text in self._parcel(parcel, width)]
        return rows

    def _parcel(self, parcel: DeskParcel, width: int) -> list[str]:
        say = self.till.say
        state = say(f"customers.piece.{parcel.state}") if parcel.state in _SAID else ""
        to = say("orders.to", store=parcel.collect_store) if parcel.collect_store else ""
        place = say("tasks.place", place=parcel.shelf_place) if parcel.shelf_place else ""
        number = parcel.tracking
        parts = (say("orders.from", store=parcel.store), to, state, place, number)
        why = parcel.why_en if self.till.words.language == "en" else parcel.why_sv
        return ["  ".join(part for part in parts if part), *wrapped(why, width - 4)[:2]]

    def _day(self, at: str) -> str:
        if not at:
            return ""
        return f"{datetime.fromisoformat(at).astimezone(self.till.here().tzinfo):%Y-%m-%d}"

    def prompt(self) -> str:
        return self.till.say("orders.prompt")

    def hint(self) -> str:
        return self.till.say("orders.hint" if self.order is None else "orders.hint_one")

    def labels(self) -> Labels:
        order = self.order
        if order is None:
            return {}
        line = self._line(order)
        found: Labels = {5: "order_again"}
        if line is not None and line.loose:
            found |= {3: "order_cancel", 8: "order_way", 9: "order_instead"}
            if line.promise == "intent":
                found[7] = "order_wait"
        if any(each.loose for each in order.lines):
            found |= {4: "order_cancel_all", 6: "order_address"}
        if _due(order):
            found[10] = "order_pay_back"
        return found

    # -- keys

    def character(self, character: str) -> None:
        """A plus begins a telephone number here."""
        self.entry.insert(character)

    def enter(self) -> None:
        text = self.entry.take()
        if text and not self.by_scanner:
            self.find(text)
        elif self.order is None and self.found and self.found.orders:
            self._show(self.found.orders[self.cursor])

    def other(self, name: str) -> None:
        count = len(self.order.lines) if self.order else len(self.found.orders) if self.found else 0
        to = moved(self.cursor, name, count)
        self.cursor = self.cursor if to is None else to

    def escape(self) -> None:
        """From an order back to the list it was taken from."""
        is_calm = not self.entry.text and self.till.note is None
        if is_calm and self.order is not None and self.found and len(self.found.orders) > 1:
            self.order, self.cursor = None, 0
        else:
            super().escape()

    def scanned(self, scan: Scan) -> None:
        if scan.scan_id:
            self.till.core.accept_scan(scan.scan_id)
        self.find(scan.data)

    def function(self, number: int) -> None:
        order = self.order
        if order is None or number not in self.labels():
            super().function(number)
            return
        line = self._line(order)
        if number == 5:
            self._again()
        elif number == 4:
            self._cancel(order, ())
        elif number == 6:
            ask_order_address(self.till, order.order_id, self._again)
        elif number == 10:
            self._pay_back(_due(order))
        elif line is not None and number == 3:
            self._cancel(order, ((line.line, self._count(line)),))
        elif line is not None and number == 9:
            ask_instead(self.till, order.order_id, line, self.entry.take(), self._again)
        elif line is not None and number == 7:
            wish = ask.WaitForOrder(order.order_id, line.line)
            self.till.do(wish, self._again)
        elif line is not None:
            self._another_way(order, line)

    def _count(self, line: DeskLine) -> int:
        """What was typed before the key, else all that can be."""
        text = self.entry.take()
        return int(text) if text.isdigit() and len(text) < 5 else line.loose

    def _line(self, order: DeskOrder) -> DeskLine | None:
        return order.lines[min(self.cursor, len(order.lines) - 1)] if order.lines else None

    # -- finding

    def find(self, text: str) -> None:
        """One order that fits is shown at once."""
        self._asked_at = self.till.monotonic()
        self.till.look_up(FindOrders(text), lambda answer: self._found(answer))

    def _found(self, answer: Answer | None) -> None:
        if not isinstance(answer, FoundOrders):
            return
        self.found, self.order, self.cursor = answer, None, 0
        if answer.is_more:
            self.till.tell("orders.more", count=len(answer.orders))
        if len(answer.orders) == 1:
            self._show(answer.orders[0])

    def _show(self, order: DeskOrder) -> None:
        self.order, self.cursor = order, 0

    def _again(self) -> None:
        """How it stands now; the list that it came from stays."""
        if self.order is None:
            return
        self._asked_at = self.till.monotonic()
        self.till.ask(FindOrders(self.order.order_id), self._told_again)

    def _told_again(self, answer: Answer | None) -> None:
        if not isinstance(answer, FoundOrders) or self.order is None:
            return
        same = [one for one in answer.orders if one.order_id == self.order.order_id]
        if same:
            self.order = same[0]
            if self.found is None or len(self.found.orders) <= 1 or not answer.is_live:
                self.found = answer

    def seen(self, before: View) -> None:
        """While central has not answered: ask when the till has sent, heard, or waited a while."""
        if self.order is None or not self.order.unconfirmed:
            return
        view = self.till.view
        has_news = before.status.outbox != view.status.outbox or before.tasks != view.tasks
        is_time = self.till.monotonic() - self._asked_at >= ASK_AGAIN_SECONDS
        if has_news or is_time:
            self._again()

    # -- what is asked

    def _cancel(self, order: DeskOrder, pieces: tuple[tuple[int, int], ...]) -> None:
        choose_reason(
            self.till,
            CANCEL_REASONS,
            lambda reason: self.till.do(
                ask.CancelOrder(order.order_id, reason, pieces), self._again
            ),
        )

    def _another_way(self, order: DeskOrder, line: DeskLine) -> None:
        self.till.look_up(
            AskStock((line.sku,)), lambda answer: self._choose_way(order, line, answer)
        )

    def _choose_way(self, order: DeskOrder, line: DeskLine, answer: Answer | None) -> None:
        """Home, this store, and the stores that central names; without it this store alone."""
        setup, ways = self.till.view.setup, []
        if line.mode != "ship":
            ways.append(self._way(order, line, "ship", "", self.till.say("orders.ship_home")))
        stores = {setup.store_id: setup.store_name} | _stores(answer)
        for store_id, name in stores.items():
            label = self.till.say("orders.collect_in", store=name)
            ways.append(self._way(order, line, "collect", store_id, label))
        self.till.choose(Choice(self.till.say("orders.which_way"), numbered(ways)))

    def _way(
        self, order: DeskOrder, line: DeskLine, mode: str, store_id: str, label: str
    ) -> tuple[str, Callable[[], None]]:
        wish = ask.ChangeOrderLine(order.order_id, line.line, mode, store_id)
        return label, lambda: self.till.do(wish, self._again)

    # -- money back

    def _pay_back(self, refunds: Sequence[DeskRefund]) -> None:
        """Each with central's word that no other till pays it; then it is paid like a return."""
        order = self.order
        if order is None or not refunds:
            return
        pay_back(
            self.till,
            order.order_id,
            refunds[0].refund_key,
            lambda: self._pay_back(refunds[1:]) if refunds[1:] else self.till.home(),
        )


def show_order(till: Till, text: str) -> None:
    """Open the desk on what fits the text, or empty."""
    till.go(OrdersPage.name)
    page = till.pages[OrdersPage.name]
    assert isinstance(page, OrdersPage)
    if text:
        page.find(text)


def _due(order: DeskOrder) -> list[DeskRefund]:
    return [refund for refund in order.refunds if refund.amount_minor and not refund.is_paid]


def _stores(answer: Answer | None) -> dict[str, str]:
    if not isinstance(answer, ChainStock):
        return {}
    if answer.places:
        return {place.store_id: place.name for place in answer.places}
    return {
        site.store_id: site.name
        for item in answer.items
        for site in item.sites
        if site.can_collect and site.kind == "store"
    }


_ON_ITS_WAY = frozenset((*UNPACKED, "packed", "on_way"))
# No store works on it any more: where a line came from once answers nothing.
_CALLED_OFF = frozenset(("lapsed", "cancelled"))
_SAID = frozenset(
    ("planned", "offered", "claimed", "picking", "packed", "on_way", "ready", "shipped",
     "collected")
)  # fmt: skip
