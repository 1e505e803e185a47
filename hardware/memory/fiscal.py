"""The control unit's twin in memory: seals as the demo unit does, and breaks when told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hardware.address import parse_address
from hardware.errors import Absent, Burnt, DeviceError, Refused, Stalled
from hardware.fiscal.demo import NOTICE, UNIT_ID, Ledger, code_for
from hardware.fiscal.request import fault_in
from hardware.ports import DeviceState, Health, Reason, Seal, SealRequest


def open_fiscal_unit(address: str, folder: Path | None = None) -> MemoryFiscalUnit:
    """ "memory://"; raises Misconfigured. `folder` is not used."""
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
        self._reason = Reason.NONE
        self._burns = 0
        self._burnt: set[str] = set()

    @property
    def sealed(self) -> int:
        return len(self.seals)

    def seal(self, request: SealRequest) -> Seal:
        self.asked += 1
        if self._trouble is not None:
            raise self._trouble()
        if fault := fault_in(request):
            raise Refused(self._device, fault)
        key = f"{request.document_id}/{request.kind.value}"
        if self._is_burnt(key):
            raise Burnt(self._device, "it has had this number before")
        counter = self._ledger.counter_for(request)
        if counter is None:
            raise Refused(self._device, "this document was sealed before with other amounts")
        seal = Seal(code_for(request), UNIT_ID, counter, self._notice)
        self.seals[key] = seal
        return seal

    def state(self) -> DeviceState:
        if self._trouble is None:
            return DeviceState(Health.READY)
        return DeviceState(Health.FAULT, self._reason)

    def close(self) -> None:
        self._break(Reason.OFFLINE, lambda: Absent(self._device, "it has been closed"))

    def refuse(self, reason: str = "it is not operational", why: Reason = Reason.OFFLINE) -> None:
        """Every request is answered no, until `recover`."""
        self._break(why, lambda: Refused(self._device, reason))

    def go_silent(self, *, bytes_written: int = 0) -> None:
        """Every request ends in Stalled, until `recover`; it may have taken it if any
        byte was written."""
        words = "it does not answer"
        self._break(
            Reason.NO_ANSWER, lambda: Stalled(self._device, words, bytes_written=bytes_written)
        )

    def burn(self, documents: int = 1) -> None:
        """The next documents are burnt: their answers are lost for ever."""
        self._burns = documents

    def recover(self) -> None:
        self._trouble = None

    def _break(self, reason: Reason, trouble: Callable[[], DeviceError]) -> None:
        self._reason, self._trouble = reason, trouble

    def _is_burnt(self, key: str) -> bool:
        if self._burns and key not in self._burnt:
            self._burns -= 1
            self._burnt.add(key)
        return key in self._burnt
