"""What can be asked of a list of goods: begin, count into it, book it, drop it.

Pure; a part of register.commands, through which everybody else reaches them. `is_sure` is
a person's yes to what the register has asked; the thing to get wrong is sending it first.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartGoods:
    """Begin a list of goods; `kind` is a register.goods_list.GoodsKind.

    `task_id` is what central asked for, "" when nobody did; `reference` the delivery's number.
    """

    kind: str
    reference: str = ""
    task_id: str = ""
    other_store: str = ""


@dataclass(frozen=True, slots=True)
class AddGoods:
    """One more of this code on the list; `is_sure` answers a refusal that asked."""

    code: str
    quantity: int = 1
    symbology: str = ""
    scan_id: int = 0
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class SetGoods:
    """How many there are of a line, by its SKU (or its unknown code); 0 is a count too."""

    key: str
    quantity: int
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class FinishGoods:
    """Book the list. `reason` of an adjustment, the invoice's number where one is checked."""

    reason: str = ""
    is_sure: bool = False


@dataclass(frozen=True, slots=True)
class DropGoods:
    """Throw the list away; nothing has moved."""
