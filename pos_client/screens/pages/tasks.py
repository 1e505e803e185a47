"""What the store is asked to do, the soonest due first; Enter opens one.

The list is the core's: a task that another till finishes goes away under the cursor, so
the current one is known by its id and never by its row.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from pos_client.register.codes import CodeClass
from pos_client.register.commands import HandOverParcel, SeeTask
from pos_client.register.tasks import OFFERED, Task
from pos_client.screens.core_port import Scan
from pos_client.screens.page import Labels, Page, moved, window
from pos_client.screens.rows import BLANK, Look, Row, across, fit, marked, row, unmarked
from pos_client.screens.till import Till


def clock_of(till: Till, iso: str) -> str:
    """A moment as the shop reads it: the clock today, else the day too."""
    at, now = datetime.fromisoformat(iso).astimezone(till.here().tzinfo), till.here()
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%m-%d %H:%M}"


def deadline(till: Till, task: Task) -> str:
    """Until when to answer, to be ready, or to be at the customer's door; "" for never."""
    key, at = task.deadline(till.view.setup.store_name)
    return till.say(f"tasks.{key}", time=clock_of(till, at)) if key else ""


class TasksPage(Page):
    name = "tasks"
    accepts: ClassVar[frozenset[CodeClass]] = frozenset({CodeClass.PRODUCT, CodeClass.OTHER})

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.task_id = ""

    @property
    def tasks(self) -> tuple[Task, ...]:
        return self.till.view.tasks

    def _cursor(self) -> int:
        at = (at for at, task in enumerate(self.tasks) if task.task_id == self.task_id)
        return next(at, 0)

    def body(self, width: int, height: int) -> list[Row]:
        if not self.tasks:
            return [BLANK, row(f"   {self.till.say('tasks.none')}", Look.DIM)]
        rows: list[Row] = [BLANK]
        cursor = self._cursor()
        for at in window(cursor, len(self.tasks), height - 1):
            text = self._text(self.tasks[at], width - 2)
            rows.append(marked(text, width) if at == cursor else unmarked(text, width))
        return rows

    def _text(self, task: Task, width: int) -> str:
        say = self.till.say
        kind = fit(say(f"tasks.kind.{task.kind}"), 13)
        state = fit(say(f"tasks.state.{task.state}"), 9)
        number = task.number.ljust(max(len(each.number) for each in self.tasks))
        who = task.who[0] if task.who else (task.lines[0].name if task.lines else "")
        left = f" {kind} {state} {number}  {self.till.counted('items', task.pieces_here)}  {who}"
        return across(left, f" {deadline(self.till, task)} ", width)

    def prompt(self) -> str:
        return self.till.say("tasks.prompt")

    def hint(self) -> str:
        return self.till.say("tasks.hint") if self.tasks else ""

    def enter(self) -> None:
        text = self.entry.take()
        if text:
            self.till.do(HandOverParcel(text))
        elif self.tasks and not self.by_scanner:
            task = self.tasks[self._cursor()]
            self.till.open_task(task.task_id)
            if task.state == OFFERED and not task.is_seen:
                self.till.do(SeeTask(task.task_id))

    def scanned(self, scan: Scan) -> None:
        """Parcels on their way into the carrier's car, one scan each."""
        self.till.do(HandOverParcel(scan.data, scan.scan_id))

    def other(self, name: str) -> None:
        to = moved(self._cursor(), name, len(self.tasks))
        if to is not None and self.tasks:
            self.task_id = self.tasks[to].task_id

    def labels(self) -> Labels:
        return {1: "menu"}

    def function(self, number: int) -> None:
        if number == 1:
            self.till.go("menu")
        else:
            super().function(number)
