"""XCCSP: XML over HTTP to a control unit server, ISO-8859-1, basic authentication.

Pure. A retry keeps the ReceiptId, which the server knows the receipt by, and takes a
fresh SerialNo. An answer belongs to its HTTP request, so nothing has to be repeated in it.
Element names, status numbers and fault codes as public integrations use them; fault 11 is
the serial protocol's.

Answers come from a stranger: no document type is read, since entities can be made to grow.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree

from hardware.fiscal.answers import (
    Answer,
    Damaged,
    Denied,
    Identified,
    Question,
    Sealed,
    Storage,
    Tries,
    Verdict,
    is_code,
)
from hardware.fiscal.ccsp import REFUSALS
from hardware.fiscal.request import amount, date_minute, number
from hardware.ports import SealRequest

NAMESPACE = "http://www.retailinnovation.se/xccsp"
_TRIES = Tries(timeouts=2, busies=5, pause_seconds=1.0)
_BUSY, _FATAL = "5", ("4", "6")


def document(root: ElementTree.Element) -> bytes:
    """As the wire has it. Raises UnicodeEncodeError for what ISO-8859-1 cannot hold."""
    text = ElementTree.tostring(root, encoding="unicode")
    head = '<?xml version="1.0" encoding="ISO-8859-1"?>\n'
    return (head + text).encode("iso-8859-1")


def parsed(data: bytes) -> ElementTree.Element | None:
    """The root, or None for what is no XCCSP document."""
    if b"<!" in data:
        return None
    try:
        root = ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None
    return root if root.tag.startswith(f"{{{NAMESPACE}}}") else None


def text_of(element: ElementTree.Element, *path: str) -> str:
    """The text at a path of tags, or ""."""
    found = element.find("/".join(f"{{{NAMESPACE}}}{tag}" for tag in path))
    return (found.text or "").strip() if found is not None else ""


class AnswerReader:
    """See `answers.Reader`; one call holds one whole document."""

    def feed(self, data: bytes) -> list[Answer]:
        return [answer_in(data)] if data else []

    def forget(self) -> list[Answer]:
        return []


def answer_in(data: bytes) -> Answer:
    """What a server's document says; Damaged when it is none of the answers."""
    root = parsed(data)
    if root is None:
        return Damaged(data)
    answer: Answer | None = None
    match text_of(root, "type"):
        case "RegisterReceiptResponse":
            answer = _sealed(root)
        case "StatusResponse":
            answer = _identified(root)
        case "Fault":
            answer = _fault(text_of(root, "data", "FaultInfo", "Code"))
    return answer or Damaged(data)


def _sealed(root: ElementTree.Element) -> Answer | None:
    where = ("data", "RegisterResult")
    main = text_of(root, *where, "UnitMainStatus")
    code, unit_id = text_of(root, *where, "Code"), text_of(root, *where, "UnitId")
    storage = _storage(text_of(root, *where, "UnitStorageStatus"))
    if is_code(code) and unit_id:
        return Sealed(code, unit_id, "", storage)
    if main == _BUSY:
        return Denied(Verdict.BUSY, "it is busy")
    if main in _FATAL:
        return Denied(Verdict.FATAL, "it has a fatal fault")
    return None


def _identified(root: ElementTree.Element) -> Answer | None:
    where = ("data", "Status")
    unit_id = text_of(root, *where, "Id")
    main = text_of(root, *where, "MainStatus")
    storage = _storage(text_of(root, *where, "StorageStatus"))
    firmware = text_of(root, *where, "Firmware")
    if not unit_id:
        return None
    return Identified(unit_id, "xccsp", firmware, storage, main in _FATAL)


def _fault(code: str) -> Denied:
    padded = code.rjust(3, "0")
    if padded in REFUSALS and padded != "001":
        verdict, words = REFUSALS[padded]
    elif code in ("98", "99"):
        verdict, words = Verdict.BUSY, "the server does not reach its unit"
    else:
        verdict, words = Verdict.WRONG, "it says no"
    return Denied(verdict, f"{words} (fault {code})")


def _storage(text: str) -> Storage:
    return Storage(int(text)) if text in ("1", "2") else Storage.ROOM


@dataclass(slots=True)
class Xccsp:
    """See `answers.Dialect`; remembers whose status to ask for."""

    renews: bool = True
    tries: Tries = _TRIES
    answer_seconds: float = 3.0
    register_id: str = ""
    organisation: str = ""

    def hello(self) -> Question:
        who = {"PosId": self.register_id, "OrgNo": self.organisation}
        asked = _request("RequestStatus", "StatusRequest", who)
        return Question((document(asked),), Identified)

    def condition(self) -> None:
        return None

    def seal(self, request: SealRequest, sequence: int) -> Question:
        self.register_id = request.register_id
        self.organisation = request.organisation_number.replace("-", "")
        receipt = {
            "IsNewSession": "1",
            "SerialNo": str(sequence),
            "PosId": self.register_id,
            "OrgNo": self.organisation,
            "Date": date_minute(request),
            "ReceiptId": number(request.receipt_number),
            "ReceiptType": request.kind.value,
            "ReceiptTotal": amount(request.total_minor),
            "NegativeTotal": amount(request.returns_minor),
        }
        asked = _request("RegisterReceipt", "Receipt", receipt)
        _add_vat(asked[1][0], request)
        return Question((document(asked),), Sealed)

    def reader(self) -> AnswerReader:
        return AnswerReader()

    def speaking(self, protocol: str) -> Xccsp:
        return self


def _request(kind: str, of: str, fields: dict[str, str]) -> ElementTree.Element:
    root = ElementTree.Element("request", {"xmlns": NAMESPACE})
    ElementTree.SubElement(root, "type").text = kind
    inner = ElementTree.SubElement(ElementTree.SubElement(root, "data"), of)
    for tag, text in fields.items():
        ElementTree.SubElement(inner, tag).text = text
    return root


def _add_vat(receipt: ElementTree.Element, request: SealRequest) -> None:
    listed = ElementTree.SubElement(receipt, "VatList")
    for place, (rate, vat) in enumerate(request.vat, start=1):
        one = ElementTree.SubElement(listed, "Vat")
        ElementTree.SubElement(one, "Class").text = str(place)
        ElementTree.SubElement(one, "Percentage").text = amount(rate)
        ElementTree.SubElement(one, "Amount").text = amount(vat)
