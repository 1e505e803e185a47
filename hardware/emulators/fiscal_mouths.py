"""How an emulated control unit speaks: CCSP and `kd` on a line, XCCSP in documents.

Sans-IO. Bytes in any portions go in, and what it says comes out with the seconds it thinks
first. Faults of the wire are applied here, after the receipt is stored: that is the whole
cruelty of a reply that gets lost.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from xml.etree import ElementTree

from hardware.emulators.fiscal import EmulatedUnit, Receipt, key_of
from hardware.fiscal import ccsp, kd, xccsp
from hardware.fiscal.answers import Damaged

NOISE = b"\x00\xff#!#0\x07~"


@dataclass(frozen=True, slots=True)
class Said:
    """Bytes, and how long it thinks before them."""

    data: bytes
    after_seconds: float = 0.0


class Mouth(Protocol):
    """`feed` bytes, get what it says."""

    unit: EmulatedUnit

    def feed(self, data: bytes) -> list[Said]: ...


class _Wire:
    """What lines and documents share: faults on the way out, and the answer before."""

    def __init__(self, unit: EmulatedUnit) -> None:
        self.unit = unit
        self._before = b""

    def _forget(self) -> None:
        """A restart drops what had come of a message."""

    def _spoilt(self, answer: bytes, *, length_at: int, code_at: int) -> list[Said]:
        faults = self.unit.faults
        data = answer
        if faults.happens("lose_reply"):
            self._forget()
            return []
        if faults.happens("flip_code"):
            data = _flipped(data, code_at)
        if faults.happens("flip_length"):
            data = _flipped(data, length_at)
        if faults.happens("half_frame"):
            data = data[: len(data) // 2]
        if faults.happens("garbage"):
            data = NOISE + data
        if faults.happens("previous") and self._before:
            data = self._before + data
        self._before = answer
        return [Said(data, faults.think_seconds)]


def _flipped(data: bytes, at: int) -> bytes:
    at = min(at, len(data) - 1)
    return data[:at] + bytes([data[at] ^ 0x01]) + data[at + 1 :]


class CcspMouth(_Wire):
    """CCSP, version 1 or 2 as the unit's `version` says."""

    def __init__(self, unit: EmulatedUnit) -> None:
        super().__init__(unit)
        self._reader = ccsp.FrameReader()
        self._sequence = ""
        self._fields: list[str] = []

    def feed(self, data: bytes) -> list[Said]:
        if self.unit.faults.deaf:
            return []
        said: list[Said] = []
        for body in self._reader.pieces(data):
            if not isinstance(body, Damaged):
                said += self._answer(body)
            elif body.data.startswith(ccsp.START):
                said.append(Said(ccsp.framed("NAK#001")))
        return said

    def _forget(self) -> None:
        self._reader.forget()
        self._sequence, self._fields = "", []

    def _answer(self, body: str) -> list[Said]:
        unit = self.unit
        match body.split("#"):
            case ["IQ"]:
                return [Said(ccsp.framed(f"IR#{unit.shown_id}#{unit.version}.0#EMU1"))]
            case ["SIQ"]:
                main = "4" if unit.faults.fatal else "0"
                return [Said(ccsp.framed(f"SIR#{main}#{unit.storage}#{unit.shown_clock}"))]
            case ["RR", sequence, *fields] if unit.version == 2 and len(fields) == 11:
                return self._register(sequence, fields)
            case ["ST", sequence] if unit.version == 1 and sequence.isdecimal():
                return self._start(sequence)
            case ["RH", *fields] if unit.version == 1 and len(fields) == 11:
                return self._header(fields)
            case ["SQ"] if unit.version == 1:
                return self._ask_code()
            case ["RR" | "ST" | "RH", *_]:
                return [Said(ccsp.framed("NAK#003"))]
        return [Said(ccsp.framed("NAK#002"))]

    def _start(self, sequence: str) -> list[Said]:
        self._sequence, self._fields = sequence, []
        return [Said(ccsp.framed("ACK"))]

    def _header(self, fields: list[str]) -> list[Said]:
        if not self._sequence:
            return [Said(ccsp.framed("NAK#004"))]
        self._fields = fields
        return [Said(ccsp.framed("ACK"))]

    def _ask_code(self) -> list[Said]:
        if not self._fields:
            return [Said(ccsp.framed("NAK#004"))]
        return self._register(self._sequence, self._fields)

    def _register(self, sequence: str, fields: list[str]) -> list[Said]:
        if refusal := self.unit.refusal():
            return [Said(ccsp.framed(f"NAK#{refusal:03}"))]
        if not sequence.isdecimal() or not _fits(fields):
            return [Said(ccsp.framed("NAK#003"))]
        _, number, register, _, _, _, kind, *_ = fields
        receipt = Receipt(
            key_of(sequence, register, number, kind),
            sequence,
            number,
            kind,
            register,
            "#".join(fields),
        )
        stored = self.unit.store(receipt)
        if stored is None:
            return [Said(ccsp.framed("NAK#011"))]
        words = f"RA#{stored.code}#{self.unit.shown_id}#{sequence}#{self.unit.storage}"
        answer = ccsp.framed(words if self.unit.version == 2 else f"SR#{stored.code}")
        return self._spoilt(answer, length_at=5, code_at=15)


def _fits(fields: list[str]) -> bool:
    date, number, register, organisation, *_ = fields
    return (
        len(date) == 12
        and date.isdecimal()
        and number.isdecimal()
        and bool(register)
        and len(organisation) == 10
    )


class KdMouth(_Wire):
    """The `kd` line dialect."""

    def __init__(self, unit: EmulatedUnit) -> None:
        super().__init__(unit)
        self._reader = kd.LineReader()

    def feed(self, data: bytes) -> list[Said]:
        if self.unit.faults.deaf:
            return []
        said: list[Said] = []
        for text in self._reader.pieces(data):
            said += [Said(kd.lined("-2 -"))] if isinstance(text, Damaged) else self._answer(text)
        return said

    def _forget(self) -> None:
        self._reader.forget()

    def _answer(self, text: str) -> list[Said]:
        unit = self.unit
        match text.split(" "):
            case ["ver"]:
                return [Said(kd.lined(f"ver {unit.shown_id} EMU1 {unit.storage}"))]
            case ["kd", *fields] if len(fields) == 11:
                return self._register(fields)
            case ["kd", *_]:
                return [Said(kd.lined("-1 -"))]
        return [Said(kd.lined("-3 -"))]

    def _register(self, fields: list[str]) -> list[Said]:
        date, organisation, register, number, kind, *_ = fields
        if refusal := self._refusal():
            return [Said(kd.lined(f"{refusal} {number}"))]
        if not _fits([date, number, register, organisation]):
            return [Said(kd.lined(f"1 {number}"))]
        receipt = Receipt(
            key_of("", register, number, kind), "", number, kind, register, " ".join(fields)
        )
        stored = self.unit.store(receipt)
        if stored is None:
            return [Said(kd.lined(f"22 {number}"))]
        words = f"0 {number} {self.unit.shown_id} {stored.code} {self.unit.storage}"
        return self._spoilt(kd.lined(words), length_at=0, code_at=30)

    def _refusal(self) -> int:
        faults = self.unit.faults
        if faults.kd_code:
            code, faults.kd_code = faults.kd_code, 0
            return code
        if faults.happens("abort"):
            return 20
        return {6: 21, 9: 23, 10: 24}.get(self.unit.refusal(), 0)


class XccspMouth(_Wire):
    """XCCSP: each `feed` is one document, each answer another."""

    def feed(self, data: bytes) -> list[Said]:
        if self.unit.faults.deaf:
            return []
        root = xccsp.parsed(data)
        if root is None:
            return [Said(_fault(2))]
        match xccsp.text_of(root, "type"):
            case "RequestStatus":
                return [Said(self._status())]
            case "RegisterReceipt":
                return self._register(root)
        return [Said(_fault(2))]

    def _status(self) -> bytes:
        main = "4" if self.unit.faults.fatal else "0"
        fields = {
            "Id": self.unit.shown_id,
            "Firmware": "EMU1",
            "MainStatus": main,
            "StorageStatus": str(self.unit.storage),
        }
        return _response("StatusResponse", "Status", fields)

    def _register(self, root: ElementTree.Element) -> list[Said]:
        unit = self.unit
        if refusal := unit.refusal():
            return [Said(_fault(refusal))]
        if unit.faults.busy:
            return [Said(self._result("", "5"))]
        names = ("Date", "ReceiptId", "PosId", "OrgNo", "ReceiptTotal", "NegativeTotal")
        fields = [xccsp.text_of(root, "data", "Receipt", name) for name in names]
        if not _fits(fields):
            return [Said(_fault(3))]
        kind = xccsp.text_of(root, "data", "Receipt", "ReceiptType")
        number, register = fields[1], fields[2]
        stored = unit.store(
            Receipt(
                key_of("", register, number, kind),
                "",
                number,
                kind,
                register,
                "#".join((*fields, kind)),
            )
        )
        if stored is None:
            return [Said(_fault(11))]
        # HTTP has checks of its own; what a flipped bit leaves is no document.
        return self._spoilt(self._result(stored.code, "0"), length_at=0, code_at=0)

    def _result(self, code: str, main: str) -> bytes:
        fields = {
            "Code": code,
            "UnitId": self.unit.shown_id if code else "",
            "UnitMainStatus": main,
            "UnitStorageStatus": str(self.unit.storage),
        }
        return _response("RegisterReceiptResponse", "RegisterResult", fields)


def _response(kind: str, of: str, fields: dict[str, str]) -> bytes:
    root = ElementTree.Element("response", {"xmlns": xccsp.NAMESPACE})
    ElementTree.SubElement(root, "type").text = kind
    inner = ElementTree.SubElement(ElementTree.SubElement(root, "data"), of)
    for tag, text in fields.items():
        ElementTree.SubElement(inner, tag).text = text
    return xccsp.document(root)


def _fault(code: int) -> bytes:
    return _response("Fault", "FaultInfo", {"Code": str(code), "Message": "refused"})
