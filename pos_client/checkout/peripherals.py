"""What the cash desk asks of devices; none of it is waited for.

The thing to get wrong: an answer. Whatever a device has to say comes back as a call on
the core's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pos_client.register.state import PendingWeighing


class Peripherals(Protocol):
    def open_drawer(self) -> None: ...

    def paper_waits(self) -> None:
        """There is a new print job."""

    def weigh(self, pending: PendingWeighing) -> None:
        """Ask the scale; its answer comes back as a command."""

    def later(self, call: Callable[[], None]) -> None:
        """Run on the core's thread."""
