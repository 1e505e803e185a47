"""nexo 3.1 in XML over plain HTTP: PAX terminals as Swedbank Pay lets them (port 11000).

Pure. Simple values are attributes, but for the few that the standard makes elements.
Nothing is sealed: the network of the shop must be trusted. A newcomer would let the
parser read a DTD; a message has none, so one that does is refused.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator
from xml.etree import ElementTree

from hardware.terminals.nexo import Amount, Header, Message, Tree, Unreadable, part, text

_ELEMENTS = frozenset(
    ("DateTime", "SaleCapabilities", "ServiceProfiles", "ApprovalCode", "AdditionalResponse",
     "AbortReason", "AuthenticationMethod", "OutputText")
)  # fmt: skip
_LISTS = frozenset(("PaymentReceipt", "TransactionTotals", "PaymentTotals", "OutputText"))
_DEEPEST = 20


class XmlSkin:
    """See `skin.Skin`."""

    content_type = "application/xml; charset=utf-8"
    path = "/EPASSaleToPOI/3.1"
    needs_login = True
    refunds_are_reversals = False
    reprints = False

    def encode(self, message: Message) -> bytes:
        """Bytes to send."""
        root = ElementTree.Element(f"SaleToPOI{message.kind}")
        _add_message(root, message)
        written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
        return written

    def decode(self, data: bytes) -> Message:
        """Raises Unreadable, nothing else."""
        root = _parsed(data)
        kind = root.tag.removeprefix("SaleToPOI")
        if kind not in ("Request", "Response") or kind == root.tag:
            raise Unreadable(f"it is no message but <{root.tag[:40]}>")
        return _message(kind, root)


def receipt_lines(receipt: Tree) -> tuple[str, ...]:
    """Lines of a PaymentReceipt: the ReceiptString of JSON in Base64, or plain text."""
    written = _written(receipt)
    tree = _receipt_tree(written)
    if tree is None:
        return tuple(line.rstrip() for line in written.splitlines())
    lines = next(_values(tree, "ReceiptString"), [])
    return tuple(line for line in lines if isinstance(line, str)) if isinstance(lines, list) else ()


def has_signature_block(receipt: Tree) -> bool:
    """The cardholder must sign: the receipt's own JSON says so."""
    return True in list(_values(_receipt_tree(_written(receipt)), "SignatureBlock"))


def _written(receipt: Tree) -> str:
    content = part(receipt, "OutputContent").get("OutputText")
    pieces = content if isinstance(content, list) else []
    return "".join(one if isinstance(one, str) else text(part(one), "text") for one in pieces)


def _receipt_tree(written: str) -> object:
    try:
        return json.loads(base64.b64decode(written, validate=True))
    except (binascii.Error, ValueError, RecursionError):
        return None


def _values(tree: object, name: str, depth: int = 0) -> Iterator[object]:
    """Whatever is called so, at any depth."""
    if isinstance(tree, dict) and depth < _DEEPEST:
        for key, value in tree.items():
            if key == name:
                yield value
            yield from _values(value, name, depth + 1)


def _add_message(parent: ElementTree.Element, message: Message) -> None:
    header = message.header
    ElementTree.SubElement(
        parent,
        "MessageHeader",
        {
            "ProtocolVersion": "3.1",
            "MessageClass": "Service",
            "MessageCategory": header.category,
            "MessageType": message.kind,
            "ServiceID": header.service_id,
            "SaleID": header.sale_id,
            "POIID": header.poi_id,
        },
    )
    body = ElementTree.SubElement(parent, message.body_name)
    _fill(body, message.body)
    if message.repeated is not None:
        _add_message(ElementTree.SubElement(body, "RepeatedMessageResponse"), message.repeated)


def _fill(element: ElementTree.Element, tree: Tree) -> None:
    for name, value in tree.items():
        match value:
            case dict():
                _fill(ElementTree.SubElement(element, name), value)
            case list() if all(isinstance(one, dict) for one in value):
                for one in value:
                    _fill(ElementTree.SubElement(element, name), one)
            case list():
                ElementTree.SubElement(element, name).text = " ".join(map(_plain, value))
            case _ if name in _ELEMENTS:
                ElementTree.SubElement(element, name).text = _plain(value)
            case _:
                element.set(name, _plain(value))


def _plain(value: object) -> str:
    if isinstance(value, Amount):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return "".join(sign for sign in str(value) if sign.isprintable())


def _parsed(data: bytes) -> ElementTree.Element:
    if b"<!" in data:
        raise Unreadable("a message has no DTD")
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Unreadable("it is no XML") from error


def _message(kind: str, element: ElementTree.Element, depth: int = 0) -> Message:
    header = element.find("MessageHeader")
    names = dict(header.attrib) if header is not None else {}
    category = names.get("MessageCategory", "")
    found = Header(category, *(names.get(name, "") for name in ("ServiceID", "SaleID", "POIID")))
    body = element.find(category + kind) if category.isalpha() else None
    if body is None:
        raise Unreadable(f"no {category[:30] or 'known'}{kind}")
    inner = body.find("RepeatedMessageResponse")
    if inner is not None and depth:
        raise Unreadable("an answer in an answer in an answer")
    repeated = None if inner is None else _message("Response", inner, depth + 1)
    if inner is not None:
        body.remove(inner)
    tree = _tree(body)
    return Message(found, kind, tree if isinstance(tree, dict) else {}, repeated)


def _tree(element: ElementTree.Element, depth: int = 0) -> Tree | str:
    """An element with neither attributes nor children is its text."""
    if depth > _DEEPEST:
        raise Unreadable("it is too deep")
    tree: Tree = dict(element.attrib)
    for child in element:
        value = _tree(child, depth + 1)
        if child.tag in _LISTS:
            tree.setdefault(child.tag, [])
        if isinstance(tree.get(child.tag), list):
            tree[child.tag].append(value)
        else:
            tree[child.tag] = value
    written = (element.text or "").strip()
    if tree and written:
        tree["text"] = written
    return tree or written
