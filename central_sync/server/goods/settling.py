"""What a document of goods means for others: a delivery is received, a transfer is on its way.

The stock of the store that told it is booked already, with its journal. The thing to get
wrong: locks. Here two stores are concerned, and their feeds are locked together, sorted.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, select

from central_sync.database import tables as t
from central_sync.retail.stock import MovementKind
from central_sync.server.feed import lock_scopes, store_scope
from central_sync.server.goods import expected, invoices
from central_sync.server.goods.expected import Expected
from central_sync.server.orders import telling

_ARRIVES = (MovementKind.GOODS_RECEIVED, MovementKind.TRANSFER_IN)
# A store asks for nothing here: it says what it did.
ASKED_BY_TASK = (MovementKind.COUNT, MovementKind.PUT_BACK)


def word_of(payload: dict[str, Any]) -> dict[str, Any] | None:
    """What of a STOCK_MOVED entry has to be decided; None for what concerns nobody else."""
    kind = payload.get("kind")
    task_id = str(payload.get("task_id") or "")
    is_asked = kind in ASKED_BY_TASK and task_id
    if kind not in (*_ARRIVES, MovementKind.TRANSFER_OUT) and not is_asked:
        return None
    return {
        "document_id": payload["movement_id"],
        "kind": kind,
        "task_id": task_id,
        "other_store": str(payload.get("other_store") or ""),
        "reference": str(payload.get("reference") or ""),
        "lines": [line[:2] for line in (*payload["lines"], *payload.get("unknown", ()))],
    }


def settle(connection: Connection, store_id: str, body: dict[str, Any], at: str) -> None:
    """Carry out such a word in the caller's transaction."""
    kind = MovementKind(body["kind"])
    if kind is MovementKind.TRANSFER_OUT:
        _send(connection, store_id, body, at)
    elif kind in _ARRIVES:
        _receive(connection, store_id, body, at)
    else:
        telling.close_task(connection, store_id, body["task_id"], at)


def check_invoice(connection: Connection, store_id: str, body: dict[str, Any], at: str) -> None:
    """A store held an invoice on paper against its delivery."""
    lines = {str(sku): (int(said), int(came)) for sku, came, said in body["lines"]}
    reference, number = str(body["reference"]), str(body["invoice"])
    invoices.checked_by_store(connection, store_id, reference, number, lines, at)


def _send(connection: Connection, store_id: str, body: dict[str, Any], at: str) -> None:
    """What left one store is on its way to the other, whose till is asked to receive it."""
    other = _store_called(connection, body["other_store"])
    is_known = bool(other) and other != store_id
    lock_scopes(connection, {store_scope(one) for one in (store_id, other) if one})
    document_id = body["document_id"]
    sent: dict[str, tuple[int, int]] = {}
    for sku, quantity in body["lines"]:
        sent[sku] = (sent.get(sku, (0, 0))[0] + int(quantity), 0)
    wanted = Expected(
        delivery_id=document_id,
        kind=expected.TRANSFER,
        store_id=other if is_known else body["other_store"],
        from_store_id=store_id,
        supplier="",
        reference=body["reference"] or f"{store_id}-{document_id[-6:]}",
        expected_on="",
        state=expected.OPEN if is_known else expected.NOWHERE,
        lines=sent,
    )
    expected.announce(connection, wanted, at)
    expected.ask(connection, document_id, at)


def _receive(connection: Connection, store_id: str, body: dict[str, Any], at: str) -> None:
    lock_scopes(connection, [store_scope(store_id)])
    found = _meant(connection, store_id, body)
    if found is None:
        return
    came = [(str(sku), int(quantity)) for sku, quantity in body["lines"]]
    expected.arrive(connection, found, came, body["document_id"], at)
    invoices.hold_against_goods(connection, store_id, found.reference, at)


def _meant(connection: Connection, store_id: str, body: dict[str, Any]) -> Expected | None:
    """The delivery of the task, else the one of the number that was typed."""
    delivery_id = body["task_id"].removeprefix("expect/")
    found = expected.find(connection, delivery_id) if body["task_id"] else None
    if found is not None and found.store_id == store_id:
        return found
    reference = body["reference"]
    return expected.open_with(connection, store_id, reference) if reference else None


def _store_called(connection: Connection, words: str) -> str:
    """A store's id, by its id or its name; "" when no store is called so."""
    row = t.store.c
    plain = words.strip()
    by_id = connection.execute(select(row.store_id).where(row.store_id == plain.lower())).scalar()
    if by_id:
        return str(by_id)
    found = connection.execute(
        select(row.store_id).where(func.lower(row.name) == plain.lower())
    ).scalars()
    ids = list(found)
    return ids[0] if len(ids) == 1 else ""
