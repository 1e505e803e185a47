"""In-memory twins of the ports: for tests, and for a till without devices.

They pass the same contract suites as the drivers, so they refuse, stall and
remember like the real ones. What a test may do to them (fail, block, feed) is
named here and is no part of the ports.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from hardware.address import parse_address
from hardware.document import Document
from hardware.errors import Absent, DeviceError, Refused, Stalled
from hardware.fiscal.demo import NOTICE, UNIT_ID, Ledger, code_for
from hardware.fiscal.request import fault_in
from hardware.ports import DeviceState, Health, Reason, Scan, Seal, SealRequest
from hardware.printers.text import to_text


def open_printer(address: str) -> MemoryPrinter:
    """ "memory://?columns=42"; raises Misconfigured."""
    found = parse_address(address)
    found.allow_only("columns")
    return MemoryPrinter(found.number("columns", 42), device=found.written)


def open_scanner(address: str) -> MemoryScanner:
    """ "memory://"; raises Misconfigured."""
    parse_address(address).allow_only()
    return MemoryScanner()


def open_fiscal_unit(address: str) -> MemoryFiscalUnit:
    """ "memory://"; raises Misconfigured."""
    parse_address(address).allow_only()
    return MemoryFiscalUnit(address)


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


class MemoryScanner:
    """`feed` scans and `feed_damaged` breaks one; tones are counted."""

    def __init__(self) -> None:
        self.accepted = 0
        self.refused = 0
        self._on_scan: Callable[[Scan], None] | None = None
        self._on_damaged: Callable[[str], None] | None = None
        self._state = DeviceState(Health.OPENING)

    def start(self, on_scan: Callable[[Scan], None], on_damaged: Callable[[str], None]) -> None:
        self._on_scan, self._on_damaged = on_scan, on_damaged
        self._state = DeviceState(Health.READY)

    def feed(self, data: str, symbology: str = "E0") -> None:
        """A code is read; the listener is called in this thread."""
        if self._on_scan is not None:
            self._on_scan(Scan(data, symbology, time.monotonic()))

    def feed_damaged(self, text: str) -> None:
        if self._on_damaged is not None:
            self._on_damaged(text)

    def unplug(self) -> None:
        self._state = DeviceState(Health.ABSENT)

    def plug_in(self) -> None:
        self._state = DeviceState(Health.READY)

    def accept_tone(self) -> None:
        self.accepted += 1

    def refuse_tone(self) -> None:
        self.refused += 1

    def state(self) -> DeviceState:
        return self._state

    def close(self) -> None:
        self._on_scan = self._on_damaged = None
        self._state = DeviceState(Health.DISABLED)


class MemoryFiscalUnit:
    """Seals as the demo unit does; `refuse` and `go_silent` break it until `recover`.

    `sealed` counts documents, `asked` every request, repeats too.
    """

    def __init__(self, device: str = "memory://", *, notice: str = NOTICE) -> None:
        self.asked = 0
        self.seals: dict[str, Seal] = {}
        self._device = device
        self._notice = notice
        self._ledger = Ledger()
        self._trouble: Callable[[], DeviceError] | None = None

    @property
    def sealed(self) -> int:
        return len(self.seals)

    def seal(self, request: SealRequest) -> Seal:
        self.asked += 1
        if self._trouble is not None:
            raise self._trouble()
        if fault := fault_in(request):
            raise Refused(self._device, fault)
        counter = self._ledger.counter_for(request)
        if counter is None:
            raise Refused(self._device, "this document was sealed before with other amounts")
        seal = Seal(code_for(request), UNIT_ID, counter, self._notice)
        self.seals[f"{request.document_id}/{request.kind.value}"] = seal
        return seal

    def state(self) -> DeviceState:
        if self._trouble is None:
            return DeviceState(Health.READY)
        silent = isinstance(self._trouble(), Stalled)
        reason = Reason.NO_ANSWER if silent else Reason.OFFLINE
        return DeviceState(Health.FAULT, reason)

    def close(self) -> None:
        self._trouble = lambda: Absent(self._device, "it has been closed")

    def refuse(self, reason: str = "its storage is full") -> None:
        """Every request is answered no, until `recover`."""
        self._trouble = lambda: Refused(self._device, reason)

    def go_silent(self) -> None:
        """Every request ends in Stalled, until `recover`."""
        self._trouble = lambda: Stalled(self._device, "it does not answer")

    def recover(self) -> None:
        self._trouble = None
