"""How a bug is planted: entered under its function's name, in force while its context lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from tests.simulation import edge
from tests.simulation.replacing import part, replaced

Bug = Callable[[], AbstractContextManager[None]]

BUGS: dict[str, Bug] = {}


def planted(bug: Callable[[], Iterator[None]]) -> Callable[[], Iterator[None]]:
    """Enter a bug under its function's name, with dashes."""
    BUGS[bug.__name__.replace("_", "-")] = contextmanager(bug)
    return bug


def changed(*changes: tuple[object, str, object]) -> Iterator[None]:
    with ExitStack() as stack:
        for owner, name, value in changes:
            stack.enter_context(replaced(owner, name, value))
        yield


def accepted(head: dict[str, Any]) -> Any:
    return part(edge, "JournalReply").model_validate({"status": "accepted", "head": head})
