"""What happened to goods and tasks of the store, in past tense.

Pure; a part of register.events, through which everybody else reaches them. The thing to get
wrong: goods move by GoodsMoved alone; a list that is begun or counted has moved nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from pos_client.register.goods_list import (
    CheckedInvoice,
    GoodsKind,
    GoodsLine,
    GoodsList,
    GoodsMovement,
)
from pos_client.register.tasks import TaskAct


@dataclass(frozen=True, slots=True)
class GoodsStarted:
    goods: GoodsList


@dataclass(frozen=True, slots=True)
class GoodsCounted:
    """A line of the list as it stands now."""

    line: GoodsLine


@dataclass(frozen=True, slots=True)
class GoodsDropped:
    kind: GoodsKind


@dataclass(frozen=True, slots=True)
class GoodsMoved:
    movement: GoodsMovement


@dataclass(frozen=True, slots=True)
class InvoiceChecked:
    checked: CheckedInvoice


@dataclass(frozen=True, slots=True)
class TaskActed:
    """This till said something of a task; `papers` are printed with it.

    `is_told` is False for paper alone, which is in no journal.
    """

    act: TaskAct
    number: str = ""
    name: str = ""
    papers: tuple[str, ...] = ()
    is_told: bool = True
