"""A control unit's driver and an emulated unit in one thread, in pretend time."""

from __future__ import annotations

import threading
from pathlib import Path

from hardware.emulators.fiscal import EmulatedUnit
from hardware.emulators.fiscal_mouths import CcspMouth, KdMouth, Mouth, XccspMouth
from hardware.errors import Burnt
from hardware.fiscal.answers import Dialect
from hardware.fiscal.ccsp import Ccsp
from hardware.fiscal.conversation import PATIENCE_SECONDS
from hardware.fiscal.kd import Kd
from hardware.fiscal.ledger import Ledger
from hardware.fiscal.line import Line
from hardware.fiscal.sealing import Sealing
from hardware.fiscal.xccsp import Xccsp
from hardware.ports import Seal, SealRequest


class PretendWire:
    """A transport whose other end is an emulated unit; waiting on it makes time pass."""

    answers = True
    bytes_per_second = 960.0

    def __init__(self, mouth: Mouth, *, portion: int = 4096) -> None:
        self.mouth = mouth
        self.now = 0.0
        self.sent: list[bytes] = []
        self._portion = portion
        self._coming: list[tuple[float, bytes]] = []

    def open(self) -> None:
        """Always open."""

    def close(self) -> None:
        self._coming = []

    def write(self, data: bytes, timeout_seconds: float) -> None:
        self.sent.append(data)
        for at in range(0, len(data), self._portion):
            for said in self.mouth.feed(data[at : at + self._portion]):
                self._coming.append((self.now + said.after_seconds, said.data))

    def read(self, timeout_seconds: float) -> bytes:
        until = self.now + timeout_seconds
        if self._coming and self._coming[0][0] <= until:
            at, data = self._coming[0]
            self.now = max(self.now, at)
            head, rest = data[: self._portion], data[self._portion :]
            self._coming[:1] = [(at, rest)] if rest else []
            return head
        self.now = until
        return b""


def mouth_of(protocol: str, unit: EmulatedUnit) -> Mouth:
    match protocol:
        case "kd":
            return KdMouth(unit)
        case "xccsp":
            return XccspMouth(unit)
        case "ccsp version 1":
            unit.version = 1
    return CcspMouth(unit)


def dialect_of(protocol: str) -> Dialect:
    dialects: dict[str, Dialect] = {"kd": Kd(), "xccsp": Xccsp(), "ccsp version 1": Ccsp(1)}
    return dialects.get(protocol, Ccsp())


class Impatient(Line):
    """Pauses pass in pretend time."""

    def __init__(self, wire: PretendWire) -> None:
        super().__init__("pretend", wire, threading.Event(), lambda: wire.now)
        self._wire = wire

    def pause(self, seconds: float) -> None:
        self._wire.now += seconds


class Lane:
    """`seal` as the driver's thread does; `restart` is a new process on the same ledger."""

    def __init__(self, protocol: str, path: Path, unit: EmulatedUnit | None = None) -> None:
        self.protocol = protocol
        self.path = path
        self.unit = unit or EmulatedUnit()
        self.wire = PretendWire(mouth_of(protocol, self.unit))
        self.ledger = Ledger(path)
        self.ledger.know_unit(self.unit.unit_id)
        self.line = Impatient(self.wire)

    def seal(self, request: SealRequest) -> Seal:
        known = self.ledger.find(request)
        if known is not None and known.seal is not None:
            return known.seal
        if known is not None and known.burnt:
            raise Burnt("pretend", known.burnt)
        dialect = dialect_of(self.protocol)
        return Sealing(self.ledger, self.line, dialect, PATIENCE_SECONDS).seal(request, known)[0]

    def restart(self) -> None:
        self.ledger.close()
        self.wire.close()
        self.ledger = Ledger(self.path)

    def close(self) -> None:
        self.ledger.close()
