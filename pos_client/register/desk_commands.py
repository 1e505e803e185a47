"""What can be asked of an order at the order desk; a part of `commands`, where all are named.

Pure. Every one of them is journalled with who and why, and central decides.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CancelOrder:
    """`pieces` are (line, quantity); none is all that can still be cancelled."""

    order_id: str
    reason: str
    pieces: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class MoveOrder:
    """Another address. Personal data: kept sealed, never journalled."""

    order_id: str
    name: str
    phone: str = ""
    email: str = ""
    street: str = ""
    postcode: str = ""
    town: str = ""


@dataclass(frozen=True, slots=True)
class ChangeOrderLine:
    """`mode` is ship or collect; the store is where it is collected."""

    order_id: str
    line: int
    mode: str
    collect_store_id: str = ""


@dataclass(frozen=True, slots=True)
class WaitForOrder:
    """The customer agrees to wait longer for the answer to a wish."""

    order_id: str
    line: int
    days: int = 7


@dataclass(frozen=True, slots=True)
class SubstituteOrderLine:
    """The customer agrees to another item, of the same price or lower, for all of a line that
    nobody has packed; `code` as it is scanned or typed."""

    order_id: str
    line: int
    code: str


@dataclass(frozen=True, slots=True)
class PayOutRefund:
    """Put a refund that central lets this till pay into the basket, as a return."""

    refund_key: str


@dataclass(frozen=True, slots=True)
class PayRest:
    """Take what is still due of a parcel that waits to be collected, as a sale of its own."""

    task_id: str


DeskWish = (
    CancelOrder
    | MoveOrder
    | ChangeOrderLine
    | WaitForOrder
    | SubstituteOrderLine
    | PayOutRefund
    | PayRest
)
