"""What travels on the core's socket: one JSON object a line, both ways.

client -> core   {"id": 7, "do":  {"is": "EnterCode", "code": "..."}}      a command
                 {"id": 8, "ask": {"is": "Search", "text": "sko"}}         a query
                 {"id": 9, "lease": true}          wish to act; "take" takes it from another
                 {"scan": 12, "taken": false}                              answer to a pushed scan
core -> client   {"id": 7, "view": {...}}        fields of the View that changed
                 {"id": 8, "answer": {...} | null}
                 {"id": 9, "lease": true}
                 {"id": 7, "error": "..."}       the request could not be read
                 {"view": {...}}                 pushed news
                 {"lease": false}                another client has taken the right to act
                 {"scan": {"scan_id": 12, "data": "...", "symbology": "E0"}}

Views travel as differences: every top-level field that changed, and for lines
{"keep": n, "lines": [...]}, the first n unchanged. The thing to get wrong: a
difference fits only the connection it was made for; a new client gets it all.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any

from central_sync.retail.plain import Unreadable, from_plain, to_plain
from pos_client.register.view import LineView, View

_FIELDS = tuple(field.name for field in fields(View))


def encode(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decode(line: bytes) -> dict[str, Any]:
    """One message; raises Unreadable when it is not a JSON object of plain text."""
    try:
        message = json.loads(line)
        if b"\\u" in line:
            encode(message)  # half a surrogate pair can be escaped, but never stored
    except (ValueError, RecursionError) as problem:
        raise Unreadable(str(problem)) from problem
    if not isinstance(message, dict):
        raise Unreadable("not an object")
    return message


def difference(before: View | None, after: View) -> dict[str, Any]:
    """What turns `before` into `after`; everything when there was nothing before."""
    changed: dict[str, Any] = {}
    for name in _FIELDS:
        new = getattr(after, name)
        old = getattr(before, name) if before is not None else None
        if before is not None and (new is old or new == old):
            continue
        if name == "lines":
            keep = _common_prefix(before.lines if before else (), after.lines)
            changed[name] = {"keep": keep, "lines": [to_plain(x) for x in after.lines[keep:]]}
        else:
            changed[name] = to_plain(new)
    return changed


def _common_prefix(old: tuple[LineView, ...], new: tuple[LineView, ...]) -> int:
    keep = 0
    for before, after in zip(old, new, strict=False):
        if before is not after and before != after:
            break
        keep += 1
    return keep


def apply_difference(before: View, changed: dict[str, Any]) -> View:
    """The View after a difference; raises Unreadable when it does not fit."""
    values = {name: getattr(before, name) for name in _FIELDS}
    plain = dict(changed)
    lines = plain.pop("lines", None)
    if plain:
        partial = from_plain(View, plain)
        values.update({name: getattr(partial, name) for name in plain if name in values})
    if lines is not None:
        tail = tuple(from_plain(LineView, line) for line in lines["lines"])
        values["lines"] = before.lines[: lines["keep"]] + tail
    return View(**values)
