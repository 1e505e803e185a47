"""nexo in JSON, in a sealed envelope: terminals of the Adyen kind (local HTTPS, port 8443).

Pure but for the nonce. Amounts are JSON numbers, written digit by digit and read as
Decimal. A newcomer would believe the header outside the envelope: anybody may write it,
so it must be the one inside.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

from hardware.terminals.envelope import Envelope, SealBroken
from hardware.terminals.nexo import Amount, Header, Message, Tree, Unreadable, part, parts, text

_HEADER = ("MessageClass", "MessageCategory", "MessageType", "ServiceID", "SaleID", "POIID")


class JsonSkin:
    """See `skin.Skin`."""

    content_type = "application/json; charset=utf-8"
    path = "/nexo/"
    needs_login = False
    refunds_are_reversals = True
    reprints = True

    def __init__(self, envelope: Envelope) -> None:
        self._envelope = envelope

    def encode(self, message: Message) -> bytes:
        """Bytes to send."""
        header, outer = _header(message), f"SaleToPOI{message.kind}"
        tree = {outer: {"MessageHeader": header, **_body(message)}}
        return _json({outer: self._envelope.seal(header, _json(tree))})

    def decode(self, data: bytes) -> Message:
        """Raises Unreadable and SealBroken, nothing else."""
        outer = _tree(data)
        kind = _kind(outer)
        sealed = part(outer, f"SaleToPOI{kind}")
        if "NexoBlob" not in sealed:
            raise Unreadable(f"no sealed message{_complaint(sealed)}")
        inner = part(_tree(self._envelope.open(sealed)), f"SaleToPOI{kind}")
        outside, inside = part(sealed, "MessageHeader"), part(inner, "MessageHeader")
        if any(outside.get(name) != inside.get(name) for name in _HEADER):
            raise SealBroken
        return _message(kind, inside, inner)


def receipt_lines(receipt: Tree) -> tuple[str, ...]:
    """Lines of a PaymentReceipt: each is "name=…&value=…", percent-encoded."""
    lines = parts(part(receipt, "OutputContent"), "OutputText")
    return tuple(_line(text(line, "Text")) for line in lines)


def _line(written: str) -> str:
    fields = parse_qs(written[:2000], keep_blank_values=True)
    if "name" not in fields and "value" not in fields:
        return "" if "key" in fields else written
    return " ".join(one for name in ("name", "value") for one in fields.get(name, ()))


def _header(message: Message) -> Tree:
    header = message.header
    return {
        "ProtocolVersion": "3.0",
        "MessageClass": "Service",
        "MessageCategory": header.category,
        "MessageType": message.kind,
        "ServiceID": header.service_id,
        "SaleID": header.sale_id,
        "POIID": header.poi_id,
    }


def _body(message: Message) -> Tree:
    body = message.body
    if message.repeated is not None:
        repeated = message.repeated
        body = body | {
            "RepeatedMessageResponse": {
                "MessageHeader": _header(repeated),
                "RepeatedResponseMessageBody": _body(repeated),
            }
        }
    return {message.body_name: body}


def _message(kind: str, header: Tree, tree: Tree) -> Message:
    category = text(header, "MessageCategory")
    found = Header(category, *(text(header, name) for name in ("ServiceID", "SaleID", "POIID")))
    body = tree.get(category + kind)
    if not category or not isinstance(body, dict):
        raise Unreadable(f"no {category or 'known'}{kind}{_complaint(tree)}")
    repeated = part(body, "RepeatedMessageResponse")
    if not repeated:
        return Message(found, kind, body)
    inner = part(repeated, "RepeatedResponseMessageBody")
    if part(inner, "RepeatedMessageResponse"):
        raise Unreadable("an answer in an answer in an answer")
    return Message(found, kind, body, _message("Response", part(repeated, "MessageHeader"), inner))


def _complaint(tree: Tree) -> str:
    """A terminal that cannot read us says so in an event, unsealed and in English."""
    details = text(part(tree, "EventNotification"), "EventDetails")
    return f" ({details[:200]})" if details else ""


def _kind(tree: Tree) -> str:
    return "Response" if "SaleToPOIResponse" in tree else "Request"


def _tree(data: bytes) -> Tree:
    try:
        found = json.loads(data, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is no JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("it is no message")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _json(value: object) -> bytes:
    return _written(value).encode()


def _written(value: object) -> str:
    match value:
        case Amount():
            return value.text
        case dict():
            return "{" + ",".join(f"{_written(k)}:{_written(v)}" for k, v in value.items()) + "}"
        case list():
            return "[" + ",".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
