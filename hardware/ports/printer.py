"""The receipt printer.

A newcomer would expect `print` to know what came out. It knows what was written
and, where the device confirms, which checkpoints it passed; the rest is a question
for a person.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.document import Document
    from hardware.ports.device import DeviceState
    from hardware.ports.drawer import CashDrawer


class Printer(Protocol):
    """A receipt printer, with the cash drawer that hangs on it.

    One thread uses it at a time. `print` returns when the device has taken every
    byte and, where it can answer, said so. Raises the tree in `hardware.errors`;
    `bytes_written` tells whether paper may exist.
    """

    @property
    def columns(self) -> int: ...

    @property
    def confirms(self) -> bool:
        """Whether it answers checkpoints: what it said is on paper is on paper."""

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        """`on_checkpoint(name)` is called in this thread, in order, for each
        `document.Checkpoint` as soon as the device says that all before it is printed.
        """

    def open_drawer(self) -> None:
        """Pulse the drawer now; never queued, never repeated."""

    def drawer(self) -> CashDrawer:
        """The drawer on its connector. Closing it does not close the printer."""

    def state(self) -> DeviceState: ...

    def close(self) -> None:
        """Let go; never blocks and never raises."""
