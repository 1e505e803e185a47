"""The store's tasks as central wrote them (master.db, read only), and what this till said of them.

A master file from before there were tasks has none, which is no error. The thing to get
wrong: keeping an act outside the transaction of its journal entry.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

from sqlite_utils import Database

from central_sync.retail.plain import from_plain, to_plain
from pos_client.register.tasks import TaskAct

REMEMBERED_DAYS = 90
_COLUMNS = "task_id, kind, state, due_at, offered_until, body, sealed"


@dataclass(frozen=True, slots=True)
class TaskRow:
    """`body` is a wire.tasks.TaskBody as plain JSON; `sealed` base64 under the store's key."""

    task_id: str
    kind: str
    state: str
    due_at: str
    offered_until: str
    body: dict[str, Any]
    sealed: str


def has_tasks(connection: sqlite3.Connection) -> bool:
    found = connection.execute(
        "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'task'"
    ).fetchone()
    return found is not None


def read_tasks(connection: sqlite3.Connection) -> list[TaskRow]:
    """All of them, the soonest due first."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM task ORDER BY due_at = '', due_at, task_id")
    return [_task(row) for row in rows]


def read_task(connection: sqlite3.Connection, task_id: str) -> TaskRow | None:
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM task WHERE task_id = ?", (task_id,)
    ).fetchone()
    return _task(row) if row else None


def _task(row: tuple[str, ...]) -> TaskRow:
    task_id, kind, state, due_at, offered_until, body, sealed = row
    return TaskRow(task_id, kind, state, due_at, offered_until, json.loads(body), sealed)


def keep_act(connection: sqlite3.Connection, act: TaskAct, at: str) -> None:
    """Beside its journal entry; what is older than any task is forgotten."""
    connection.execute(
        "DELETE FROM task_act WHERE at < strftime('%Y-%m-%dT%H:%M:%SZ', ?, ?)",
        (at, f"-{REMEMBERED_DAYS} days"),
    )
    connection.execute(
        "INSERT INTO task_act (task_id, at, body) VALUES (?, ?, ?)",
        (act.task_id, at, json.dumps(to_plain(act))),
    )


def keep_label(
    connection: sqlite3.Connection, task_id: str, epoch: int, state: str, at: str
) -> None:
    """A parcel's labels are "wanted", or "printed"; what is older than any task is forgotten."""
    connection.execute(
        "DELETE FROM parcel_label WHERE at < strftime('%Y-%m-%dT%H:%M:%SZ', ?, ?)",
        (at, f"-{REMEMBERED_DAYS} days"),
    )
    connection.execute(
        "INSERT OR REPLACE INTO parcel_label (task_id, epoch, state, at) VALUES (?, ?, ?, ?)",
        (task_id, epoch, state, at),
    )


def label_states(database: Database) -> dict[str, tuple[int, str]]:
    """By task the (epoch, state) of its labels, of those that were ever wanted here."""
    rows = database.conn.execute("SELECT task_id, epoch, state FROM parcel_label")
    return {task_id: (epoch, state) for task_id, epoch, state in rows}


def acts_by_task(database: Database) -> dict[str, list[TaskAct]]:
    """Everything this till has said, by task, in its order."""
    found: dict[str, list[TaskAct]] = {}
    rows = database.conn.execute("SELECT task_id, body FROM task_act ORDER BY act_id")
    for task_id, body in rows:
        found.setdefault(task_id, []).append(from_plain(TaskAct, json.loads(body)))
    return found
