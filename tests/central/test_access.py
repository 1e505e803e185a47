"""Access: who may ask what, and that nothing a stranger sends makes central stumble."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central_sync.server.auth import revoke_key
from central_sync.server.bodies import LARGEST_BODY_BYTES
from central_sync.server.central import Central
from central_sync.server.enrolment import revoke_workstation
from central_sync.wire.keys import SigningKey, make_token
from central_sync.wire.messages import SPOKEN
from tests.central.office import enrolled, key_headers

READS = {
    "/v1/status": "workstations:read",
    "/v1/stores": "workstations:read",
    "/v1/workstations": "workstations:read",
    "/v1/parked": "workstations:read",
    "/v1/aside": "workstations:read",
    "/v1/receipts": "receipts:read",
    "/v1/stock": "stock:read",
}
TILL_READS = ("/v1/feed?scope=chain", "/v1/snapshot", "/v1/snapshot/x")


@pytest.mark.parametrize("path", [*READS, *TILL_READS])
def test_nothing_is_told_to_a_stranger(http: httpx.Client, path: str) -> None:
    reply = http.get(path)

    assert (reply.status_code, reply.json()["code"]) == (401, "unauthenticated")
    assert reply.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/v1/heartbeat", "/v1/journal"])
def test_nothing_is_taken_from_a_stranger(http: httpx.Client, path: str) -> None:
    assert http.post(path, json={}).status_code == 401


@pytest.mark.parametrize(("path", "scope"), READS.items())
def test_a_key_opens_what_its_scopes_say(
    central: Central, http: httpx.Client, path: str, scope: str
) -> None:
    right, wrong = key_headers(central, scope), key_headers(central, "masters:write")

    replies = [http.get(path, headers=headers) for headers in (right, wrong)]

    assert [reply.status_code for reply in replies] == [200, 403]
    assert replies[1].json()["code"] == "scope"


def test_a_key_for_figures_opens_what_a_key_for_bands_does(
    central: Central, http: httpx.Client
) -> None:
    headers = key_headers(central, "stock:read:exact")

    asked = [http.get("/v1/stock", headers=headers), http.get("/v1/receipts", headers=headers)]

    assert [reply.status_code for reply in asked] == [200, 403]


def test_a_revoked_key_opens_nothing(central: Central, http: httpx.Client) -> None:
    headers = key_headers(central, "stock:read")
    key_id = headers["Authorization"].split("_")[1]
    with central.database.atomic() as connection:
        revoke_key(connection, key_id, central.timestamp())

    assert http.get("/v1/stock", headers=headers).status_code == 401


def test_a_key_with_a_changed_secret_opens_nothing(central: Central, http: httpx.Client) -> None:
    changed = {"Authorization": key_headers(central, "stock:read")["Authorization"][:-1] + "x"}

    assert http.get("/v1/stock", headers=changed).status_code == 401


def test_a_token_of_another_key_is_refused(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)
    till.key = SigningKey.generate()

    reply = http.get("/v1/feed?scope=chain", headers=till.headers)

    assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_an_old_token_is_refused_with_a_word_on_the_clock(
    central: Central, http: httpx.Client
) -> None:
    till = enrolled(central)
    long_ago = int(datetime.now(UTC).timestamp()) - 3600
    token = make_token(till.key, workstation_id=till.workstation_id, now_seconds=long_ago)

    reply = http.get("/v1/feed?scope=chain", headers={"Authorization": f"Bearer {token}"})

    assert reply.status_code == 401
    assert "clock" in reply.json()["detail"]


def test_a_revoked_till_is_told_so(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)
    with central.database.atomic() as connection:
        revoke_workstation(connection, till.workstation_id, central.now())

    reply = http.get("/v1/feed?scope=chain", headers=till.headers)

    assert (reply.status_code, reply.json()["code"]) == (403, "revoked")


def test_a_till_follows_its_own_store_alone(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)

    replies = [
        http.get(f"/v1/feed?scope=store:{store_id}", headers=till.headers)
        for store_id in ("s01", "s02")
    ]

    assert [reply.status_code for reply in replies] == [200, 422]


def test_a_till_may_not_use_what_is_for_people(central: Central, http: httpx.Client) -> None:
    assert http.get("/v1/receipts", headers=enrolled(central).headers).status_code == 401


@pytest.mark.parametrize("path", ["/v1/status", "/v1/journal", "/nowhere"])
def test_another_protocol_is_told_before_anything_else(http: httpx.Client, path: str) -> None:
    reply = http.get(path, headers={"Spindel-Protocol": "2"})

    assert (reply.status_code, reply.json()["code"]) == (426, "protocol")


@pytest.mark.parametrize("path", ["/v1/status", "/nowhere", "/docs", "/openapi.json"])
def test_every_reply_says_which_protocol_is_spoken(http: httpx.Client, path: str) -> None:
    assert http.get(path).headers["Spindel-Protocol"] == SPOKEN


def test_a_body_too_large_is_refused_before_it_is_understood(
    central: Central, http: httpx.Client
) -> None:
    till = enrolled(central)
    bomb = zstandard.compress(b" " * 200_000_000)
    large = b" " * (LARGEST_BODY_BYTES + 1)

    replies = [
        http.post("/v1/journal", content=large, headers=till.headers),
        http.post("/v1/journal", content=bomb, headers=till.headers | {"Content-Encoding": "zstd"}),
    ]

    assert [reply.status_code for reply in replies] == [413, 413]


def test_an_unknown_coding_is_refused(central: Central, http: httpx.Client) -> None:
    headers = enrolled(central).headers | {"Content-Encoding": "br"}

    assert http.post("/v1/journal", content=b"x", headers=headers).status_code == 415


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
_FIELDS = st.sampled_from(
    [
        *("epoch", "entries", "signature", "heads", "version", "clock", "outbox"),
        *("code", "public_key", "nonce", "hostname", "price_minor", "name", "role", "pin"),
        *("stores", "language", "store_id", "sku", "delta", "reason", "oldest_unsent_at"),
    ]
)
_MESSAGES = st.dictionaries(_FIELDS, _JSON) | _JSON
_fuzz = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@_fuzz
@given(message=_MESSAGES)
def test_no_message_of_a_till_makes_central_fail(
    http: httpx.Client, till_headers: dict[str, str], message: Any
) -> None:
    headers = till_headers
    for path in ("/v1/enrol", "/v1/heartbeat", "/v1/journal"):
        assert http.post(path, json=message, headers=headers).status_code < 500


@_fuzz
@given(message=_MESSAGES, name=st.text(min_size=1, max_size=20))
def test_no_message_of_a_system_makes_central_fail(
    http: httpx.Client, system_headers: dict[str, str], message: Any, name: str
) -> None:
    for method, path in (
        ("PUT", f"/v1/items/{_quoted(name)}/price"),
        ("PUT", f"/v1/operators/{_quoted(name)}"),
        ("POST", "/v1/stock-adjustments"),
    ):
        assert http.request(method, path, json=message, headers=system_headers).status_code < 500


@_fuzz
@given(text=st.text(max_size=30), content=st.binary(max_size=100))
def test_no_parameter_and_no_bytes_make_central_fail(
    http: httpx.Client,
    till_headers: dict[str, str],
    system_headers: dict[str, str],
    text: str,
    content: bytes,
) -> None:
    system, till = system_headers, till_headers
    questions = {"store": text, "sku": text, "after": text, "day": text, "limit": text}
    replies = [
        http.get("/v1/receipts", params=questions, headers=system),
        http.get("/v1/receipts", params=questions | {"limit": "5"}, headers=system),
        http.get("/v1/stock", params=questions | {"limit": "5"}, headers=system),
        http.get(f"/v1/receipts/{_quoted(text) or 'x'}", headers=system),
        http.get("/v1/feed", params={"scope": text, "after": text}, headers=till),
        http.get(f"/v1/snapshot/{_quoted(text) or 'x'}", headers=till),
        http.post("/v1/journal", content=content, headers=till),
        http.post("/v1/journal", content=content, headers=till | {"Content-Encoding": "zstd"}),
    ]
    assert max(reply.status_code for reply in replies) < 500


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "spk_",
        "spk_a_b",
        "a.b.c",
        ".".join(
            base64.urlsafe_b64encode(part).decode().rstrip("=")
            for part in (b'{"alg":"EdDSA"}', b"[" * 20_000, b"x")
        ),
        ".".join(
            base64.urlsafe_b64encode(part).decode().rstrip("=")
            for part in (b'{"alg":"none"}', b'{"sub":"s01-1\\u0000"}', b"")
        ),
    ],
)
def test_no_token_makes_central_fail(http: httpx.Client, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}

    replies = [http.get(path, headers=headers) for path in ("/v1/snapshot", "/v1/stock")]

    assert [reply.status_code for reply in replies] == [401, 401]


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode())


@pytest.fixture
def till_headers(central: Central) -> dict[str, str]:
    return enrolled(central).headers


@pytest.fixture
def system_headers(central: Central) -> dict[str, str]:
    return key_headers(central, "masters:write", "receipts:read", "stock:read")
