"""The control unit: seals a receipt before it exists on paper (SKVFS 2009:2).

One of the two devices a sale may wait for. Without a seal there is no receipt.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.ports.device import DeviceState


class SealKind(StrEnum):
    """SKVFS 2009:2's receipt types."""

    NORMAL = "normal"
    COPY = "kopia"
    TRAINING = "ovning"
    PROFORMA = "profo"


@dataclass(frozen=True, slots=True)
class SealRequest:
    """What a control unit is told about a receipt (SKVFS 2009:2; fiscal-law R24).

    Amounts are whole minor units; `at` is the local time that is printed, as the unit
    keeps its own. `document_id` makes a repeat recognisable: the same request sealed
    twice must give the same seal.
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
