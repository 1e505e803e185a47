"""Canonical JSON (RFC 8785): one value, one byte string, wherever it is written.

A body is made canonical once, where it is born, and travels as those bytes. The
thing to get wrong: reading a body and writing it again to hash it.

Our values hold no floats and only ASCII names, and there the standard encoder with
sorted keys gives the very bytes of RFC 8785, twenty times faster than a pure-Python
one; the `rfc8785` package is the oracle of its test.
"""

from __future__ import annotations

import json
from typing import Any, cast

# Made once: `json.dumps` would make one for each call.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical(value: Any) -> bytes:
    """The RFC 8785 bytes of JSON-ready values without floats.

    Raises ValueError on text that UTF-8 cannot hold, TypeError on what JSON cannot.
    """
    return _encode(value).encode()


def read_json(body: bytes | str) -> dict[str, Any]:
    """A JSON object from bytes; raises ValueError when it is anything else."""
    value = json.loads(body)
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return cast("dict[str, Any]", value)
