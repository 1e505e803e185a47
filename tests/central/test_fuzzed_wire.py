"""Whatever a stranger sends to any route of central: it is refused, and no fact changes.

The senders here are known (a till's token, a key with every scope), so that what they send is
read as far as it can be read.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from types import MappingProxyType

import httpx
import pytest

from central_sync.server.auth import SCOPES
from central_sync.server.central import Central
from central_sync.wire.keys import SigningKey, make_token
from tests.central.hostile import (
    BODIES,
    EVIL_PARAMETERS,
    EVIL_SEGMENTS,
    facts_digest,
    operations,
    packed_badly,
    spoiled,
)
from tests.central.office import Workstation, enrolled, key_headers, on_hand, sale
from tests.hardware.waiting import until

OPERATIONS = operations()
WRITES = [o for o in OPERATIONS if "requestBody" in o[2]]
# A stream is open for minutes by design; it takes no parameters.
READS = [o for o in OPERATIONS if o[0] == "GET" and o[1] != "/v1/events"]
# What the two databases see of a stranger's words differs in parameters and texts alone.
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
# One reader of bodies stands before all routes: each route meets its share of what is no body.
SHARES = 3


class Callers:
    """A till, and a system that may do everything; each route is asked by who may ask it."""

    def __init__(self, http: httpx.Client, central: Central, till: Workstation) -> None:
        self._http = http
        http.timeout = httpx.Timeout(120.0)
        self._headers = [till.headers, key_headers(central, *SCOPES)]
        self._who: dict[tuple[str, str], int] = {}

    def ask(
        self,
        method: str,
        template: str,
        *,
        segment: str = "x",
        headers: Mapping[str, str] = MappingProxyType({}),
        params: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        path = re.sub(r"\{\w+\}", segment, template)

        def by(who: int) -> httpx.Response:
            told = self._headers[who] | dict(headers)
            return self._http.request(method, path, headers=told, params=params, content=content)

        who = self._who.get((method, template), 0)
        reply = by(who)
        if reply.status_code == 401 and who == 0:
            self._who[method, template] = 1
            reply = by(1)
        assert reply.status_code != 401, f"nobody may ask {method} {path}"
        return reply


@pytest.fixture
def till(central: Central, http: httpx.Client) -> Workstation:
    """A till that has sold something, so that there are facts to change."""
    till = enrolled(central)
    till.sell(sale())
    assert till.send(http).json()["status"] == "accepted"
    until(lambda: on_hand(central) == 4)  # it is booked after the answer
    return till


@pytest.fixture
def callers(central: Central, http: httpx.Client, till: Workstation) -> Callers:
    return Callers(http, central, till)


@pytest.fixture
def unchanged(central: Central, callers: Callers) -> Iterator[None]:
    """Every fact is afterwards what it was before."""
    before = facts_digest(central)
    yield
    assert facts_digest(central) == before


def is_refused(reply: httpx.Response) -> bool:
    """A problem document that says so, and no more of central's inside."""
    told = reply.headers.get("Content-Type", "")
    return 400 <= reply.status_code < 500 and told == "application/problem+json"


@on_sqlite
@pytest.mark.usefixtures("unchanged")
def test_no_body_of_a_stranger_is_taken_by_any_route(callers: Callers) -> None:
    taken = [
        (method, path, name)
        for at, (method, path, _) in enumerate(WRITES)
        for name, content in [*BODIES.items()][at % SHARES :: SHARES]
        if not is_refused(callers.ask(method, path, content=content))
    ]

    assert taken == []


@on_postgres
@pytest.mark.usefixtures("unchanged")
def test_no_body_with_the_right_names_and_wrong_values_is_taken(callers: Callers) -> None:
    taken = [
        (method, path, content[:80])
        for method, path, told in WRITES
        for content in spoiled(told)
        if not is_refused(callers.ask(method, path, content=content))
    ]

    assert taken == []


@on_sqlite
@pytest.mark.usefixtures("unchanged")
def test_no_coding_of_a_body_makes_central_fail(callers: Callers) -> None:
    paths = ("/v1/journal", "/v1/orders")
    taken = [
        (path, name)
        for path in paths
        for name, headers, content in packed_badly()
        if not is_refused(callers.ask("POST", path, headers=headers, content=content))
    ]

    assert taken == []


@pytest.mark.usefixtures("unchanged")
def test_no_parameter_makes_central_fail(callers: Callers) -> None:
    for method, path, told in READS:
        names = [p["name"] for p in told.get("parameters", []) if p["in"] == "query"]
        for evil in EVIL_PARAMETERS if names else ():
            sent = evil.encode("utf-8", "replace").decode()
            for asked in ({name: sent} for name in names):
                reply = callers.ask(method, path, params=NEEDED | asked)
                assert reply.status_code < 500, (path, asked)


@pytest.mark.usefixtures("unchanged")
def test_no_path_makes_central_fail_or_leaves_its_folder(callers: Callers) -> None:
    for method, path, _ in OPERATIONS:
        for segment in EVIL_SEGMENTS if "{" in path else ():
            reply = callers.ask(method, path, segment=segment, params=NEEDED, content=b"{}")
            assert reply.status_code < 500, (method, path, segment)
            assert b"root:" not in reply.content
            assert b"SQLite format" not in reply.content


# Without these some routes look no further.
NEEDED = {"epoch": "1", "scope": "chain", "why": "service", "q": "x", "since": "0"}


def false_tokens(till: Workstation) -> dict[str, str]:
    now_seconds = int(datetime.now(UTC).timestamp())

    def signed(key: SigningKey, name: str, at_seconds: int) -> str:
        return make_token(key, workstation_id=name, now_seconds=at_seconds)

    own, stranger, name = till.key, SigningKey.generate(), till.workstation_id
    whole = signed(own, name, now_seconds)
    head, claims, seal = whole.split(".")
    other = signed(stranger, name, now_seconds)
    return {
        "of another key": other,
        "of another till": signed(own, "s02-1", now_seconds),
        "of nobody": signed(own, "", now_seconds),
        "of yesterday, said again": signed(own, name, now_seconds - 86_400),
        "of tomorrow": signed(own, name, now_seconds + 86_400),
        "with another's claims": f"{head}.{other.split('.')[1]}.{other.split('.')[2]}",
        "without a signature": f"{head}.{claims}.",
        "with half a signature": f"{head}.{claims}.{seal[:40]}",
        "with more behind": f"{whole}.{seal}",
        "very long": f"{head}.{claims * 300}.{seal}",
        "unknown": "spk_000000000000_" + "0" * 48,
        "a word": "null",
    }


@on_sqlite
@pytest.mark.usefixtures("unchanged")
def test_no_false_token_opens_any_route(http: httpx.Client, till: Workstation) -> None:
    opened = [
        (method, path, name)
        for name, token in false_tokens(till).items()
        for method, path, _ in OPERATIONS
        if path != "/v1/enrol"
        and http.request(
            method,
            re.sub(r"\{\w+\}", "x", path),
            params=NEEDED,
            headers={"Authorization": f"Bearer {token}"},
        ).status_code
        != 401
    ]

    assert opened == []


def test_what_is_recorded_and_said_again_changes_nothing(
    central: Central, http: httpx.Client, till: Workstation
) -> None:
    recorded = till.request().model_dump_json()
    other = enrolled(central, "s02", "1")
    before = facts_digest(central)

    again = [http.post("/v1/journal", content=recorded, headers=till.headers) for _ in range(3)]
    by_another = http.post("/v1/journal", content=recorded, headers=other.headers)

    assert {reply.text for reply in again} == {again[0].text}
    assert again[0].status_code == 200
    assert is_refused(by_another)
    assert facts_digest(central) == before


@pytest.mark.usefixtures("unchanged")
def test_no_entry_with_a_changed_byte_enters(http: httpx.Client, till: Workstation) -> None:
    till.note()
    message = till.request().model_dump(mode="json")
    last = message["entries"][-1]
    changes = [
        {"signature": message["signature"][:-4] + "AAA="},
        {"entries": message["entries"][:-1]},
        {"entries": [last | {"body": last["body"] + " "}]},
        {"entries": [last | {"sequence": 2**53}]},
        {"entries": [last | {"hash": "00" * 32}]},
        {"entries": [last | {"previous_hash": "00" * 32}]},
        {"entries": [*message["entries"], last]},
        {"entries": message["entries"][::-1]},
    ]

    replies = [http.post("/v1/journal", json=message | c, headers=till.headers) for c in changes]

    # A number far ahead is a gap: told so with 200, and nothing is kept of it.
    assert [is_refused(r) or r.json()["status"] == "gap" for r in replies] == [True] * len(changes)


RAW: dict[str, bytes] = {
    "no request": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 40,
    "a bare line": b"\r\n\r\n\r\n",
    "a method nobody has": b"B\x00REW /v1/status HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path upwards": b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path packed upwards": b"GET /v1/snapshot/..%2f..%2fcentral.db HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path of another": b"GET http://169.254.169.254/latest HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path with bytes": b"GET /v1/receipts/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET /v1/status HTTP/1.1\r\n\r\n",
    "a header with NUL": b"GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: a\x00b\r\n\r\n",
    "a header with bytes": (
        b"GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n"
    ),
    "a protocol with bytes": (
        b"GET /v1/status HTTP/1.1\r\nHost: x\r\nSpindel-Protocol: \xff\r\n\r\n"
    ),
    "a large header": (
        b"GET /v1/status HTTP/1.1\r\nHost: x\r\nAuthorization: " + b"a" * 200_000 + b"\r\n\r\n"
    ),
    "many headers": (b"GET /v1/status HTTP/1.1\r\nHost: x\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n"),
    "a length below nothing": (
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n{}"
    ),
    "two lengths": (
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}"
    ),
    "a length and pieces": (
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\n"
        b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    ),
    "pieces that are none": (
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n{}\r\n"
    ),
    "a body that ends early": (
        b"POST /v1/enrol HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{"
    ),
}


@on_sqlite
@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", RAW)
def test_no_bytes_on_the_wire_make_central_fail(http: httpx.Client, name: str) -> None:
    reply = said_raw(http, RAW[name])

    assert reply == b"" or 400 <= int(reply.split(b" ", 2)[1]) < 500
    assert http.get("/v1/status").status_code == 401  # and it still answers


def said_raw(http: httpx.Client, request: bytes) -> bytes:
    """What comes back until either side has ended."""
    address = (http.base_url.host, http.base_url.port or 80)
    received = b""
    with socket.create_connection(address, timeout=30) as connection, suppress(ConnectionError):
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        while part := connection.recv(65_536):
            received += part
    return received
