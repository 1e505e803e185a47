"""The verbs for the store's tasks. N is a task's number in the list that `tasks` speaks.

Pure. The thing to get wrong: keeping numbers between two lines; they are the View's own
order, which a task that ends elsewhere may change, so every answer names the order too.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.plain.amounts import BadLine, read_count
from pos_client.plain.arguments import Context, Typed, one, reason_of
from pos_client.plain.goods import counted_code, sure
from pos_client.plain.wishes import ShowTask, Wish
from pos_client.register import commands as ask
from pos_client.register.commands import Command

LONGEST_NUMBER = 4


def show(rest: Typed, context: Context) -> Wish:
    return ShowTask(_task(rest, "task", context))


def reject(rest: Typed, context: Context) -> Wish:
    """N REASON."""
    task_id = _task(rest, "reject", context)
    return ask.RejectTask(task_id, reason_of(rest[1:], context.view.setup.reject_reasons))


def picked(rest: Typed, context: Context) -> Wish:
    """N [3*]CODE [yes]."""
    task_id = _task(rest, "picked", context)
    words, is_sure = sure(rest[1:])
    quantity, code = counted_code(words, "picked")
    return ask.PickGoods(task_id, code, quantity, is_sure=is_sure)


def missing(rest: Typed, context: Context) -> Wish:
    """N LINE REASON."""
    task_id = _task(rest, "missing", context)
    line = read_count(one(rest[1:], "missing"))
    reason = reason_of(rest[2:], context.view.setup.missing_reasons)
    return ask.MissGoods(task_id, line, reason)


def hand_over(rest: Typed, context: Context) -> Wish:
    """N [TRACKING], or the CODE on the parcel's label: no list has so many tasks."""
    first = one(rest, "handover")
    if len(first) > LONGEST_NUMBER or not first.isdigit():
        return ask.HandOverParcel(first)
    return ask.HandOverTask(_task(rest, "handover", context), " ".join(rest[1:]))


def shelve(rest: Typed, context: Context) -> Wish:
    return ask.PutOnShelf(_task(rest, "shelve", context), " ".join(rest[1:]))


def hand_out(rest: Typed, context: Context) -> Wish:
    task_id = _task(rest, "handout", context)
    one(rest[1:], "handout")
    return ask.HandOut(task_id, "".join(rest[1:]))


def simply(verb: str, wish: Callable[[str], Command]) -> Callable[[Typed, Context], Wish]:
    return lambda rest, context: wish(_task(rest, verb, context))


def _task(rest: Typed, verb: str, context: Context) -> str:
    at = read_count(one(rest, verb))
    if at > len(context.view.tasks):
        raise BadLine("no_task")
    return context.view.tasks[at - 1].task_id
