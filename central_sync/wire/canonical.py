"""Canonical JSON (RFC 8785): one value, one byte string, wherever it is written.

A body is made canonical once, where it is born, and travels as those bytes. The
thing to get wrong: reading a body and writing it again to hash it.
"""

from __future__ import annotations

import json
from typing import Any, cast

import rfc8785


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of JSON-ready values; raises ValueError on what JSON cannot hold."""
    return rfc8785.dumps(value)


def read_json(body: bytes | str) -> dict[str, Any]:
    """A JSON object from bytes; raises ValueError when it is anything else."""
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return cast("dict[str, Any]", value)
