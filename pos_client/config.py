"""workstation.toml -> frozen settings. The file says who and where, nothing of trade.

Prices, tenders, limits and operators come from central. An error names the file,
the key and what is allowed, all mistakes at once.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE_NAME = "workstation.toml"


class BadConfig(ValueError):
    """The file cannot be used; the text names file, key and what is allowed."""


class Devices(BaseModel):
    """Device addresses; "" means that there is none. `spindel hardware --help` lists kinds.

    `drawer` is for a drawer of its own; one that hangs on the printer needs no line.
    `scanner` may name several, with blanks between them.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    printer: str = ""
    second_printer: str = ""
    drawer: str = ""
    scanner: str = ""
    fiscal_unit: str = ""
    payment_terminal: str = ""
    customer_display: str = ""
    scale: str = ""
    label_printer: str = ""


class Workstation(BaseModel):
    """Where central is (https, or plain http on loopback) and the language of sign-on.

    `deposit_shop` is the store's six digits on the slips of its own return machines.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    central: str = ""
    certificate: str = ""
    language: Literal["sv", "en"] = "sv"
    is_demo: bool = False
    deposit_shop: str = Field(default="", pattern="^([0-9]{6})?$")


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    workstation: Workstation = Workstation()
    devices: Devices = Devices()


def read_settings(home: Path) -> Settings:
    """The settings of a home folder; defaults when there is no file. Raises BadConfig."""
    path = home / FILE_NAME
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as problem:
        raise BadConfig(f"{path} cannot be read ({problem}); check the file and its rights") from (
            problem
        )
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as problem:
        raise BadConfig(f"{path} is not valid TOML: {problem}") from problem
    except ValidationError as problem:
        raise BadConfig(f"{path}: {_mistakes(problem)}") from problem


_TABLES: dict[str, type[BaseModel]] = {"workstation": Workstation, "devices": Devices}


def _mistakes(problem: ValidationError) -> str:
    return "; ".join(
        _mistake([str(part) for part in error["loc"]], error["type"], error["msg"])
        for error in problem.errors()
    )


def _mistake(where: list[str], kind: str, message: str) -> str:
    """One mistake as key and what is allowed there."""
    key = ".".join(where)
    if kind != "extra_forbidden":
        return f"{key}: {message}"
    table = _TABLES.get(where[0]) if len(where) > 1 else None
    allowed = table.model_fields if table else _TABLES
    return f"{key} is not a setting; allowed are {', '.join(allowed)}"
