"""JSON posted to a stranger's address, signed: webhooks of orders, and messages to customers.

Signed with the receiver's own secret over time and body, so that a receiver can refuse what
is forged or old. The thing to get wrong: following a redirect, or speaking plain http to
anything but this computer.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ssl
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from central_sync.wire.orders import SIGNATURE_HEADER

ANSWER_SECONDS = 10


class NoAnswer(Exception):
    """The receiver was not reached; says why."""


def signature(secret: str, seconds: int, body: bytes) -> str:
    """The header's value: t=…,v1=HMAC-SHA256 over "SECONDS.BODY"."""
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={digest.hexdigest()}"


def post(
    url: str, secret: str, body: bytes, seconds: int, headers: Mapping[str, str] | None = None
) -> int:
    """One try; the status that was answered. Raises NoAnswer."""
    parts = urlsplit(url)
    connection = _open(parts.scheme, parts.hostname or "", parts.port)
    own = {
        "Content-Type": "application/json",
        "User-Agent": "spindel",
        SIGNATURE_HEADER: signature(secret, seconds, body),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, own | dict(headers or {}))
        return connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        raise NoAnswer(f"{parts.hostname} does not answer: {problem}") from problem
    finally:
        connection.close()


def may_be_posted_to(url: str) -> bool:
    """An https address, or http on this computer; raises ValueError for no URL at all."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    is_https = parts.scheme == "https" and bool(host)
    return (is_https or (parts.scheme == "http" and _is_loopback(host))) and port != 0


def _open(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
