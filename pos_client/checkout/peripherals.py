"""What the cash desk asks of devices and of central; none of it is waited for.

The thing to get wrong: an answer. Whatever a device has to say comes back as a call on
the core's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pos_client.checkout.quoting import QuoteWish
from pos_client.register.state import PendingWeighing


class Peripherals(Protocol):
    def open_drawer(self) -> None: ...

    def paper_waits(self) -> None:
        """There is a new print job."""

    def weigh(self, pending: PendingWeighing) -> None:
        """Ask the scale; its answer comes back as a command."""

    def hold(self, wish: QuoteWish) -> None:
        """Ask central to hold what the basket wishes; its answer comes back as a command."""

    def release(self, quote_id: str) -> None:
        """What central held for a basket is free again."""

    def later(self, call: Callable[[], None]) -> None:
        """Run on the core's thread."""
