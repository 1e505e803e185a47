"""Asking the fiscal unit for a seal, in a thread of its own.

The only device a sale may wait for (hardware.md fact 7). What the unit is told
is built here from the unsealed transaction; amounts stay whole minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor

from central_sync.retail.transaction import ReceiptKind, RetailTransaction, Sealed
from hardware.errors import DeviceError, Refused
from hardware.ports import (
    DeviceState,
    FiscalUnit,
    Health,
    Reason,
    Retrying,
    Seal,
    SealKind,
    SealRequest,
)

PATIENCE_SECONDS = 0.15
"""How long the register waits for a seal before the screen says that it is waiting."""

_KINDS: Mapping[ReceiptKind, SealKind] = {
    ReceiptKind.SALE: SealKind.NORMAL,
    ReceiptKind.RETURN: SealKind.NORMAL,
    ReceiptKind.COPY: SealKind.COPY,
    ReceiptKind.TRAINING: SealKind.TRAINING,
    ReceiptKind.PROFORMA: SealKind.PROFORMA,
}


class Sealer:
    """One request in flight, in order."""

    def __init__(self, unit: FiscalUnit) -> None:
        self._unit = unit
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="fiscal")

    def seal(self, transaction: RetailTransaction) -> Future[Seal]:
        """Resolves to the seal, or to a hardware.errors.DeviceError."""
        return self._thread.submit(self._unit.seal, seal_request(transaction))

    def seal_copy(self, transaction: RetailTransaction) -> Future[Seal]:
        request = seal_request(transaction, ReceiptKind.COPY)
        return self._thread.submit(self._unit.seal, request)

    def try_now(self) -> None:
        if isinstance(self._unit, Retrying):
            self._unit.try_now()

    def state(self) -> DeviceState:
        return self._unit.state()

    def stop(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._unit.close()


def seal_request(transaction: RetailTransaction, kind: ReceiptKind | None = None) -> SealRequest:
    """SKVFS 2009:2's fields (fiscal-law R24); the total includes the rounding line (V3).

    A unit takes digits alone, so it is told the last part of the printed number.
    """
    kind = kind or transaction.kind
    is_copy = kind is ReceiptKind.COPY
    returned = sum(-line.gross_minor for line in transaction.live_lines if line.gross_minor < 0)
    return SealRequest(
        document_id=f"{transaction.receipt_id}{'/copy' if is_copy else ''}",
        at=transaction.local_time,
        organisation_number=transaction.seller.organisation_number,
        register_id=transaction.workstation,
        receipt_number=str(transaction.number),
        kind=_KINDS[kind],
        total_minor=transaction.total_minor + transaction.rounding_minor,
        returns_minor=returned,
        vat=tuple((g.rate_basis_points, g.vat_minor) for g in transaction.tax_groups),
    )


_PROBLEMS: Mapping[Reason, str] = {
    Reason.MEMORY_FULL: "fiscal.full",
    Reason.LICENCE: "fiscal.licence",
    Reason.WRONG_DEVICE: "fiscal.wrong_unit",
    Reason.BUSY_OTHER_OWNER: "fiscal.taken",
    Reason.OFFLINE: "fiscal.refused",
    Reason.NOT_CONFIGURED: "fiscal.refused",
}


def problem_in(state: DeviceState) -> str:
    """The text key of why a unit in this state seals nothing, or ""."""
    if state.health in (Health.READY, Health.WARNING, Health.OPENING):
        return ""
    return _PROBLEMS.get(state.reason, "fiscal.not_answering")


def problem_of(error: DeviceError, state_problem: str) -> str:
    """The text key of why there is no seal: the unit's state says it best, if it says it."""
    if state_problem:
        return state_problem
    return "fiscal.refused" if isinstance(error, Refused) else "fiscal.not_answering"


def sealed(seal: Seal) -> Sealed:
    """The unit's answer as it stands in the transaction."""
    return Sealed(seal.code, seal.unit_id, seal.counter, seal.notice)
