"""The control unit's twin in memory: seals as the demo unit does, and breaks when told."""

from __future__ import annotations

from collections.abc import Callable

from hardware.address import parse_address
from hardware.errors import Absent, DeviceError, Refused, Stalled
from hardware.fiscal.demo import NOTICE, UNIT_ID, Ledger, code_for
from hardware.fiscal.request import fault_in
from hardware.ports import DeviceState, Health, Reason, Seal, SealRequest


def open_fiscal_unit(address: str) -> MemoryFiscalUnit:
    """ "memory://"; raises Misconfigured."""
    parse_address(address).allow_only()
    return MemoryFiscalUnit(address)


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
