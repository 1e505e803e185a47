"""The verbs for goods and counts: begin a list, count into it, book it.

Pure. `yes` at the end answers what the till has asked in its refusal; the thing to get
wrong is adding it by oneself, since it is a person who has looked.
"""

from __future__ import annotations

import re

from pos_client.plain.amounts import BadLine, read_count
from pos_client.plain.arguments import Context, Typed, one, some
from pos_client.plain.verbs import GOODS_KINDS, YES
from pos_client.plain.wishes import ShowGoods, Wish
from pos_client.register import commands as ask
from pos_client.register.goods_list import GoodsKind

TASK_WORDS = frozenset({"task", "uppgift"})
TASK_GOODS = {"count": "count", "receive": "goods_received", "transfer_in": "transfer_in"}
_COUNTED = re.compile(r"(?:(-?\d{1,5})\s*\*\s*)?(\S+)")


def begin(rest: Typed, context: Context) -> Wish:
    """in [NUMBER], out STORE, from STORE [NUMBER], count, adjust, invoice DELIVERY, task N."""
    if not rest:
        return ShowGoods()
    if rest[0].casefold() in TASK_WORDS:
        return _of_task(rest[1:], context)
    kind = GOODS_KINDS.get(rest[0].casefold())
    after = rest[1:]
    if kind is None:
        raise BadLine("usage", verb="goods")
    if kind in (GoodsKind.TRANSFER_OUT.value, GoodsKind.TRANSFER_IN.value):
        return ask.StartGoods(kind, " ".join(after[1:]), other_store=one(after, "goods"))
    return ask.StartGoods(kind, " ".join(after))


def _of_task(rest: Typed, context: Context) -> Wish:
    """What a task of the store asks for: receive it, or count it."""
    at = read_count(one(rest, "goods"))
    task = context.view.tasks[at - 1] if at <= len(context.view.tasks) else None
    if task is None or task.kind not in TASK_GOODS or task.parcel_id:
        raise BadLine("no_task")
    return ask.StartGoods(TASK_GOODS[task.kind], task_id=task.task_id)


def got(rest: Typed, context: Context) -> Wish:
    """[3*]CODE [yes]."""
    words, is_sure = sure(some(rest, "got"))
    quantity, code = counted_code(words, "got")
    return ask.AddGoods(code, quantity, is_sure=is_sure)


def counted(rest: Typed, context: Context) -> Wish:
    """NUMBER SKU [yes]."""
    words, is_sure = sure(some(rest, "counted"))
    if len(words) != 2 or not re.fullmatch(r"-?\d{1,5}", words[0]):
        raise BadLine("usage", verb="counted")
    return ask.SetGoods(words[1], int(words[0]), is_sure=is_sure)


def done(rest: Typed, context: Context) -> Wish:
    """[yes] [REASON or INVOICE]."""
    is_sure = bool(rest) and rest[0].casefold() in YES
    return ask.FinishGoods(" ".join(rest[1:] if is_sure else rest), is_sure=is_sure)


def counted_code(words: Typed, verb: str) -> tuple[int, str]:
    """[3*]CODE."""
    found = _COUNTED.fullmatch(" ".join(words))
    if found is None:
        raise BadLine("usage", verb=verb)
    return int(found[1] or 1), found[2]


def sure(words: Typed) -> tuple[Typed, bool]:
    if len(words) > 1 and words[-1].casefold() in YES:
        return words[:-1], True
    return words, False
