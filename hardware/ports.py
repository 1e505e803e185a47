"""The ports: what the checkout may ask of a device, by UPOS category.

Protocols only. Every port has an in-memory twin in `hardware.memory` and a
contract suite in `tests/contracts` that twin and drivers alike must pass.

A newcomer would expect calls to block until "done". They do not: only
`FiscalUnit.seal` (and, later, a card payment) may be awaited by a sale. A
printer call runs in the print worker's thread, a scanner speaks from its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.document import Document


class Health(StrEnum):
    """How a device is; UNKNOWN is never shown as READY."""

    DISABLED = "disabled"
    ABSENT = "absent"
    OPENING = "opening"
    READY = "ready"
    WARNING = "warning"
    BLOCKED = "blocked"
    FAULT = "fault"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a device is not simply READY; a closed list, worded in the register's texts."""

    NONE = "none"
    PAPER_NEAR_END = "paper_near_end"
    PAPER_OUT = "paper_out"
    COVER_OPEN = "cover_open"
    CUTTER_JAM = "cutter_jam"
    OVERHEATED = "overheated"
    DRAWER_OPEN = "drawer_open"
    BUSY_OTHER_OWNER = "busy_other_owner"
    NO_ANSWER = "no_answer"
    BAD_CHECKSUM = "bad_checksum"
    WRONG_DEVICE = "wrong_device"
    MEMORY_FULL = "memory_full"
    NOT_CONFIGURED = "not_configured"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class DeviceState:
    health: Health
    reason: Reason = Reason.NONE


class Printer(Protocol):
    """A receipt printer, with the cash drawer that hangs on it.

    One thread uses it at a time. `print` returns when the device has taken every
    byte and, where it can answer, said so. Raises the tree in `hardware.errors`;
    `bytes_written` tells whether paper may exist.
    """

    @property
    def columns(self) -> int: ...

    def print(self, document: Document) -> None: ...

    def open_drawer(self) -> None:
        """Pulse the drawer now; never queued, never repeated."""

    def state(self) -> DeviceState: ...

    def close(self) -> None:
        """Let go; never blocks and never raises."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One read code: `data` without prefix, suffix and AIM id.

    `symbology` is the AIM id without its bracket ("E0" for EAN-13, "C1" for
    GS1-128), or "" where the scanner does not send one. `at` is monotonic seconds.
    """

    data: str
    symbology: str
    at: float


class Scanner(Protocol):
    """Speaks from its own thread through the listener given to `start`.

    A half frame, noise or an over-long frame is reported as `on_damaged(text)`,
    never dropped silently. Unplugging is a state, not an exception; it comes
    back by itself.
    """

    def start(self, on_scan: Callable[[Scan], None], on_damaged: Callable[[str], None]) -> None: ...

    def accept_tone(self) -> None:
        """Tell the person the code was taken, where the device can."""

    def refuse_tone(self) -> None:
        """Two beeps: the code was read and not taken."""

    def state(self) -> DeviceState: ...

    def close(self) -> None: ...


class SealKind(StrEnum):
    """SKVFS 2009:2's receipt types."""

    NORMAL = "normal"
    COPY = "kopia"
    TRAINING = "ovning"
    PROFORMA = "profo"


@dataclass(frozen=True, slots=True)
class SealRequest:
    """What a control unit is told about a receipt (SKVFS 2009:2; fiscal-law R24).

    Amounts are whole minor units. `document_id` makes a repeat recognisable: the
    same request sealed twice must give the same seal.
    """

    document_id: str
    at: str
    organisation_number: str
    register_id: str
    receipt_number: str
    kind: SealKind
    total_minor: int
    returns_minor: int
    vat: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Seal:
    """The unit's answer; `notice` is a line that must stand on the receipt, or ""."""

    code: str
    unit_id: str
    counter: int
    notice: str = ""


class FiscalUnit(Protocol):
    """Seals a receipt before it exists on paper. Idempotent on `document_id`.

    Raises the tree in `hardware.errors`. Without a seal there is no receipt.
    """

    def seal(self, request: SealRequest) -> Seal: ...

    def state(self) -> DeviceState: ...

    def close(self) -> None: ...
