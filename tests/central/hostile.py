"""What strangers send: bodies, parameters, paths and raw requests that are all wrong somewhere.

Every body here is refused by whoever reads it carefully, so that a test may hold all of
central's facts against what they were before. The thing to get wrong: a body that some route
may rightly accept, `{}` to a route that wants nothing, say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import zstandard
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.server.app import openapi
from central_sync.server.central import Central

# What tells of the asking itself, and of keys that are made when first asked for.
_NOTES_OF_ASKING = {"workstation", "workstation_boot", "customer_access", "store_key", "lease"}

_DEEP = 20_000

BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"hello",
    "half of a body": b'{"epoch": 1, "entries": [',
    "null": b"null",
    "a number": b"-0",
    "a list": b"[]",
    "a huge number": b'{"epoch": 1' + b"0" * 5_000 + b"}",
    "a number beyond all": b'{"limit": 1e999, "epoch": -1e999}',
    "not a number": b'{"epoch": NaN, "store_id": Infinity}',
    "deep lists": b"[" * _DEEP + b"]" * _DEEP,
    "deep objects": b'{"entries":' * _DEEP + b"1" + b"}" * _DEEP,
    "deep and never closed": b'{"lines":[' * _DEEP,
    "one key twice": b'{"epoch": 1, "epoch": 2, "q": "a", "q": 7}',
    "many keys": b"{" + b",".join(b'"k%d":%d' % (n, n) for n in range(20_000)) + b"}",
    "no UTF-8": b'{"code": "\xff\xfe\xc0\x80"}',
    "UTF-16": '{"code": "å"}'.encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf{}",
    "a NUL outside": b"{}\x00",
    "a lone surrogate": b'{"code": "\\ud800", "q": "\\udfff"}',
    "an escaped NUL": b'{"code": "AB\\u0000CD", "sku": "\\u0000"}',
    "a form": b"epoch=1&entries=2",
    "XML": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "a prototype": b'{"__proto__": {"x": 1}, "__class__": "x"}',
}

_EVIL_TEXTS = (
    "",
    "\x00",
    "a\x00b",
    "\ud800",
    "../../../etc/passwd",
    "' OR 1=1 --",
    "%s%n%x",
    "\u202e\u0000\ufeff",
    "9" * 400,
    "å" * 70_000,
)
EVIL_VALUES: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    -(2**63) - 1,
    10**400,
    1.5,
    1e308,
    [],
    {},
    [[[[]]]],
    {"a": {"a": {}}},
    *_EVIL_TEXTS,
)
EVIL_PARAMETERS = (*_EVIL_TEXTS[:-1], "-1", "1e9", str(2**63), str(2**64), "NaN", "0x10", "å" * 900)
# A bare ".." is folded away by the sender's own library; bytes on the wire try it.
EVIL_SEGMENTS = (
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "..%5c..%5ccentral.db",
    "%00",
    "a%00.db.zst",
    "%ed%a0%80",
    "%ff",
    "%",
    "x" * 4_000,
    "%2F%2F",
    "central.db",
    "-1",
)


def packed_badly() -> Iterator[tuple[str, dict[str, str], bytes]]:
    """Name, headers and body, of bodies whose coding is the trick."""
    frame = zstandard.compress(b'{"epoch": 1}')
    zstd = {"Content-Encoding": "zstd"}
    yield "no zstd at all", zstd, b"x" * 50
    yield "half a frame", zstd, frame[:-3]
    yield "a frame with a changed byte", zstd, frame[:6] + bytes([frame[6] ^ 255]) + frame[7:]
    yield "a bomb", zstd, zstandard.compress(b" " * 100_000_000)
    yield "a bomb in a bomb", zstd, zstandard.compress(zstandard.compress(b"[" * 50_000_000))
    yield "a frame that promises the world", zstd, b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8 + b"\x00"
    yield "gzip called zstd", zstd, b"\x1f\x8b\x08" + b"\x00" * 20
    yield "two codings", {"Content-Encoding": "zstd, zstd"}, frame
    yield "a coding nobody has", {"Content-Encoding": "x" * 900}, frame
    yield "larger than allowed", {}, b" " * (9 * 1024 * 1024)


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of all that central can be asked."""
    return [
        (method.upper(), path, told)
        for path, methods in openapi()["paths"].items()
        for method, told in methods.items()
    ]


def fields_of(told: dict[str, Any]) -> dict[str, Any]:
    """The fields of an operation's body, by name."""
    if "requestBody" not in told:
        return {}
    schema = told["requestBody"]["content"]["application/json"]["schema"]
    properties: dict[str, Any] = schema.get("properties", {})
    return properties


def spoiled(told: dict[str, Any]) -> Iterator[bytes]:
    """Bodies with the right names in them and something else behind each."""
    fields = list(fields_of(told))
    for at in range(len(EVIL_VALUES)):
        yield json.dumps({name: EVIL_VALUES[at - n] for n, name in enumerate(fields)}).encode()


def facts_digest(central: Central) -> str:
    """SHA-256 of every row of every table, but for notes of who asked."""
    digest = hashlib.sha256()
    with central.database.reading() as connection:
        for name, table in sorted(t.METADATA.tables.items()):
            if name not in _NOTES_OF_ASKING:
                rows = sorted(repr(tuple(row)) for row in connection.execute(select(table)))
                digest.update("\n".join([name, *rows, ""]).encode("utf-8", "backslashreplace"))
    return digest.hexdigest()
