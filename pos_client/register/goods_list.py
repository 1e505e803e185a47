"""Goods in hand: a delivery, transfer, count, adjustment or invoice being gone through.

Pure values. A list stands beside the basket, so a customer can be served in the middle of
a delivery. The thing to get wrong: a count is blind. `book` is kept for the difference and
never shown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum


class GoodsKind(StrEnum):
    """What is being done; all but INVOICE are kinds of retail.stock.MovementKind."""

    RECEIVE = "goods_received"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    COUNT = "count"
    ADJUSTMENT = "adjustment"
    PUT_BACK = "put_back"
    INVOICE = "invoice"


OUT = frozenset((GoodsKind.TRANSFER_OUT,))
AGAINST_EXPECTED = frozenset((GoodsKind.RECEIVE, GoodsKind.TRANSFER_IN, GoodsKind.PUT_BACK))


@dataclass(frozen=True, slots=True)
class GoodsLine:
    """`quantity` in pieces (grams where sold by weight), signed only in an adjustment.

    `sku` is "" for a `code` that is not in the catalogue. `is_counted`: somebody has said
    the quantity. `is_accepted`: more or other than expected, and a person said yes. `book`
    is what the till believed the shelf to hold when this was last counted.
    """

    sku: str
    name: str
    quantity: int = 0
    expected: int = 0
    book: int = 0
    code: str = ""
    is_counted: bool = False
    is_accepted: bool = False

    @property
    def key(self) -> str:
        return self.sku or self.code


@dataclass(frozen=True, slots=True)
class GoodsList:
    """`list_id` becomes the movement's id. `has_expected`: the lines were known beforehand."""

    list_id: str
    kind: GoodsKind
    reference: str = ""
    task_id: str = ""
    other_store: str = ""
    has_expected: bool = False
    lines: tuple[GoodsLine, ...] = ()

    def find(self, key: str) -> GoodsLine | None:
        return next((line for line in self.lines if line.key == key), None)

    def with_line(self, line: GoodsLine) -> GoodsList:
        """The line in its place, or last."""
        if self.find(line.key) is None:
            return replace(self, lines=(*self.lines, line))
        lines = tuple(line if line.key == each.key else each for each in self.lines)
        return replace(self, lines=lines)

    @property
    def counted(self) -> tuple[GoodsLine, ...]:
        return tuple(line for line in self.lines if line.is_counted)


@dataclass(frozen=True, slots=True)
class GoodsMovement:
    """What left or reached the shelf.

    `lines` are (sku, signed delta), each sku once; `counted` (sku, counted, book) of a count;
    `unknown` (code, quantity) of what came and is not in the catalogue.
    """

    movement_id: str
    kind: GoodsKind
    lines: tuple[tuple[str, int], ...]
    counted: tuple[tuple[str, int, int], ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    reference: str = ""
    reason: str = ""
    task_id: str = ""
    other_store: str = ""


@dataclass(frozen=True, slots=True)
class CheckedInvoice:
    """`lines` are (sku, received, invoiced)."""

    delivery_id: str
    reference: str
    invoice: str
    lines: tuple[tuple[str, int, int], ...]

    @property
    def differences(self) -> tuple[tuple[str, int], ...]:
        """(sku, invoiced less received) where they differ."""
        return tuple((sku, said - came) for sku, came, said in self.lines if said != came)


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that this till has received; `lines` are (sku, quantity)."""

    movement_id: str
    reference: str
    at: str
    lines: tuple[tuple[str, int], ...]
    is_checked: bool = False
