"""What a journal entry's bytes say to central. Pure: bytes in, a value out.

Whatever a till sends is stored before this looks at it, so nothing here may raise: what
cannot be understood is Parked with a sentence for a person, and the queue goes on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from central_sync.retail.plain import Unreadable, from_plain, to_plain
from central_sync.retail.stock import DocumentLine, StockDocument, read_document
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.entries import SCHEMA, EntryBody, EntryKind

# JSON numbers are exact up to here (RFC 8785); every sum of them fits 64 bits.
LARGEST_INTEGER = 2**53
LARGEST_QUANTITY = 10**9
_LONGEST_REASON = 500
# Escapes are the only way to write NUL or half a character in JSON; 2**53 has sixteen digits.
_ESCAPED = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
_DIGITS_AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_SIXTEEN_DIGITS = b"0" * 16
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Sale:
    """A receipt to be booked, sale or return."""

    body: EntryBody
    transaction: RetailTransaction


@dataclass(frozen=True, slots=True)
class Goods:
    """A document of goods to be booked."""

    body: EntryBody
    document: StockDocument


@dataclass(frozen=True, slots=True)
class InvoiceChecked:
    """A supplier's invoice was held against a delivery; `differences` as the till saw them."""

    body: EntryBody
    delivery_id: str
    lines: tuple[DocumentLine, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """Somebody signed on or off at a till. Who, is nobody's business here."""

    body: EntryBody
    is_on: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """Customers were shown at a till that did not reach central."""

    body: EntryBody
    what: str
    customer_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PledgesSeen:
    """A till keeps back what these offers lend: (sku, epoch)."""

    body: EntryBody
    seen: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class PledgeOverridden:
    """A cashier sold what was lent: (sku, pieces, epoch)."""

    body: EntryBody
    sold: tuple[tuple[str, int, int], ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Said:
    """A word on an order or a task, to be decided by `orders.deciding` after this was taken in."""

    kind: str
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that moves neither money nor stock: it is kept, and that is all."""


@dataclass(frozen=True, slots=True)
class Parked:
    """An entry that a person has to look at; later ones go on."""

    reason: str

    @staticmethod
    def of(reason: str) -> Parked:
        """With a reason that every database can hold."""
        plain = reason.encode("utf-8", "backslashreplace").decode().replace("\x00", "\\0")
        return Parked(plain[:_LONGEST_REASON])


Reading = (
    Sale | Goods | InvoiceChecked | Signed | Seen | PledgesSeen | PledgeOverridden
    | Said | Kept | Parked
)  # fmt: skip


def read_entry(content: bytes, *, workstation_id: str, store_id: str) -> Reading:
    """Read one body that this workstation of this store sent."""
    try:
        body = EntryBody.from_bytes(content)
        if body.kind not in _READ:
            return Kept() if body.kind in _KINDS else Parked.of(_newer(body))
        # Walking every value costs more than all the rest, so only a suspect is walked.
        if _is_suspect(content) and not _is_storable(to_plain(body)):
            return Parked.of("it holds a number or a character that cannot be stored")
        fault = _foreign(body, workstation_id, store_id)
        return Parked.of(fault) if fault else _READ[body.kind](body)
    except (Unreadable, UnicodeDecodeError) as problem:
        return Parked.of(f"it cannot be read: {problem}")
    except RecursionError:
        return Parked.of("it cannot be read: it is nested too deep")
    except AssertionError as problem:
        return Parked.of(f"its sums are wrong: {problem or 'payments do not make the total'}")


def _is_suspect(content: bytes) -> bool:
    """May it hold what no database can? Looked for without a pattern, which takes longer by ten."""
    if b"\\u" in content and _ESCAPED.search(content):
        return True
    return _SIXTEEN_DIGITS in content.translate(_DIGITS_AS_ZEROS)


def _newer(body: EntryBody) -> str:
    return f"its kind {body.kind[:40]!r} is unknown here: update central, then post it again"


def _foreign(body: EntryBody, workstation_id: str, store_id: str) -> str:
    if body.schema > SCHEMA:
        return f"it has schema {body.schema}, this central reads up to {SCHEMA}"
    if body.workstation != workstation_id:
        return f"it was made by {body.workstation!r} and sent by {workstation_id!r}"
    if body.store != store_id:
        return f"it was made in {body.store!r}, the workstation belongs to {store_id!r}"
    return ""


def _sale(body: EntryBody) -> Reading:
    transaction = from_plain(RetailTransaction, body.payload)
    fault = _fault(transaction)
    if fault:
        return Parked.of(fault)
    transaction.check()
    return Sale(body, transaction)


def _invoice(body: EntryBody) -> Reading:
    """Lines as in a delivery: what the invoice says, and what was received."""
    delivery_id = body.payload.get("delivery_id", "")
    lines = body.payload.get("lines", [])
    document = {"movement_id": f"invoice {body.id}", "kind": "goods_received", "lines": lines}
    if not isinstance(delivery_id, str):
        return Parked.of("its delivery has no id")
    return InvoiceChecked(body, delivery_id, read_document(document).lines)


def _seen(body: EntryBody) -> Reading:
    what, ids = body.payload.get("what", ""), body.payload.get("customer_ids", [])
    is_list = isinstance(ids, list) and all(isinstance(each, str) for each in ids)
    if not isinstance(what, str) or not is_list:
        return Parked.of("it does not tell which customers were shown")
    return Seen(body, what, tuple(ids))


def _pledges_seen(body: EntryBody) -> Reading:
    rows = body.payload.get("pledges", [])
    if not _are_rows(rows, 2):
        return Parked.of("it does not tell which pledges are known")
    return PledgesSeen(body, tuple((sku, epoch) for sku, epoch in rows))


def _pledge_overridden(body: EntryBody) -> Reading:
    rows, reason = body.payload.get("lines", []), body.payload.get("reason", "")
    if not _are_rows(rows, 3) or not isinstance(reason, str):
        return Parked.of("it does not tell what was sold of what is lent")
    return PledgeOverridden(body, tuple((sku, n, epoch) for sku, n, epoch in rows), reason)


def _are_rows(rows: Any, width: int) -> bool:
    """Lists of a text and whole numbers."""
    return isinstance(rows, list) and all(
        isinstance(row, list)
        and len(row) == width
        and isinstance(row[0], str)
        and all(type(number) is int and 0 <= number <= LARGEST_QUANTITY for number in row[1:])
        for row in rows
    )


_KINDS = frozenset(EntryKind)
_READ: dict[str, Callable[[EntryBody], Reading]] = {
    EntryKind.RECEIPT: _sale,
    EntryKind.STOCK_MOVED: lambda body: Goods(body, read_document(body.payload)),
    EntryKind.INVOICE_CHECKED: _invoice,
    EntryKind.ORDER_COMMAND: lambda body: Said("command", body.payload),
    EntryKind.TASK_DONE: lambda body: Said("task_done", body.payload),
    EntryKind.CUSTOMERS_SEEN: _seen,
    EntryKind.PLEDGES_SEEN: _pledges_seen,
    EntryKind.PLEDGE_OVERRIDDEN: _pledge_overridden,
    EntryKind.SIGNED_ON: lambda body: Signed(body, is_on=True),
    EntryKind.SIGNED_OFF: lambda body: Signed(body, is_on=False),
}


def _fault(transaction: RetailTransaction) -> str:
    if not transaction.receipt_id:
        return "its receipt has no id"
    if any(abs(line.moved) > LARGEST_QUANTITY for line in transaction.lines):
        return "it moves more pieces than any store has"
    if _has_twins([line.line for line in transaction.lines]):
        return "two of its lines have the same number"
    if _has_twins([group.rate_basis_points for group in transaction.tax_groups]):
        return "it totals a tax rate twice"
    return ""


def _has_twins(values: list[int]) -> bool:
    return len(set(values)) < len(values)


def _is_storable(value: Any) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and (value.isascii() or not _SURROGATES.search(value))
    if isinstance(value, int):
        return abs(value) <= LARGEST_INTEGER
    if isinstance(value, dict):
        return all(_is_storable(key) and _is_storable(part) for key, part in value.items())
    if isinstance(value, list):
        return all(_is_storable(part) for part in value)
    return value is None
