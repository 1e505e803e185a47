"""The [devices] of workstation.toml changed line by line: every other key and comment stays.

Pure. A TOML library of the standard writes nothing, and one that does would re-arrange what
a person wrote. What comes out is read again and held against what was wanted; a file that
is written in a way that is not understood here (an inline table, say) is refused.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping

_TABLE = re.compile(r"^\s*\[(?P<name>[^\[\]]+)\]\s*(#.*)?$")
_KEY = re.compile(r"^\s*(?P<key>[A-Za-z0-9_-]+|\"[^\"]+\")\s*=")
_COMMENT = re.compile(r"\s*#[^\"']*$")


class NotUnderstood(ValueError):
    """The file cannot be changed here without risk; the text says so in a sentence."""


def changed(text: str, devices: Mapping[str, str]) -> str:
    """The file with these addresses; "" takes a device away. Raises NotUnderstood."""
    lines = text.splitlines()
    for name, address in devices.items():
        _put(lines, name, address)
    done = "\n".join(lines) + "\n" if lines else ""
    _check(text, done, devices)
    return done


def _put(lines: list[str], name: str, address: str) -> None:
    start, end = _table(lines)
    at = next((at for at in range(start, end) if _key(lines[at]) == name), None)
    if at is not None and address:
        comment = _COMMENT.search(lines[at])
        lines[at] = _line(name, address) + (f"  {comment[0].strip()}" if comment else "")
    elif at is not None:
        del lines[at]
    elif address:
        lines.insert(_last_key(lines, start, end), _line(name, address))


def _table(lines: list[str]) -> tuple[int, int]:
    """The rows after [devices] up to the next table; the table is made where there is none."""
    heads = {
        at: found["name"].strip() for at, row in enumerate(lines) if (found := _TABLE.match(row))
    }
    start = next((at for at, name in heads.items() if name == "devices"), None)
    if start is None:
        lines += [*([""] if lines else []), "[devices]"]
        return len(lines), len(lines)
    return start + 1, min((at for at in heads if at > start), default=len(lines))


def _last_key(lines: list[str], start: int, end: int) -> int:
    keys = [at for at in range(start, end) if _key(lines[at])]
    return keys[-1] + 1 if keys else start


def _key(row: str) -> str:
    found = _KEY.match(row)
    return found["key"].strip('"') if found else ""


def _line(name: str, address: str) -> str:
    # A JSON string is a TOML basic string.
    return f"{name} = {json.dumps(address, ensure_ascii=False)}"


def _check(before: str, after: str, devices: Mapping[str, str]) -> None:
    """What was wanted, and nothing else, has changed."""
    try:
        wanted, found = tomllib.loads(before), tomllib.loads(after)
    except tomllib.TOMLDecodeError as error:
        raise NotUnderstood(f"it is not valid TOML ({error})") from error
    table = dict(wanted.get("devices", {}))
    table.update(devices)
    wanted["devices"] = {name: address for name, address in table.items() if address}
    found["devices"] = {name: value for name, value in found.get("devices", {}).items() if value}
    if found != wanted:
        raise NotUnderstood("its [devices] is written in a way that is not understood here")
