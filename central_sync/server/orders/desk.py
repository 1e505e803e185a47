"""What tills ask of the whole chain's orders and receipts: found, shown, a refund claimed.

Plain functions. The thing to get wrong: paying a refund out twice. A claim is one row, taken
by a conditional write, and ends by itself when its till is not heard again.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, Connection, or_, select, update

from central_sync.database import tables as t
from central_sync.database.write import chunks, inserting
from central_sync.retail.money import share_after
from central_sync.retail.orders import CustomerOrder, Refund
from central_sync.retail.plain import from_plain
from central_sync.retail.transaction import RetailTransaction
from central_sync.server.finding_contacts import contacts_like, fits
from central_sync.server.finding_people import find_customers
from central_sync.server.orders import inbox, ledger
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.summary import summary_of
from central_sync.server.orders.tasks import shares_of
from central_sync.server.orders.timing import later
from central_sync.server.orders.wording import words_for
from central_sync.server.people import country_of
from central_sync.server.refused import Refused, not_found
from central_sync.server.storable import storable
from central_sync.wire.desk import DeskOrder, DeskOrders, DeskReceipt, RefundClaim
from central_sync.wire.entries import EntryBody
from central_sync.wire.sealing import KeySet
from central_sync.wire.tasks import Private

LARGEST_FOUND = 20
CLAIM_SECONDS = 900


def find(room: OrderRoom, connection: Connection, data_keys: KeySet, text: str) -> DeskOrders:
    """Orders by number, receipt, phone, e-mail, member number or name; the newest first."""
    asked = storable(text).strip()
    ids = _numbered(connection, asked) or _of_people(room, connection, data_keys, asked)
    newest = sorted(set(ids), reverse=True)
    shown = [shown_of(room, connection, order_id) for order_id in newest[:LARGEST_FOUND]]
    return DeskOrders(orders=shown, is_more=len(newest) > LARGEST_FOUND)


def shown_of(room: OrderRoom, connection: Connection, order_id: str) -> DeskOrder:
    """Raises Refused 404."""
    stored = ledger.the_order(connection, order_id)
    order = stored.order
    [words] = words_for(room, connection, [order])
    address = order.address.address_id if order.address else ""
    contact = room.private.find(connection, address) if address else None
    return DeskOrder(
        summary=summary_of(stored, words),
        state=ledger.state_of(order),
        contact=Private(**contact.model_dump()) if contact else Private(),
        refused=[word.reason for word in inbox.told_of(connection, order_id, "refused")],
    )


def receipt(room: OrderRoom, connection: Connection, number: str) -> DeskReceipt:
    """A receipt by its whole printed number or its id; raises Refused 404."""
    text = storable(number).strip()
    row = t.receipt.c
    found = connection.execute(
        select(row.receipt_id, row.workstation_id, row.epoch, row.sequence)
        .where(or_(row.receipt_number == text, row.receipt_id == text))
        .order_by(row.at.desc())
    ).first()
    if found is None:
        raise not_found(f"central has no receipt {text[:40]}")
    body = _body(connection, found.workstation_id, found.epoch, found.sequence)
    order_id = connection.execute(
        select(t.customer_order.c.order_id).where(t.customer_order.c.receipt_id == found.receipt_id)
    ).scalar()
    return DeskReceipt(
        receipt=body.payload,
        returned=_returned(connection, found.receipt_id),
        order=shown_of(room, connection, order_id) if order_id else None,
    )


def claim(room: OrderRoom, order_id: str, refund_key: str, workstation_id: str) -> RefundClaim:
    """This till is about to pay a refund out; raises Refused 404, or 409 when it is paid or
    another till is at it."""
    at = room.timestamp()
    with room.database.atomic() as connection:
        order = ledger.the_order(connection, order_id).order
        refund = next((one for one in order.refunds if one.refund_key == refund_key), None)
        if refund is None:
            raise not_found("there is no such refund")
        if refund.paid_at or not refund.amount_minor:
            raise Refused(409, "refund_paid", "this refund is paid already")
        until = later(at, CLAIM_SECONDS)
        if not _take_claim(connection, refund_key, workstation_id, at, until):
            raise Refused(409, "refund_claimed", "another till is paying this refund just now")
    return _claimed(order, refund, until)


def _numbered(connection: Connection, text: str) -> list[str]:
    row, paper = t.customer_order.c, t.receipt.c
    of_receipt = select(paper.receipt_id).where(paper.receipt_number == text)
    query = select(row.order_id).where(
        or_(
            row.order_id == text,
            row.number.in_((text, text.upper())),
            row.receipt_id == text,
            row.receipt_id.in_(of_receipt),
        )
    )
    return list(connection.execute(query.limit(LARGEST_FOUND)).scalars()) if text else []


def _of_people(room: OrderRoom, connection: Connection, data_keys: KeySet, text: str) -> list[str]:
    if len(text) < 3:
        return []
    row = t.customer_order.c
    customers = find_customers(connection, data_keys, text).customers
    found = _where(connection, row.customer_id.in_([each.customer_id for each in customers]))
    country = country_of(connection)
    like = contacts_like(connection, data_keys, text, country)
    for part in chunks(like):
        pairs = connection.execute(
            select(row.order_id, row.address_id).where(row.address_id.in_(part))
        )
        for order_id, address_id in pairs:
            words = room.private.find(connection, address_id)
            if words is not None and fits(words.model_dump(), text, country):
                found.append(order_id)
    return found


def _where(connection: Connection, condition: ColumnElement[bool]) -> list[str]:
    row = t.customer_order.c
    query = select(row.order_id).where(condition, row.customer_id != "")
    return list(
        connection.execute(query.order_by(row.order_id.desc()).limit(LARGEST_FOUND + 1)).scalars()
    )


def _body(connection: Connection, workstation_id: str, epoch: int, sequence: int) -> EntryBody:
    row = t.journal_entry.c
    body = connection.execute(
        select(row.body).where(
            row.workstation_id == workstation_id, row.epoch == epoch, row.sequence == sequence
        )
    ).scalar_one()
    return EntryBody.from_bytes(body)


def _returned(connection: Connection, receipt_id: str) -> dict[int, int]:
    """What came back of each line, read from the return receipts themselves."""
    line, paper = t.receipt_line.c, t.receipt.c
    rows = connection.execute(
        select(paper.workstation_id, paper.epoch, paper.sequence).where(
            paper.receipt_id.in_(
                select(line.receipt_id).where(line.original_receipt_id == receipt_id)
            )
        )
    ).all()
    found: dict[int, int] = {}
    for row in rows:
        body = _body(connection, row.workstation_id, row.epoch, row.sequence)
        for one in _taken_back(from_plain(RetailTransaction, body.payload), receipt_id):
            found[one[0]] = found.get(one[0], 0) + one[1]
    return found


def _taken_back(back: RetailTransaction, receipt_id: str) -> Iterable[tuple[int, int]]:
    """A line that only pays back what an order owes brings no goods."""
    for line in back.live_lines:
        if line.original_receipt_id == receipt_id and not line.refund_key:
            yield line.original_line, abs(line.returnable)


def _take_claim(
    connection: Connection, refund_key: str, workstation_id: str, at: str, until: str
) -> bool:
    row = t.refund_claim.c
    insert = inserting(connection, t.refund_claim).values(
        refund_key=refund_key, workstation_id=workstation_id, until=until
    )
    taken = connection.execute(insert.on_conflict_do_nothing(index_elements=["refund_key"]))
    if taken.rowcount == 1:
        return True
    again = connection.execute(
        update(t.refund_claim)
        .where(
            row.refund_key == refund_key,
            or_(row.workstation_id == workstation_id, row.until <= at),
        )
        .values(workstation_id=workstation_id, until=until)
    )
    return again.rowcount == 1


def _claimed(order: CustomerOrder, refund: Refund, until: str) -> RefundClaim:
    line = order.line(refund.line)
    assert line is not None, "a refund is of a line"
    whole = sum(share.amount_minor for share in refund.shares)
    return RefundClaim(
        order_id=order.order_id,
        number=order.number,
        refund_key=refund.refund_key,
        line=refund.line,
        sku=line.sku,
        name=_named(order, refund, line.name),
        quantity=refund.quantity,
        amount_minor=refund.amount_minor,
        vat_minor=share_after(refund.vat_minor, 0, refund.amount_minor, whole),
        tax_rate_basis_points=line.tax_rate_basis_points,
        shares=shares_of(refund),
        receipt_id=order.receipt_id,
        reason=refund.reason,
        until=until,
    )


def _named(order: CustomerOrder, refund: Refund, name: str) -> str:
    """What is left over when another item came instead names both."""
    other = (one.name for one in order.lines if one.instead_of == refund.line)
    return f"{name} → {next(other, '')}" if refund.moved else name


def seen(found: Sequence[DeskOrder]) -> list[str]:
    """Whose orders were shown, for the record of look-ups."""
    ids = (one.summary.customer_id for one in found)
    return [one for one in dict.fromkeys(ids) if one]
