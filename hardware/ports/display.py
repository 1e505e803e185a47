"""The customer's line display: two rows that say what the cashier's screen says.

Never queued: the latest wins. Its failure is invisible to the sale.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.ports.device import DeviceState


class LineDisplay(Protocol):
    """`show` returns at once, from any thread; raises nothing. Text is cut to `columns`."""

    @property
    def columns(self) -> int: ...

    def show(self, top: str, bottom: str) -> None: ...

    def state(self) -> DeviceState: ...

    def close(self) -> None: ...
