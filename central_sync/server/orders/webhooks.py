"""Webhooks: who is told, how a message is signed, and one try to deliver it.

Signed with the hook's own secret over time and body, so that a receiver can refuse what is
forged or old. The thing to get wrong: following a redirect, or speaking plain http to
anything but this computer.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import secrets
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.server.orders.news import EVENT_TYPES
from central_sync.server.refused import invalid, not_found
from central_sync.wire.orders import SIGNATURE_HEADER

ANSWER_SECONDS = 10


class HookTrouble(Exception):
    """The receiver did not take it; says why."""


@dataclass(frozen=True, slots=True)
class Hook:
    """`events` "" means all of them."""

    webhook_id: str
    url: str
    secret: str
    events: str
    made_at: str


def add(connection: Connection, url: str, events: Sequence[str], at: str) -> Hook:
    """Raises Refused 422 for a URL or an event that cannot be."""
    _check(url)
    known = sorted(set(EVENT_TYPES.values()))
    unknown = sorted(set(events) - set(known))
    if unknown:
        raise invalid(f"there is no event {unknown[0]}; events are {', '.join(known)}")
    hook = Hook(
        secrets.token_hex(6),
        url,
        f"whsec_{secrets.token_urlsafe(24)}",
        " ".join(sorted(set(events))),
        at,
    )
    connection.execute(
        insert(t.webhook).values(
            webhook_id=hook.webhook_id,
            url=hook.url,
            secret=hook.secret,
            events=hook.events,
            made_at=at,
        )
    )
    return hook


def hooks(connection: Connection) -> list[Hook]:
    row = t.webhook.c
    rows = connection.execute(
        select(t.webhook).where(row.removed_at == "").order_by(row.made_at, row.webhook_id)
    )
    return [Hook(one.webhook_id, one.url, one.secret, one.events, one.made_at) for one in rows]


def remove(connection: Connection, webhook_id: str, at: str) -> None:
    """What still waits for it is not sent any more; raises Refused 404."""
    row = t.webhook.c
    found = connection.execute(
        update(t.webhook)
        .where(row.webhook_id == webhook_id, row.removed_at == "")
        .values(removed_at=at)
    )
    if not found.rowcount:
        raise not_found(f"there is no webhook {webhook_id}")
    out = t.outgoing.c
    connection.execute(
        update(t.outgoing)
        .where(out.kind == "webhook", out.target == webhook_id, out.state == "waiting")
        .values(state="dead", error="the webhook was removed")
    )


def signature(secret: str, seconds: int, body: bytes) -> str:
    """The header's value: t=…,v1=HMAC-SHA256 over "SECONDS.BODY"."""
    digest = hmac.new(secret.encode(), f"{seconds}.".encode() + body, hashlib.sha256)
    return f"t={seconds},v1={digest.hexdigest()}"


def deliver(hook: Hook, body: bytes, seconds: int) -> None:
    """One try; raises HookTrouble unless the receiver answers 2xx."""
    parts = urlsplit(hook.url)
    connection = _open(parts.scheme, parts.hostname or "", parts.port)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "spindel",
        SIGNATURE_HEADER: signature(hook.secret, seconds, body),
    }
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request("POST", path, body, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as problem:
        raise HookTrouble(f"{parts.netloc} does not answer: {problem}") from problem
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise HookTrouble(f"{parts.netloc} answered {status}")


def _open(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=ANSWER_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=ANSWER_SECONDS)


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as problem:
        raise invalid(f"url: {problem}") from problem
    is_https = parts.scheme == "https" and host
    is_here = parts.scheme == "http" and _is_loopback(host)
    if not (is_https or is_here) or port == 0:
        raise invalid("url: an https address, or http on this computer")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
