"""Returns that were made without central: confirmed by their sale, or shown to a person.

A till that could ask nobody took goods back on the word of the receipt's own code, kept them
aside and left money to central. Here the sale is found, the goods go back on the shelf and the
money is owed; a line that came back more often than it was sold is contested. The thing to get
wrong: undoing. Nothing that a till did is taken back here; a person decides, with the evidence
of every store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.database.write import insert_missing
from central_sync.retail.item import ItemKind
from central_sync.retail.money import allocate
from central_sync.retail.plain import from_plain
from central_sync.retail.stock import MovementKind
from central_sync.retail.tender import TenderKind
from central_sync.retail.transaction import LineItem, RetailTransaction
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.orders import telling
from central_sync.server.orders.tasks import Task
from central_sync.server.refused import Refused, invalid, not_found
from central_sync.server.settled import Decided
from central_sync.server.warehouse import ledger
from central_sync.wire.entries import EntryBody
from central_sync.wire.tasks import TaskBody, TaskKind, TaskLine, TaskState

WAITING, DUE, DONE, CONTESTED, REFUSED = "waiting", "due", "done", "contested", "refused"
OPEN = (WAITING, DUE, CONTESTED)
_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Evidence:
    """One return of the contested line; `operator` who took it back."""

    receipt_number: str
    store_id: str
    workstation_id: str
    operator: str
    at: str
    quantity: int
    gross_minor: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of return_claim for people, with its sale's number and every return of its line."""

    claim_id: str
    state: str
    store_id: str
    receipt_number: str
    original_number: str
    original_store_id: str
    name: str
    quantity: int
    gross_minor: int
    claim_minor: int
    is_held: bool
    at: str
    reason: str
    evidence: tuple[Evidence, ...]


def judge(connection: Connection, receipt_id: str, original_line: int, at: str) -> None:
    """A line of a return receipt has been booked; done once, however often it is asked."""
    back = _transaction(connection, receipt_id)
    lines = [
        line
        for line in (back.live_lines if back else ())
        if line.original_line == original_line and line.original_receipt_id and not line.refund_key
    ]
    for line in lines:
        assert back is not None
        state, reason = _state(connection, back.receipt_id, line)
        if line.held or state == CONTESTED:
            _enter(connection, back, line, state, reason, at)


def has_waited_for(connection: Connection) -> bool:
    """A sale has come that a return waited for."""
    row = t.return_claim.c
    is_here = row.original_receipt_id.in_(select(t.receipt.c.receipt_id))
    query = select(row.claim_id).where(row.state == WAITING, is_here).limit(1)
    return connection.execute(query).first() is not None


def look_again(connection: Connection, at: str) -> int:
    """Returns whose sale has come to central meanwhile; returns how many."""
    row = t.return_claim.c
    here = select(t.receipt.c.receipt_id)
    rows = connection.execute(
        select(t.return_claim)
        .where(row.state == WAITING, row.original_receipt_id.in_(here))
        .limit(_AT_ONCE)
    ).all()
    for found in rows:
        back = _transaction(connection, found.receipt_id)
        line = next((one for one in back.lines if one.line == found.line), None) if back else None
        if line is not None:
            state, reason = _state(connection, found.receipt_id, line)
            _move_on(connection, found, state, reason, at)
    return len(rows)


def listed(connection: Connection, *, every: bool = False) -> list[Claim]:
    """What is open, contested first, or with `every` what was ever kept; the oldest first."""
    row = t.return_claim.c
    query = select(t.return_claim).order_by(row.state != CONTESTED, row.at, row.claim_id)
    query = query if every else query.where(row.state.in_(OPEN))
    return [_told(connection, one) for one in connection.execute(query.limit(1_000))]


def accept(connection: Connection, claim_id: str, decided: Decided) -> str:
    """A person believes a contested return; returns its new state. Raises Refused."""
    found = _contested(connection, claim_id)
    state = _move_on(connection, found, DONE, found.reason, decided.at)
    _sign(connection, claim_id, decided)
    return state


def refuse(connection: Connection, claim_id: str, decided: Decided) -> None:
    """A person does not: nothing is paid, and the goods stay aside. Raises Refused."""
    _contested(connection, claim_id)
    _change(connection, claim_id, state=REFUSED)
    _sign(connection, claim_id, decided)


def paid(connection: Connection, claim_id: str, reference: str, decided: Decided) -> None:
    """The money went back to where it was paid from; raises Refused."""
    found = _found(connection, claim_id)
    if found.state == DONE and found.reference == reference:
        return
    if found.state != DUE:
        raise Refused(409, "not_due", f"{claim_id} is {found.state}; only what is due is paid")
    if not reference.strip():
        raise invalid("say with which reference it was paid back")
    _change(connection, claim_id, state=DONE, reference=reference.strip()[:200])
    _sign(connection, claim_id, decided)


def _state(connection: Connection, receipt_id: str, line: LineItem) -> tuple[str, str]:
    """(state, why) of a line that came back, by its sale and what was believed of it before.

    One at a time judges the returns of a sale.
    """
    of_sale = t.receipt.c.receipt_id == line.original_receipt_id
    connection.execute(select(t.receipt.c.receipt_id).where(of_sale).with_for_update())
    sale = _transaction(connection, line.original_receipt_id)
    if sale is None:
        return WAITING, "the sale has not come to central yet"
    sold = next((one for one in sale.live_lines if one.line == line.original_line), None)
    if sold is None:
        return CONTESTED, "the sale has no such line"
    before = _believed(connection, receipt_id, line)
    if before + abs(line.returnable) > sold.returnable:
        return CONTESTED, f"{sold.returnable} sold, {before} of it came back before"
    return DONE, ""


def _believed(connection: Connection, receipt_id: str, line: LineItem) -> int:
    """Pieces of the same line in other returns that count: those that central knew of when they
    were made, and those that it has confirmed since."""
    row = t.return_claim.c
    found = connection.execute(
        select(row.receipt_id, row.line, row.state).where(
            row.original_receipt_id == line.original_receipt_id
        )
    )
    judged = {(each.receipt_id, each.line): each.state for each in found}
    count = 0
    for paper, one in _returns(connection, line):
        state = judged.get((paper.receipt_id, one.line), WAITING if one.held else DONE)
        if paper.receipt_id != receipt_id and state in (DUE, DONE):
            count += abs(one.returnable)
    return count


def _enter(
    connection: Connection,
    back: RetailTransaction,
    line: LineItem,
    state: str,
    reason: str,
    at: str,
) -> None:
    claim_id = f"{back.receipt_id}/{line.line}"
    row = {
        "claim_id": claim_id,
        "receipt_id": back.receipt_id,
        "line": line.line,
        "store_id": back.seller.store_id,
        "original_receipt_id": line.original_receipt_id,
        "original_line": line.original_line,
        "sku": line.sku,
        "name": line.name,
        "quantity": abs(line.returnable),
        "gross_minor": abs(line.gross_minor),
        "claim_minor": _claimed(back, line),
        "is_held": int(line.held),
        "state": WAITING,
        "at": back.at,
        "reason": reason,
    }
    known = select(t.return_claim.c.claim_id).where(t.return_claim.c.claim_id == claim_id)
    if connection.execute(known).first() is not None:
        return
    insert_missing(connection, t.return_claim, [row])
    _move_on(connection, _found(connection, claim_id), state, reason, at)


def _claimed(back: RetailTransaction, line: LineItem) -> int:
    """This line's part of what the receipt left for central to pay."""
    left = -sum(p.amount_minor for p in back.payments if p.kind is TenderKind.CLAIM)
    held = [one for one in back.live_lines if one.held]
    if not left or line not in held:
        return 0
    return allocate(left, [abs(one.gross_minor) for one in held])[held.index(line)]


def _move_on(connection: Connection, claim: Any, state: str, reason: str, at: str) -> str:
    """Confirmed goods go on the shelf, and what was left to central is due."""
    if state == DONE:
        if claim.is_held:
            _release(connection, claim, at)
        state = DUE if claim.claim_minor else DONE
    _change(connection, claim.claim_id, state=state, reason=reason)
    return state


def _release(connection: Connection, claim: Any, at: str) -> None:
    """The goods may be sold again: the book has them, and the store is asked to put them back."""
    lock_scopes(connection, [store_scope(claim.store_id)])
    if _is_goods(connection, claim.sku):
        movement = ledger.central_movement(
            claim.store_id, claim.sku, MovementKind.RETURN, claim.quantity, at, reason="held"
        )
        ledger.move(connection, claim.store_id, [movement], at)
    line = TaskLine(line=1, sku=claim.sku, name=claim.name, quantity=claim.quantity)
    body = TaskBody(number=_number(connection, claim.receipt_id), lines=[line], reason="held_goods")
    task = Task(
        claim.store_id,
        f"{claim.claim_id}/held",
        TaskKind.PUT_BACK,
        TaskState.ACCEPTED,
        body,
    )
    telling.ask_store(connection, task, at)


def _is_goods(connection: Connection, sku: str) -> bool:
    kind = connection.execute(select(t.item.c.kind).where(t.item.c.sku == sku)).scalar()
    return kind == ItemKind.GOODS.value


def _told(connection: Connection, row: Any) -> Claim:
    paper = t.receipt.c
    sale = connection.execute(
        select(paper.receipt_number, paper.store_id).where(
            paper.receipt_id == row.original_receipt_id
        )
    ).first()
    return Claim(
        claim_id=row.claim_id,
        state=row.state,
        store_id=row.store_id,
        receipt_number=_number(connection, row.receipt_id),
        original_number=sale.receipt_number if sale else "",
        original_store_id=sale.store_id if sale else "",
        name=row.name,
        quantity=row.quantity,
        gross_minor=row.gross_minor,
        claim_minor=row.claim_minor,
        is_held=bool(row.is_held),
        at=row.at,
        reason=row.reason,
        evidence=tuple(_evidence(connection, row)),
    )


def _evidence(connection: Connection, line: Any) -> Sequence[Evidence]:
    """Every return of the same line of the same sale, the oldest first."""
    return [
        Evidence(
            paper.receipt_number,
            paper.store_id,
            paper.workstation_id,
            paper.operator,
            paper.at,
            abs(one.returnable),
            abs(one.gross_minor),
        )
        for paper, one in _returns(connection, line)
    ]


def _returns(connection: Connection, line: Any) -> list[tuple[Any, LineItem]]:
    """(receipt, line) of every return of the same line, the oldest first."""
    row, paper = t.receipt_line.c, t.receipt.c
    of = select(row.receipt_id).where(row.original_receipt_id == line.original_receipt_id)
    found = connection.execute(
        select(t.receipt).where(paper.receipt_id.in_(of)).order_by(paper.at, paper.receipt_id)
    ).all()
    return [
        (each, one)
        for each in found
        for one in _lines_of(connection, each)
        if one.original_receipt_id == line.original_receipt_id
        and one.original_line == line.original_line
        and not one.refund_key
    ]


def _lines_of(connection: Connection, receipt: Any) -> Sequence[LineItem]:
    found = _transaction(connection, receipt.receipt_id)
    return found.live_lines if found else ()


def _transaction(connection: Connection, receipt_id: str) -> RetailTransaction | None:
    entry, paper = t.journal_entry.c, t.receipt.c
    body = connection.execute(
        select(entry.body)
        .join(
            t.receipt,
            (entry.workstation_id == paper.workstation_id)
            & (entry.epoch == paper.epoch)
            & (entry.sequence == paper.sequence),
        )
        .where(paper.receipt_id == receipt_id)
    ).scalar()
    return from_plain(RetailTransaction, EntryBody.from_bytes(body).payload) if body else None


def _number(connection: Connection, receipt_id: str) -> str:
    paper = t.receipt.c
    query = select(paper.receipt_number).where(paper.receipt_id == receipt_id)
    return str(connection.execute(query).scalar() or "")


def _contested(connection: Connection, claim_id: str) -> Any:
    found = _found(connection, claim_id)
    if found.state != CONTESTED:
        raise Refused(409, "not_contested", f"{claim_id} is {found.state}, not contested")
    return found


def _found(connection: Connection, claim_id: str) -> Any:
    row = t.return_claim.c
    found = connection.execute(
        select(t.return_claim).where(row.claim_id == claim_id).with_for_update()
    ).first()
    if found is None:
        raise not_found(f"there is no return {claim_id}; see: spindel central returns list")
    return found


def _sign(connection: Connection, claim_id: str, decided: Decided) -> None:
    _change(connection, claim_id, settled_at=decided.at, settled_by=decided.by)


def _change(connection: Connection, claim_id: str, **values: Any) -> None:
    row = t.return_claim.c
    connection.execute(update(t.return_claim).where(row.claim_id == claim_id).values(**values))
