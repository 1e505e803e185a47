"""The store's tasks as rows: what to do, until when, for whom, where it lies or goes, and why.

Pure. The thing to get wrong: telling less than the screen does. Who hears the till has the
same minutes to answer an order, and must send a parcel to the same place.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from central_sync.retail.plain import to_plain
from pos_client.plain.replies import Reply
from pos_client.plain.speech import Speech
from pos_client.plain.verdict import Verdict
from pos_client.register.tasks import Task, TaskLine
from pos_client.register.view import Setup, View


def tasks_reply(view: View, speech: Speech) -> Reply:
    """The store's tasks, numbered as the task verbs want it."""
    rows = tuple(
        _task_row(at, task, view.setup, speech) for at, task in enumerate(view.tasks, start=1)
    )
    key = "tasks.list_one" if len(rows) == 1 else "tasks.list"
    return Reply(Verdict.OK, speech.say(key, count=len(rows)), rows, to_plain(view.tasks))


def task_reply(task_id: str, view: View, speech: Speech) -> Reply:
    """One task: its lines, for whom, where it lies or goes, what is unpaid, and why this store."""
    for at, task in enumerate(view.tasks, start=1):
        if task.task_id == task_id:
            rows = (*(_line(line, speech) for line in task.lines), *_facts(task, view, speech))
            said = _task_row(at, task, view.setup, speech)
            return Reply(Verdict.OK, said, rows, to_plain(task))
    return Reply(Verdict.NO, speech.words.say("task.gone"))


def _line(line: TaskLine, speech: Speech) -> str:
    return speech.say(
        "tasks.line",
        line=line.line,
        quantity=line.quantity,
        name=line.name,
        place=line.place or line.sku,
        picked=line.picked,
    )


def _facts(task: Task, view: View, speech: Speech) -> Iterator[str]:
    yield from task.who
    goes_to = task.goes_to(view.setup.store_name)
    if goes_to:
        yield speech.words.say("screen.tasks.goes_to", store=goes_to)
    if task.shelf_place:
        yield speech.words.say("screen.tasks.place", place=task.shelf_place)
    unpaid = sum(line.unpaid_minor for line in task.lines)
    if unpaid:
        yield speech.say("tasks.unpaid", amount_minor=unpaid)
    why = task.why_en if speech.words.language == "en" else task.why_sv
    if why:
        yield why


def _task_row(at: int, task: Task, setup: Setup, speech: Speech) -> str:
    row = speech.say(
        "tasks.row",
        at=at,
        kind=speech.words.say(f"screen.tasks.kind.{task.kind}"),
        state=speech.words.say(f"screen.tasks.state.{task.state}"),
        number=task.number,
        pieces=speech.pieces(task.pieces_here),
    )
    key, until = task.deadline(setup.store_name)
    if not key:
        return f"{row}."
    here = datetime.fromisoformat(until).astimezone(ZoneInfo(setup.time_zone))
    return f"{row}, {speech.words.say(f'screen.tasks.{key}', time=f'{here:%Y-%m-%d %H:%M}')}."
