"""What is on its way to a store: written down, told to the store as a task, received once.

The thing to get wrong: a delivery that comes short. It is received all the same, and what
lacks is a difference for a person; what comes later needs an advice of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select, update

from central_sync.database import tables as t
from central_sync.database.write import chunks, upsert
from central_sync.server.orders import telling
from central_sync.server.orders.tasks import Task
from central_sync.server.orders.wording import items
from central_sync.wire.tasks import TaskBody, TaskKind, TaskLine, TaskState

OPEN, RECEIVED, CLOSED, NOWHERE = "open", "received", "closed", "nowhere"
DELIVERY, TRANSFER = "delivery", "transfer"
# A task tells a store what to count against; a longer list is several deliveries.
LARGEST_TASK_LINES = 2_000


@dataclass(frozen=True, slots=True)
class Expected:
    """`lines` are sku -> (announced, received)."""

    delivery_id: str
    kind: str
    store_id: str
    from_store_id: str
    supplier: str
    reference: str
    expected_on: str
    state: str
    lines: Mapping[str, tuple[int, int]]

    @property
    def task_id(self) -> str:
        return f"expect/{self.delivery_id}"

    @property
    def differences(self) -> dict[str, int]:
        """Pieces over (positive) or short, by SKU, of what has been received."""
        if self.state != RECEIVED:
            return {}
        return {sku: came - said for sku, (said, came) in self.lines.items() if came != said}


def announced_id(store_id: str, reference: str) -> str:
    """A supplier's delivery is known by its store and number."""
    return f"{store_id}/{reference}"


def find(connection: Connection, delivery_id: str) -> Expected | None:
    row = t.expected_delivery.c
    return next(iter(_read(connection, row.delivery_id == delivery_id)), None)


def open_with(connection: Connection, store_id: str, reference: str) -> Expected | None:
    """The delivery that a store means by a number; None when nothing is expected under it."""
    row = t.expected_delivery.c
    is_it = (row.store_id == store_id) & (row.reference == reference) & (row.state == OPEN)
    return next(iter(_read(connection, is_it)), None)


def listed(
    connection: Connection, *, store_id: str = "", state: str = "", limit: int = 500
) -> list[Expected]:
    """The newest first."""
    row = t.expected_delivery.c
    where: Any = row.delivery_id != ""
    if store_id:
        where &= row.store_id == store_id
    if state:
        where &= row.state == state
    return _read(connection, where, limit)


def announce(connection: Connection, wanted: Expected, at: str) -> bool:
    """Write down what should come; False when it is known so, or was received already.

    Lines that are not named stay as they are. Tell the store with `ask`.
    """
    known = find(connection, wanted.delivery_id)
    if known is not None and known.state not in (OPEN, NOWHERE):
        return False
    before = dict(known.lines) if known else {}
    lines = before | {sku: (said, before.get(sku, (0, 0))[1]) for sku, (said, _) in
                      wanted.lines.items()}  # fmt: skip
    is_same = known is not None and (known.supplier, known.expected_on, known.lines) == (
        wanted.supplier,
        wanted.expected_on,
        lines,
    )
    if is_same:
        return False
    _write(connection, wanted, lines, at, is_new=known is None)
    return True


def agree_costs(connection: Connection, delivery_id: str, costs: Mapping[str, int | None]) -> int:
    """What pieces were agreed to cost, by SKU; None leaves a price as it is. How many changed."""
    row = t.expected_line.c
    rows = connection.execute(select(row.sku, row.cost_minor).where(row.delivery_id == delivery_id))
    known = {one.sku: one.cost_minor for one in rows}
    new = {
        sku: cost
        for sku, cost in costs.items()
        if cost is not None and sku in known and known[sku] != cost
    }
    for sku, cost in sorted(new.items()):
        is_it = (row.delivery_id == delivery_id) & (row.sku == sku)
        connection.execute(update(t.expected_line).where(is_it).values(cost_minor=cost))
    return len(new)


def costs_of(connection: Connection, delivery_id: str) -> dict[str, int]:
    """What was agreed for a piece, by SKU, where anything was."""
    row = t.expected_line.c
    rows = connection.execute(
        select(row.sku, row.cost_minor).where(
            row.delivery_id == delivery_id, row.cost_minor.is_not(None)
        )
    )
    return {one.sku: one.cost_minor for one in rows}


def ask(connection: Connection, delivery_id: str, at: str) -> None:
    """Put the task on the store's feed; a delivery of nothing is taken back."""
    expected = find(connection, delivery_id)
    if expected is None or expected.state != OPEN:
        return
    wanted = {sku: said for sku, (said, _) in expected.lines.items() if said}
    if not wanted:
        telling.close_task(connection, expected.store_id, expected.task_id, at)
        return
    is_transfer = expected.kind == TRANSFER
    why_sv, why_en = _whence(connection, expected)
    body = TaskBody(
        number=expected.reference,
        lines=_task_lines(connection, wanted),
        why_sv=why_sv,
        why_en=why_en,
        placed_at=at,
    )
    kind = TaskKind.TRANSFER_IN if is_transfer else TaskKind.RECEIVE
    due_at = f"{expected.expected_on}T20:00:00.000Z" if expected.expected_on else ""
    task = Task(expected.store_id, expected.task_id, kind, TaskState.ACCEPTED, body, due_at)
    telling.ask_store(connection, task, at)


def arrive(
    connection: Connection,
    expected: Expected,
    came: Iterable[tuple[str, int]],
    document_id: str,
    at: str,
) -> None:
    """The store has received it; what came twice is counted twice, and shows as over."""
    lines = dict(expected.lines)
    for sku, quantity in came:
        said, before = lines.get(sku, (0, 0))
        lines[sku] = (said, before + quantity)
    rows = [_line_row(expected.delivery_id, sku, *both) for sku, both in sorted(lines.items())]
    upsert(connection, t.expected_line, rows)
    _set_state(connection, expected.delivery_id, RECEIVED, at, document_id=document_id)
    telling.close_task(connection, expected.store_id, expected.task_id, at)


def give_up(connection: Connection, expected: Expected, at: str) -> None:
    """A person says that it does not come."""
    _set_state(connection, expected.delivery_id, CLOSED, at)
    telling.close_task(connection, expected.store_id, expected.task_id, at)


def on_their_way(
    connection: Connection, skus: Sequence[str]
) -> dict[str, dict[str, tuple[int, str]]]:
    """sku -> store -> (pieces expected, the earliest day or "")."""
    found: dict[str, dict[str, tuple[int, str]]] = {}
    head, line = t.expected_delivery.c, t.expected_line.c
    for part in chunks(sorted(skus)):
        rows = connection.execute(
            select(
                line.sku,
                head.store_id,
                func.sum(line.quantity).label("pieces"),
                func.min(head.expected_on).label("day"),
            )
            .join(t.expected_delivery, head.delivery_id == line.delivery_id)
            .where(line.sku.in_(part), head.state == OPEN)
            .group_by(line.sku, head.store_id)
        )
        for sku, store_id, pieces, day in rows:
            if pieces:
                found.setdefault(sku, {})[store_id] = (int(pieces), day)
    return found


def newest_change(connection: Connection) -> tuple[int, str]:
    """Another value whenever what is on its way may have become other."""
    row = t.expected_delivery.c
    count, newest = connection.execute(
        select(func.count(), func.max(row.changed_at)).where(row.state == OPEN)
    ).one()
    return count, newest or ""


def _task_lines(connection: Connection, wanted: Mapping[str, int]) -> list[TaskLine]:
    known = items(connection, wanted)
    return [
        TaskLine(
            line=number,
            sku=sku,
            name=known[sku].name if sku in known else sku,
            quantity=quantity,
            model=known[sku].model if sku in known else "",
            colour=known[sku].colour if sku in known else "",
            size=known[sku].size if sku in known else "",
            gtin=known[sku].gtin if sku in known else "",
        )
        for number, (sku, quantity) in enumerate(sorted(wanted.items())[:LARGEST_TASK_LINES], 1)
    ]


def _whence(connection: Connection, expected: Expected) -> tuple[str, str]:
    name = expected.supplier
    if expected.from_store_id:
        row = t.store.c
        name = (
            connection.execute(
                select(row.name).where(row.store_id == expected.from_store_id)
            ).scalar()
            or expected.from_store_id
        )
    return (f"Från {name}.", f"From {name}.") if name else ("", "")


def _write(
    connection: Connection,
    wanted: Expected,
    lines: Mapping[str, tuple[int, int]],
    at: str,
    *,
    is_new: bool,
) -> None:
    row: dict[str, Any] = {
        "delivery_id": wanted.delivery_id,
        "kind": wanted.kind,
        "store_id": wanted.store_id,
        "from_store_id": wanted.from_store_id,
        "supplier": wanted.supplier,
        "reference": wanted.reference,
        "expected_on": wanted.expected_on,
        "state": wanted.state,
        "changed_at": at,
    }
    if is_new:
        connection.execute(t.expected_delivery.insert().values(**row, made_at=at))
    else:
        head = t.expected_delivery
        connection.execute(
            update(head).where(head.c.delivery_id == wanted.delivery_id).values(**row)
        )
    rows = [_line_row(wanted.delivery_id, sku, *both) for sku, both in sorted(lines.items())]
    upsert(connection, t.expected_line, rows)


def _line_row(delivery_id: str, sku: str, quantity: int, received: int) -> dict[str, Any]:
    return {
        "delivery_id": delivery_id,
        "sku": sku,
        "quantity": quantity,
        "received": received,
    }


def _set_state(
    connection: Connection, delivery_id: str, state: str, at: str, *, document_id: str = ""
) -> None:
    row = t.expected_delivery
    connection.execute(
        update(row)
        .where(row.c.delivery_id == delivery_id)
        .values(state=state, changed_at=at, document_id=document_id)
    )


def _read(connection: Connection, where: Any, limit: int = 500) -> list[Expected]:
    row, line = t.expected_delivery.c, t.expected_line.c
    heads = connection.execute(
        select(t.expected_delivery)
        .where(where)
        .order_by(row.changed_at.desc(), row.delivery_id)
        .limit(limit)
    ).all()
    lines: dict[str, dict[str, tuple[int, int]]] = {}
    for part in chunks([head.delivery_id for head in heads]):
        rows = connection.execute(
            select(t.expected_line).where(line.delivery_id.in_(part)).order_by(line.sku)
        )
        for one in rows:
            lines.setdefault(one.delivery_id, {})[one.sku] = (one.quantity, one.received)
    return [
        Expected(
            head.delivery_id,
            head.kind,
            head.store_id,
            head.from_store_id,
            head.supplier,
            head.reference,
            head.expected_on,
            head.state,
            lines.get(head.delivery_id, {}),
        )
        for head in heads
    ]
