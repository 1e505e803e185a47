"""One task: why this store, what to fetch from where, and the one key that takes it further.

F12 is always the next step of this task as it stands. The thing to get wrong: a scan that
confirms. A scan picks an item here and nothing else; steps are F keys, questions digits.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import ClassVar

from pos_client.register import commands
from pos_client.register.codes import CodeClass
from pos_client.register.commands import Command
from pos_client.register.desk_commands import PayRest
from pos_client.register.fulfilling import ASKING
from pos_client.register.tasks import ACCEPTED, OFFERED, PACKED, PICKING, READY, Task, TaskLine
from pos_client.register.view import View
from pos_client.screens.asking import do_or_ask
from pos_client.screens.core_port import Scan
from pos_client.screens.dialogs import Asked
from pos_client.screens.entry import quantity_and_rest
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.pages.orders import show_order
from pos_client.screens.pages.tasks import deadline
from pos_client.screens.paying_back import pay_back
from pos_client.screens.reasons import choose_reason, reason_text
from pos_client.screens.rows import BLANK, Look, Row, across, fit, marked, row, unmarked, wrapped
from pos_client.screens.till import Till

_COUNT = re.compile(r"\d{1,4}")
# A transfer of an order's parcel goes on a shelf; any other is received as a list of goods.
_GOODS = {"count": "count", "receive": "goods_received", "transfer_in": "transfer_in"}
_NONE = "0"


class TaskPage(Page):
    name = "task"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.PRODUCT, CodeClass.OTHER})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.at = 0
        self.given: dict[int, int] = {}

    @property
    def task(self) -> Task | None:
        wanted = self.till.task_id
        return next((task for task in self.till.view.tasks if task.task_id == wanted), None)

    def opened(self) -> None:
        super().opened()
        self.at, self.given = 0, {}

    # -- drawing

    def title(self) -> str:
        task = self.task
        if task is None:
            return super().title()
        kind = self.till.say(f"tasks.kind.{task.kind}")
        state = self.till.say(f"tasks.state.{task.state}")
        return f"{kind}  {self.till.say('tasks.number', number=task.number)}  {state}"

    def body(self, width: int, height: int) -> list[Row]:
        task = self.task
        if task is None:
            return [BLANK, row(f"   {self.till.words.say('task.gone')}", Look.DIM)]
        rows = [BLANK, *(row(f"   {line}") for line in self._facts(task, width - 6)), BLANK]
        room = max(1, height - len(rows))
        cursor = min(self.at, max(0, len(task.lines) - 1))
        for at in window(cursor, len(task.lines), room):
            text = self._text(task, task.lines[at], width - 2)
            rows.append(marked(text, width) if at == cursor else unmarked(text, width))
        return rows

    def _facts(self, task: Task, width: int) -> list[str]:
        say, facts = self.till.say, []
        why = task.why_en if self.till.words.language == "en" else task.why_sv
        place = say("tasks.place", place=task.shelf_place) if task.shelf_place else ""
        facts += wrapped(why, width)
        goes_to = task.goes_to(self.till.view.setup.store_name)
        facts += [say("tasks.goes_to", store=goes_to)] if goes_to else []
        facts += [part for part in (deadline(self.till, task), place) if part]
        if task.state == PACKED and self._leaves(task):
            facts.append(
                say("tasks.parcel", code=task.tracking)
                if task.tracking
                else say("tasks.label_waits")
            )
        if task.who:
            facts.append("  ".join(task.who))
        if task.kind == "refund":
            facts.append(
                say("tasks.refund", amount_minor=task.amount_minor, number=task.receipt_number)
            )
        elif task.reason:
            facts.append(reason_text(self.till, task.reason))
        return facts

    def _text(self, task: Task, line: TaskLine, width: int) -> str:
        say = self.till.say
        if task.kind == "collect":
            wanted = self.given.get(line.line, line.quantity - line.collected)
            count = say("tasks.of", count=wanted, all=line.quantity - line.collected)
        elif task.kind == "pick":
            count = say("tasks.of", count=line.picked, all=line.quantity)
        else:
            count = "" if task.kind == "count" else str(line.quantity)
        short = say("tasks.missing", count=line.short) if line.short else ""
        name = fit(f" {line.name}", max(10, width // 2 - 6))
        return across(f"{name}  {line.place or line.sku}", f"{short}  {count} ", width)

    def prompt(self) -> str:
        return self.till.say("tasks.code" if self._is_handed_out else "tasks.scan")

    def hint(self) -> str:
        task = self.task
        if self._is_handed_out:
            return self.till.say("tasks.code_hint")
        return self.till.say("tasks.scan_hint") if task and _is_picked(task) else ""

    @property
    def _is_handed_out(self) -> bool:
        return self.task is not None and self.task.kind == "collect"

    def labels(self) -> Labels:
        task = self.task
        if task is None:
            return {}
        step = _STEPS.get((task.kind, task.state)) or _STEPS.get((task.kind, ""))
        if task.kind == "transfer_in" and not task.parcel_id:
            step = "task_begin"
        found: Labels = {12: self._packed_label(task) if step == "packed" else step} if step else {}
        if task.kind == "pick":
            found[9] = "print"
            if task.state in (OFFERED, ACCEPTED) and not task.pieces_picked:
                found[3] = "task_no"
            if _is_picked(task):
                found[4] = "task_short"
        if task.kind == "collect":
            found |= {2: "quantity", 3: "task_noshow", 9: "print"}
            if any(line.unpaid_minor for line in task.lines):
                found[10] = "task_pay"
        if task.order_id and task.kind in ("call_customer", "refund", "collect"):
            found[6] = "order_open"
        return found

    def _packed_label(self, task: Task) -> str:
        return "task_over" if self._leaves(task) else "task_shelf"

    def _leaves(self, task: Task) -> bool:
        return task.leaves(self.till.view.setup.store_name)

    # -- keys

    def enter(self) -> None:
        task = self.task
        if task and self._is_handed_out and not self.by_scanner:
            code = self.entry.take()
            if code:
                self.till.do(self._handing_out(task, code))
            return
        quantity, code = quantity_and_rest(self.entry.take())
        if code:
            self._pick(code[3:] if code.startswith("]") else code, quantity or 1)

    def scanned(self, scan: Scan) -> None:
        self._pick(scan.data, 1, scan)

    def _pick(self, code: str, quantity: int, scan: Scan | None = None) -> None:
        task = self.task
        if task is None:
            return
        if task.kind == "pick" and task.state == PACKED:
            self.till.do(commands.HandOverParcel(code, scan.scan_id if scan else 0))
            return
        symbology, scan_id = (scan.symbology, scan.scan_id) if scan else ("", 0)
        wish = commands.PickGoods(task.task_id, code, quantity, symbology, scan_id)
        do_or_ask(self.till, wish, ASKING)

    def function(self, number: int) -> None:
        task = self.task
        if task is None or number not in self.labels():
            super().function(number)
            return
        if number == 12:
            self._go_on(task)
        elif number == 9:
            self.till.do(commands.PrintTask(task.task_id))
        elif number == 4:
            self._missing(task)
        elif number == 6:
            show_order(self.till, task.number)
        elif number == 10:
            self.till.do(PayRest(task.task_id), self._to_pay)
        elif number == 2:
            self._set(task)
        elif task.kind == "collect":
            self.till.do(commands.NoShowTask(task.task_id))
        else:
            reasons = self.till.view.setup.reject_reasons
            choose_reason(
                self.till,
                reasons,
                lambda reason: self.till.do(commands.RejectTask(task.task_id, reason)),
            )

    def other(self, name: str) -> None:
        to = moved(self.at, name, len(self.task.lines) if self.task else 0)
        self.at = self.at if to is None else to

    def seen(self, before: View) -> None:
        """A task that is over takes its page with it."""
        was_there = any(task.task_id == self.till.task_id for task in before.tasks)
        if self.task is None and was_there and self.till.stack[-1:] == [self.name]:
            self.till.stack.pop()

    # -- steps

    def _to_pay(self) -> None:
        """To the sale, where it is paid like any other; then the task waits here as before."""
        if self.till.view.item_count:
            self.till.home()

    def _go_on(self, task: Task) -> None:
        task_id = task.task_id
        if task.kind == "pick":
            self._go_on_picking(task)
        elif task.kind == "collect":
            self._ask("code", lambda text: self._handing_out(task, text))
        elif task.kind == "transfer_in" and task.parcel_id:
            self._ask("where", lambda text: commands.PutOnShelf(task_id, text))
        elif task.kind in _GOODS:
            wish = commands.StartGoods(_GOODS[task.kind], task_id=task_id)
            self.till.do(wish, lambda: self.till.go("goods"))
        elif task.kind == "refund":
            key = task.refund_key
            pay_back(self.till, task.order_id, key, self.till.home)
        else:
            self.till.do(commands.EndTask(task_id))

    def _go_on_picking(self, task: Task) -> None:
        task_id = task.task_id
        if task.state == OFFERED:
            self.till.do(commands.AcceptTask(task_id))
        elif task.state != PACKED:
            do_or_ask(self.till, commands.PackTask(task_id), ASKING)
        elif self._leaves(task):
            self._ask(
                "tracking",
                lambda text: commands.HandOverTask(task_id, "" if text == _NONE else text),
            )
        else:
            self._ask("where", lambda text: commands.PutOnShelf(task_id, text))

    def _ask(self, key: str, wish: Callable[[str], Command]) -> None:
        def take(text: str) -> str:
            self.till.do(wish(text))
            return ""

        say = self.till.say
        asked = Asked(self.title(), say(f"tasks.{key}"), say(f"tasks.{key}_hint"), take)
        self.till.ask_value(asked)

    def _handing_out(self, task: Task, code: str) -> Command:
        pieces = tuple(sorted(self.given.items()))
        return commands.HandOut(task.task_id, code, _all(task, pieces))

    def _missing(self, task: Task) -> None:
        line = task.lines[min(self.at, len(task.lines) - 1)]

        def miss(reason: str) -> None:
            do_or_ask(self.till, commands.MissGoods(task.task_id, line.line, reason), ASKING)

        choose_reason(self.till, self.till.view.setup.missing_reasons, miss)

    def _set(self, task: Task) -> None:
        text = self.entry.take()
        if not _COUNT.fullmatch(text) or not task.lines:
            self.till.refuse("tasks.count_first")
            return
        line = task.lines[min(self.at, len(task.lines) - 1)]
        self.given[line.line] = min(int(text), line.quantity - line.collected)


def _is_picked(task: Task) -> bool:
    return task.kind == "pick" and task.state in (ACCEPTED, PICKING)


def _all(task: Task, given: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    """What was set, and the whole of every other line; nothing set is all of it."""
    if not given:
        return ()
    wanted = {line.line: line.quantity - line.collected for line in task.lines} | dict(given)
    return tuple((line, count) for line, count in sorted(wanted.items()) if count)


_STEPS = {
    ("pick", OFFERED): "task_take",
    ("pick", ACCEPTED): "task_pack",
    ("pick", PICKING): "task_pack",
    ("pick", PACKED): "packed",
    ("collect", READY): "task_out",
    ("transfer_in", ""): "task_shelf",
    ("count", ""): "task_begin",
    ("receive", ""): "task_begin",
    ("put_back", ""): "task_done",
    ("call_customer", ""): "task_done",
    ("refund", ""): "return",
}
