"""Reads the store's tasks from master.db, as central wrote them. Never writes.

A file from before there were tasks has none, which is no error. What this till has done
to a task since is in receipts.db; here is only what central says.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from typing import Any

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
