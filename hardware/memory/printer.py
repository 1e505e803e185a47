"""The printer's twin in memory: what would be on paper is in `documents`."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from hardware.address import parse_address
from hardware.document import Document
from hardware.errors import Absent, DeviceError, Refused
from hardware.memory.drawer import MemoryDrawer
from hardware.ports import DeviceState, Health, Reason
from hardware.printers.text import to_text


def open_printer(address: str) -> MemoryPrinter:
    """ "memory://?columns=42"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only("columns")
    return MemoryPrinter(found.number("columns", 42), device=found.written)


class MemoryPrinter:
    """Keeps `documents` and counts `pulses`; `fail_with` and `block` make trouble.

    `stop_after` lets the next document pass some checkpoints only. `connected_drawer`
    is the twin that hangs on it.
    """

    def __init__(self, columns: int = 42, *, device: str = "memory://") -> None:
        self.documents: list[Document] = []
        self.connected_drawer = MemoryDrawer(device=device, on_pulse=self._trouble)
        self._columns = columns
        self._device = device
        self._state = DeviceState(Health.READY)
        self._failures: deque[DeviceError] = deque()
        self._free = threading.Event()
        self._free.set()
        self._closed = False
        self._confirms = True
        self._breaks: tuple[int, DeviceError] | None = None

    @property
    def columns(self) -> int:
        return self._columns

    @property
    def texts(self) -> list[str]:
        """The documents as a person would read them."""
        return [to_text(document, self._columns) for document in self.documents]

    @property
    def pulses(self) -> int:
        return self.connected_drawer.pulses

    @property
    def confirms(self) -> bool:
        return self._confirms

    def print(self, document: Document, on_checkpoint: Callable[[str], None] | None = None) -> None:
        self._free.wait()
        self._trouble()
        (passed, breaking), self._breaks = self._breaks or (None, None), None
        if breaking is None:
            self.documents.append(document)
        for name in document.checkpoints[:passed] if self._confirms else ():
            if on_checkpoint is not None:
                on_checkpoint(name)
        if breaking is not None:
            raise breaking

    def open_drawer(self) -> None:
        self.connected_drawer.open()

    def drawer(self) -> MemoryDrawer:
        return self.connected_drawer

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        self._closed = True
        self._free.set()

    def fail_with(self, *errors: DeviceError) -> None:
        """The next calls raise these, one each, before anything is kept."""
        self._failures.extend(errors)

    def stop_after(self, checkpoints: int, error: DeviceError) -> None:
        """The next document passes so many checkpoints, then `error` is raised; it is not kept."""
        self._breaks = (checkpoints, error)

    def stop_confirming(self) -> None:
        """From now on as a printer that never answers: prints, and proves nothing."""
        self._confirms = False

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
