"""What sync reads of workstation.toml: where central is and whose certificate it shows.

Only the [workstation] section is looked at; the register reads the rest. Plain http is
refused except on this computer itself: a token on the wire is a token given away.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from central_sync.engine.trouble import Code, SyncTrouble

FILE = "workstation.toml"
_HEADING = re.compile(r"\s*\[\s*workstation\s*\]\s*(#.*)?$")


class SyncSettings(BaseModel):
    """`central` is a base URL, "" before enrolment; `certificate` a CA file (PEM) or ""."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    central: str = ""
    certificate: str = ""

    @field_validator("central")
    @classmethod
    def _a_safe_address(cls, value: str) -> str:
        return checked_address(value) if value else value

    @field_validator("certificate")
    @classmethod
    def _a_file(cls, value: str) -> str:
        if value and not Path(value).is_file():
            raise ValueError(f"there is no file {value}")
        return value


def checked_address(url: str) -> str:
    """The base URL without its last slash; raises ValueError saying what is allowed."""
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must be an address such as https://central.example.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https:// (http:// only for central on this computer)")
    if not _is_there(parts):
        raise ValueError("must name a host and a port that can be")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("must be an address alone, without user, question mark or #")
    return url.rstrip("/")


def _is_there(parts: SplitResult) -> bool:
    try:
        return bool((parts.hostname or "").encode("idna")) and parts.port != 0
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def read_settings(home: Path) -> SyncSettings:
    """The settings of a home folder, all default without a file.

    Raises SyncTrouble naming file, key and what is allowed.
    """
    path = home / FILE
    try:
        section = tomllib.loads(path.read_text(encoding="utf-8")).get("workstation", {})
        return SyncSettings.model_validate(section)
    except FileNotFoundError:
        return SyncSettings()
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        key = ".".join(["workstation", *(str(part) for part in first["loc"])])
        reason = str(first.get("ctx", {}).get("error", first["msg"]))
        raise _bad(path, f"{key}: {reason}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as problem:
        raise _bad(path, str(problem)) from problem


def remember_central(home: Path, url: str) -> None:
    """Write central's address into workstation.toml, where it names none; keeps all else."""
    path = home / FILE
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    line = f'central = "{url}"\n'
    lines = [old for old in text.splitlines(keepends=True) if not _is_empty_central(old)]
    heading = next((n for n, old in enumerate(lines) if _HEADING.match(old)), None)
    if heading is None:
        lines = [f"[workstation]\n{line}", *(["\n"] if lines else []), *lines]
    else:
        lines.insert(heading + 1, line)
    old = tomllib.loads(text)
    wanted = old | {"workstation": old.get("workstation", {}) | {"central": url}}
    _replace(path, "".join(lines), wanted)


def _replace(path: Path, text: str, wanted: Mapping[str, Any]) -> None:
    """In one step and durably; never by a file that says something else than was meant."""
    try:
        is_meant = tomllib.loads(text) == wanted
    except tomllib.TOMLDecodeError:
        is_meant = False
    if not is_meant:
        line = f'central = "{wanted["workstation"]["central"]}"'
        raise _bad(path, f"{line} has to be written under [workstation] by hand")
    draft = path.with_name(f"{FILE}.new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _is_empty_central(line: str) -> bool:
    return line.replace(" ", "").split("#")[0].strip() in ('central=""', "central=''")


def _bad(path: Path, reason: str) -> SyncTrouble:
    return SyncTrouble(Code.SETTINGS, f"{path}: {reason}.", f"Edit {path} and try again.")
