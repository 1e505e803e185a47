"""What the till needs of the core, as a port: commands, questions, scans and the lease.

`core_link` fulfils it over the socket; a test's desk does so in one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pos_client.register.commands import Command
from pos_client.register.queries import Answer, Query


@dataclass(frozen=True, slots=True)
class Scan:
    """A code from any scanner. `scan_id` is 0 for a wedge, which nobody else can beep."""

    data: str
    symbology: str
    scan_id: int
    at: float


class Core(Protocol):
    """The link to the core; every answer comes back later on the screen's own thread."""

    def do(self, command: Command, done: Callable[[], None]) -> None: ...

    def ask(self, query: Query, done: Callable[[Answer | None], None]) -> None:
        """The newest query wins; an older one still waiting is never answered."""

    def accept_scan(self, scan_id: int) -> None: ...

    def refuse_scan(self, scan_id: int) -> None: ...

    def take_lease(self, done: Callable[[bool], None]) -> None: ...
