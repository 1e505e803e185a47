"""What a store tells of goods in one go: a delivery, a transfer, a count, an adjustment.

Pure, and the same at the till that writes it and at central that books it. The thing to get
wrong: what a line's number means. It is pieces counted in a count, a signed difference in an
adjustment, and pieces that came or left in everything else, never negative.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from central_sync.retail.plain import Unreadable
from central_sync.retail.stock.movement import MovementKind, count_delta

# What a till tells this way. Sales and returns are receipts, picks belong to orders.
TOLD_BY_DOCUMENT = frozenset(
    (
        MovementKind.GOODS_RECEIVED,
        MovementKind.TRANSFER_OUT,
        MovementKind.TRANSFER_IN,
        MovementKind.COUNT,
        MovementKind.ADJUSTMENT,
        MovementKind.PUT_BACK,
    )
)
_LEAVES = (MovementKind.TRANSFER_OUT,)
LARGEST_LINES = 10_000
LARGEST_PIECES = 10**9


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """`expected`: what the delivery note said, or the book when a shelf was counted."""

    sku: str
    quantity: int
    expected: int | None = None

    @property
    def difference(self) -> int:
        """Over (positive) or short (negative) beside what was expected; 0 when nothing was."""
        return 0 if self.expected is None else self.quantity - self.expected


@dataclass(frozen=True, slots=True)
class StockDocument:
    """`movement_id` is its identity (UUIDv7); `reference` a delivery note, store or task.

    `unknown` came and is in no catalogue yet: what stands as its SKU is the code scanned.
    """

    movement_id: str
    kind: MovementKind
    lines: tuple[DocumentLine, ...]
    reference: str = ""
    reason: str = ""
    unknown: tuple[DocumentLine, ...] = ()

    def payload(self) -> dict[str, Any]:
        """The payload of a journal entry of kind STOCK_MOVED."""
        plain: dict[str, Any] = {
            "movement_id": self.movement_id,
            "kind": self.kind.value,
            "lines": [_plain(line) for line in self.lines],
            "reference": self.reference,
            "reason": self.reason,
        }
        if self.unknown:
            plain["unknown"] = [_plain(line) for line in self.unknown]
        return plain


def delta_of(kind: MovementKind, line: DocumentLine, book: int = 0) -> int:
    """How many pieces more (or fewer) a store has after this line.

    `book` stands in for a count that does not say what the book said.
    """
    if kind is MovementKind.COUNT:
        return count_delta(line.quantity, book if line.expected is None else line.expected)
    return -line.quantity if kind in _LEAVES else line.quantity


def read_document(payload: Mapping[str, Any]) -> StockDocument:
    """Read a payload; raises Unreadable."""
    try:
        kind = MovementKind(payload["kind"])
        lines = tuple(_line(kind, line) for line in payload["lines"])
        unknown = tuple(_line(kind, line) for line in payload.get("unknown", ()))
        reference, reason = payload.get("reference", ""), payload.get("reason", "")
        movement_id = payload["movement_id"]
    except (KeyError, TypeError, ValueError) as problem:
        raise Unreadable(f"StockDocument: {problem}") from problem
    if kind not in TOLD_BY_DOCUMENT:
        raise Unreadable(f"StockDocument: goods do not move by {kind.value} alone")
    if not all(isinstance(text, str) for text in (movement_id, reference, reason)):
        raise Unreadable("StockDocument: its id, reference and reason are texts")
    if not movement_id or len(lines) > LARGEST_LINES:
        raise Unreadable("StockDocument: it has no id, or too many lines")
    return StockDocument(movement_id, kind, lines, reference, reason, unknown)


def _plain(line: DocumentLine) -> list[Any]:
    plain = [line.sku, line.quantity]
    return plain if line.expected is None else [*plain, line.expected]


def _line(kind: MovementKind, plain: Any) -> DocumentLine:
    sku, quantity, *rest = plain
    expected = rest[0] if rest else None
    numbers = [quantity] if expected is None else [quantity, expected]
    if not isinstance(sku, str) or any(type(number) is not int for number in numbers):
        raise ValueError("a line is [sku, quantity] or [sku, quantity, expected]")
    if any(abs(number) > LARGEST_PIECES for number in numbers):
        raise ValueError("it moves more pieces than any store has")
    if quantity < 0 and kind is not MovementKind.ADJUSTMENT:
        raise ValueError("only an adjustment goes below zero")
    return DocumentLine(sku, quantity, expected)
