"""The store's tasks as this till shows them: central's rows, own words laid over, names unsealed.

The thing to get wrong: keeping names. They are unsealed for the screen and the delivery
note, are in no journal, and leave the print spool with the paper (storage/migrations 0008).
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from central_sync.engine.home_keys import KeysAway, store_keys
from central_sync.wire.sealing import KeySet, Unsealable
from central_sync.wire.tasks import ParcelLabels as ToldLabels
from central_sync.wire.tasks import (
    Private,
    TaskBody,
    hash_of_code,
    labels_about,
)
from central_sync.wire.tasks import TaskLine as ToldLine
from pos_client.register.tasks import (
    OFFERED,
    ParcelLabels,
    Task,
    TaskAct,
    TaskLine,
    with_acts,
)
from pos_client.storage.master import MasterData
from pos_client.storage.tasks import TaskRow

ReadActs = Callable[[], Mapping[str, Sequence[TaskAct]]]


@dataclass(frozen=True, slots=True)
class OwnMoney:
    """What this till took of unpaid orders, by (order, line), and the refunds that it paid."""

    rests: Mapping[tuple[str, int], int] = field(default_factory=dict)
    refunds: frozenset[str] = frozenset()

    def laid_over(self, task: Task) -> Task:
        """Central's row comes later; until then own money counts."""
        if task.refund_key in self.refunds and task.kind == "refund":
            return replace(task, state="done")
        lines = tuple(
            replace(line, unpaid_minor=max(0, line.unpaid_minor - paid))
            if (paid := self.rests.get((task.order_id, line.line), 0))
            else line
            for line in task.lines
        )
        return replace(task, lines=lines)


class TaskBoard:
    """`home` is where the store's keys are kept; without them tasks have no names."""

    def __init__(
        self,
        master: MasterData,
        acts: ReadActs,
        home: Path | None,
        money: Callable[[], OwnMoney] = OwnMoney,
    ) -> None:
        self._money = money
        self._master = master
        self._acts = acts
        self._home = home
        self._all: tuple[Task, ...] | None = None

    def forget(self) -> None:
        """Central's rows or own words have changed: read them again when asked."""
        self._all = None

    def tasks(self) -> tuple[Task, ...]:
        """Every task that central tells of, open or not, the soonest due first."""
        if self._all is None:
            self._all = self._read()
        return self._all

    def open_tasks(self) -> tuple[Task, ...]:
        return tuple(task for task in self.tasks() if task.is_open)

    def find(self, task_id: str) -> Task | None:
        return next((task for task in self.tasks() if task.task_id == task_id), None)

    def parcel(self, code: str) -> Task | None:
        """The parcel that goes with a carrier under this code; by its order's number too."""
        gone = ("collect", "transfer_in")
        found = [task for task in self.tasks() if task.parcel_id and task.kind not in gone]
        exact = (task for task in found if task.tracking and task.tracking == code)
        numbered = (task for task in found if task.number == code)
        return next(exact, None) or next(numbered, None)

    def labels(self, task_id: str) -> ParcelLabels | None:
        """The carrier's labels of a task's parcel; None while they are not here."""
        row = self._master.task(task_id)
        keys = self._load_keys()
        if row is None or keys is None:
            return None
        sealed, parcel_id = row.body.get("labels", ""), row.body.get("parcel_id", "")
        try:
            plain = keys.unseal_text(sealed, labels_about(parcel_id))
            told = ToldLabels.model_validate_json(plain)
        except (Unsealable, ValueError):
            return None
        return ParcelLabels(
            told.tracking,
            told.label,
            tuple(told.sender),
            tuple(told.receiver),
            told.return_tracking,
            told.return_label,
        )

    def _read(self) -> tuple[Task, ...]:
        rows = self._master.tasks()
        if not rows:
            return ()
        acts = self._acts()
        keys = self._load_keys() if any(row.sealed for row in rows) else None
        money = self._money()
        return tuple(
            money.laid_over(with_acts(task, acts.get(task.task_id, ())))
            for row in rows
            if (task := told_task(row, keys)) is not None
        )

    def _load_keys(self) -> KeySet | None:
        try:
            return store_keys(self._home) if self._home else None
        except (KeysAway, OSError):
            return None


def code_matches(task: Task, code: str) -> bool:
    """The customer's code, known by its hash alone."""
    told = hash_of_code(task.parcel_id, code)
    return bool(task.code_hash) and hmac.compare_digest(told, task.code_hash)


def told_task(row: TaskRow, keys: KeySet | None) -> Task | None:
    """A row as a task; None for one of a newer central that this till cannot read."""
    try:
        body = TaskBody.model_validate(row.body)
    except ValueError:
        return None
    lines = sorted((_line(line) for line in body.lines), key=_walk)
    return Task(
        task_id=row.task_id,
        kind=row.kind,
        state=row.state,
        awaits_central=row.state == OFFERED,
        due_at=row.due_at,
        offered_until=row.offered_until,
        order_id=body.order_id,
        number=body.number,
        parcel_id=body.parcel_id,
        epoch=body.epoch,
        claimed_epoch=body.claimed_epoch,
        mode=body.mode,
        collect_store_id=body.collect_store_id,
        collect_store_name=body.collect_store_name,
        lines=tuple(lines),
        why_sv=body.why_sv,
        why_en=body.why_en,
        reason=body.reason,
        shelf_place=body.shelf_place,
        hold_until=body.hold_until,
        code_hash=body.code_hash,
        tracking=body.tracking,
        has_labels=bool(body.labels),
        refund_key=body.refund_key,
        shares=tuple(sorted(body.shares.items())),
        amount_minor=body.amount_minor,
        receipt_number=body.receipt_number,
        who=_who(row, keys),
    )


def _line(line: ToldLine) -> TaskLine:
    variant = " ".join(part for part in (line.model, line.colour, line.size) if part)
    return TaskLine(
        line=line.line,
        sku=line.sku,
        name=line.name or line.sku,
        quantity=line.quantity,
        picked=line.picked,
        short=line.short,
        collected=line.collected,
        unpaid_minor=line.unpaid_minor,
        place=line.shelf or variant,
    )


def _walk(line: TaskLine) -> tuple[bool, str, str]:
    """Walking order: by shelf, else by model; what has no place comes last."""
    return (not line.place, line.place, line.name)


def _who(row: TaskRow, keys: KeySet | None) -> tuple[str, ...]:
    if not row.sealed or keys is None:
        return ()
    try:
        plain = keys.unseal_text(row.sealed, f"task/{row.task_id}")
        person = Private.model_validate_json(plain)
    except (Unsealable, ValueError):
        return ()
    town = f"{person.postcode} {person.town}".strip()
    return tuple(part for part in (person.name, person.street, town, person.phone) if part)


def lost(before: tuple[Task, ...], after: tuple[Task, ...]) -> tuple[Task, ...]:
    """Tasks that this till had in hand and that central has taken from the store."""
    known = {task.task_id: task for task in after}
    mine = (task for task in before if task.is_open and task.is_mine and task.kind == "pick")
    return tuple(
        replace(task, state="cancelled")
        for task in mine
        if task.task_id not in known or known[task.task_id].state == "cancelled"
    )
