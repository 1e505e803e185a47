"""Who asks: a till by a token signed with its key, a person or system by a key with scopes.

A revoked till is still recognised: what it sends is kept aside, so it has to be told
apart from a stranger. Secrets are compared by hash in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Connection, bindparam, insert, select, update

from central_sync.database import tables as t
from central_sync.database.trip import Trip, among, ask
from central_sync.server.intake import Sender
from central_sync.server.refused import Refused, not_found, unauthenticated
from central_sync.server.storable import storable
from central_sync.wire.keys import BadToken, check_token, workstation_of

T = TypeVar("T")

KEY_PREFIX = "spk_"
SCOPES = {
    "receipts:read": "receipts of all stores",
    "stock:read": "stock of all stores; of what may be promised, bands",
    "stock:read:exact": "the same, and figures of what may be promised; includes stock:read",
    "workstations:read": "stores, workstations, status and parked entries",
    "workstations:write": "settle parked entries; take or settle what is kept aside",
    "customers:read": "customers of the chain: find, show, export",
    "customers:write": "customers of the chain: make, change, erase",
    "masters:write": "prices, operators and stock adjustments",
    "orders:read": "orders of the whole chain, without names and addresses",
    "orders:write": "quotes and orders: place, change, cancel, hand out",
    "metrics:read": "figures for Prometheus at /metrics",
    "routing:read": "routing: what another policy would have done",
}
# Who may be told more may be told less.
_INCLUDED = {"stock:read:exact": "stock:read"}


# Made once: to build a statement costs as much as to run it.
_FACTS = [
    t.workstation.c[name]
    for name in ("workstation_id", "store_id", "public_key", "status", "former_key", "former_until")
]
_WORKSTATION = select(*_FACTS).where(t.workstation.c.workstation_id == bindparam("who"))
_WORKSTATIONS = select(*_FACTS).where(among(t.workstation.c.workstation_id, "names"))


@dataclass(frozen=True, slots=True)
class Till:
    """A proven workstation; `is_revoked` means that nothing it sends is booked."""

    sender: Sender
    is_revoked: bool


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A proven key of a person or system."""

    key_id: str
    name: str
    scopes: frozenset[str]


def bearer(authorization: str) -> str:
    """What follows "Bearer"; raises Refused 401."""
    kind, _, value = authorization.partition(" ")
    if kind.lower() != "bearer" or not value.strip():
        raise unauthenticated("send an Authorization header of kind Bearer")
    return value.strip()


def till_of(connection: Connection, token: str, at: str = "") -> Till:
    """The workstation that signed this token; raises Refused 401.

    `at` (ISO UTC) is now: a key that was changed may still speak for a while. After that, and
    for a computer whose place another has taken, it is as if revoked: what comes is kept aside.
    """
    found = ask(connection, _WORKSTATION, who=_named(token)).rows
    return _proven_till(token, found[0] if found else None, at)


def tills_of(connection: Connection, tokens: Sequence[str], at: str) -> list[Till | Refused]:
    """The same for many at once: a till, or its refusal, for each token."""
    named = [_or_refusal(_named, token) for token in tokens]
    trip = Trip(connection)
    asked = trip.ask(_WORKSTATIONS, names=[name for name in named if isinstance(name, str)])
    trip.go()
    rows = {row[0]: row for row in asked.rows}
    return [
        name if isinstance(name, Refused) else _or_refusal(_proven_till, token, rows.get(name), at)
        for token, name in zip(tokens, named, strict=True)
    ]


def _or_refusal(make: Callable[..., T], *given: object) -> T | Refused:
    try:
        return make(*given)
    except Refused as problem:
        return problem


def _named(token: str) -> str:
    """Who a token says it is from; nothing is proven by it."""
    try:
        return storable(workstation_of(token))
    except BadToken as problem:
        raise unauthenticated(str(problem)) from problem
    except RecursionError as problem:
        raise unauthenticated("the token cannot be read") from problem


def _proven_till(token: str, row: Any, at: str) -> Till:
    if row is None or not row.public_key:
        raise unauthenticated("no such workstation is enrolled here")
    try:
        public_key = _signed_by(token, row)
    except BadToken as problem:
        raise unauthenticated(str(problem)) from problem
    except RecursionError as problem:
        raise unauthenticated("the token cannot be read") from problem
    is_former = public_key != row.public_key and not at < row.former_until
    sender = Sender(row.workstation_id, row.store_id, public_key)
    return Till(sender, is_revoked=row.status == "revoked" or is_former)


def _signed_by(token: str, row: Any) -> str:
    """The workstation's key that signed a token, be it the former one; raises BadToken."""
    try:
        check_token(token, row.public_key)
    except BadToken:
        if not row.former_key:
            raise
        check_token(token, row.former_key)
        return str(row.former_key)
    return str(row.public_key)


def api_key_of(connection: Connection, token: str, scope: str) -> ApiKey:
    """The key, when it is valid and has the scope; raises Refused 401 or 403."""
    key_id, _, secret = token.removeprefix(KEY_PREFIX).partition("_")
    row = connection.execute(
        select(t.api_key).where(t.api_key.c.key_id == storable(key_id))
    ).first()
    is_right = row is not None and hmac.compare_digest(row.secret_sha256, sha256(secret))
    if row is None or not is_right or row.revoked_at:
        raise unauthenticated("this key is not valid; make one with spindel central key add")
    scopes = _with_included(row.scopes.split())
    if scope not in scopes:
        raise Refused(403, "scope", f"this key lacks the scope {scope}")
    return ApiKey(row.key_id, row.name, scopes)


def _with_included(scopes: Sequence[str]) -> frozenset[str]:
    return frozenset((*scopes, *(_INCLUDED[scope] for scope in scopes if scope in _INCLUDED)))


def add_key(connection: Connection, name: str, scopes: Sequence[str], at: str) -> str:
    """Make a key and return it; only its hash is kept. Raises ValueError for a scope unknown."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise ValueError(f"scopes are {', '.join(SCOPES)}")
    key_id, secret = secrets.token_hex(6), secrets.token_hex(24)
    connection.execute(
        insert(t.api_key).values(
            key_id=key_id,
            secret_sha256=sha256(secret),
            name=name,
            scopes=" ".join(sorted(set(scopes))),
            created_at=at,
        )
    )
    return f"{KEY_PREFIX}{key_id}_{secret}"


def revoke_key(connection: Connection, key_id: str, at: str) -> None:
    """Raises Refused 404 when there is no such key."""
    found = connection.execute(
        update(t.api_key).where(t.api_key.c.key_id == key_id).values(revoked_at=at)
    )
    if found.rowcount == 0:
        raise not_found(f"there is no key {key_id}")


def sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "backslashreplace")).hexdigest()
