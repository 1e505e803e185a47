"""Webhooks: who is told of what, and one try to deliver it, signed (`server.signed_post`).

The thing to get wrong: telling a hook that was removed. What still waits for it goes with it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update

from central_sync.database import tables as t
from central_sync.server import signed_post
from central_sync.server.orders.news import EVENT_TYPES
from central_sync.server.refused import invalid, not_found
from central_sync.server.signed_post import NoAnswer, may_be_posted_to


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


def deliver(hook: Hook, body: bytes, seconds: int) -> None:
    """One try; raises HookTrouble unless the receiver answers 2xx."""
    try:
        status = signed_post.post(hook.url, hook.secret, body, seconds)
    except NoAnswer as problem:
        raise HookTrouble(str(problem)) from problem
    if not 200 <= status < 300:
        raise HookTrouble(f"{urlsplit(hook.url).netloc} answered {status}")


def _check(url: str) -> None:
    try:
        is_fit = may_be_posted_to(url)
    except ValueError as problem:
        raise invalid(f"url: {problem}") from problem
    if not is_fit:
        raise invalid("url: an https address, or http on this computer")
