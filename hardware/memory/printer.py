"""The printer's twin in memory: what would be on paper is in `documents`."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from hardware.address import parse_address
from hardware.document import Document
from hardware.errors import Absent, DeviceError, Refused
from hardware.ports import DeviceState, Health, Reason
from hardware.printers.text import to_text


def open_printer(address: str) -> MemoryPrinter:
    """ "memory://?columns=42"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only("columns")
    return MemoryPrinter(found.number("columns", 42), device=found.written)


class MemoryPrinter:
    """Keeps `documents` and counts `pulses`; `fail_with` and `block` make trouble."""

    def __init__(self, columns: int = 42, *, device: str = "memory://") -> None:
        self.documents: list[Document] = []
        self.pulses = 0
        self._columns = columns
        self._device = device
        self._state = DeviceState(Health.READY)
        self._failures: deque[DeviceError] = deque()
        self._free = threading.Event()
        self._free.set()
        self._closed = False

    @property
    def columns(self) -> int:
        return self._columns

    @property
    def texts(self) -> list[str]:
        """The documents as a person would read them."""
        return [to_text(document, self._columns) for document in self.documents]

    @property
    def confirms(self) -> bool:
        return True

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        self._free.wait()
        self._trouble()
        self.documents.append(document)
        for name in document.checkpoints:
            if on_checkpoint is not None:
                on_checkpoint(name)

    def open_drawer(self) -> None:
        self._trouble()
        self.pulses += 1

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        self._closed = True
        self._free.set()

    def fail_with(self, *errors: DeviceError) -> None:
        """The next calls raise these, one each, before anything is kept."""
        self._failures.extend(errors)

    def block(self) -> None:
        """`print` does not return until `unblock` (or `close`)."""
        self._free.clear()

    def unblock(self) -> None:
        self._free.set()

    def put_in_state(self, health: Health, reason: Reason = Reason.NONE) -> None:
        """BLOCKED, FAULT and ABSENT refuse from now on; READY and WARNING print."""
        self._state = DeviceState(health, reason)

    def _trouble(self) -> None:
        if self._failures:
            raise self._failures.popleft()
        if self._closed or self._state.health is Health.ABSENT:
            raise Absent(self._device, "nothing is there")
        if self._state.health in (Health.BLOCKED, Health.FAULT):
            raise Refused(self._device, f"it reports {self._state.reason.value}")
