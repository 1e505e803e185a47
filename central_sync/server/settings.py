"""Central's home folder: which database, which key. central.toml -> frozen settings.

    [central]
    database = "postgresql://spindel@db.example.com/spindel"   # default: central.db here

SPINDEL_DATABASE goes before the file. An error names file, key and what is allowed.
"""

from __future__ import annotations

import json
import os
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from central_sync.wire.key_files import write_private

FILE = "central.toml"
DATABASE_VARIABLE = "SPINDEL_DATABASE"
DEFAULT_HOME = Path("~/.local/share/spindel-central").expanduser()


class CentralTrouble(Exception):
    """Central cannot do it; one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class CentralSettings:
    """`database_url` is an SQLAlchemy URL; secrets in it never go to a log."""

    home: Path
    database_url: str
    messages: tuple[str, ...] = ()
    messages_secret: str = ""
    language: str = "sv"

    @property
    def key_file(self) -> Path:
        return self.home / "keys" / "central.key"

    @property
    def data_key_file(self) -> Path:
        """What personal data is sealed under; without it people are noise for ever."""
        return self.home / "keys" / "data.key"

    @property
    def snapshots(self) -> Path:
        return self.home / "snapshots"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    database: str = ""
    messages: str | list[str] = ""
    messages_secret: str = ""
    language: Literal["sv", "en"] = "sv"


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    central: _Section = _Section()


def read_settings(home: Path, database_url: str = "") -> CentralSettings:
    """The settings of a home folder; raises CentralTrouble when central.toml is wrong."""
    home = home.expanduser().absolute()
    file = _read(home).central
    url = database_url or os.environ.get(DATABASE_VARIABLE, "") or file.database
    url = url or f"sqlite:///{home / 'central.db'}"
    messages = [file.messages] if isinstance(file.messages, str) else file.messages
    ways = tuple(each for each in messages if each)
    return CentralSettings(home, url, ways, file.messages_secret, file.language)


def remember_database(home: Path, database_url: str) -> None:
    """Write central.toml whole, readable by its owner alone: the URL may hold a password."""
    kept = _read(home).central.model_dump(exclude_defaults=True) | {"database": database_url}
    lines = [f"{key} = {json.dumps(value)}\n" for key, value in kept.items()]
    write_private(home / FILE, "".join(["[central]\n", *lines]))


def _read(home: Path) -> _File:
    path = home / FILE
    try:
        return _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return _File()
    except ValidationError as problem:
        first = problem.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        raise CentralTrouble(
            f"{path}: {key}: {first['msg']}. Allowed: database, messages, messages_secret, "
            "language (sv, en)."
        ) from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as problem:
        raise CentralTrouble(f"{path} cannot be read: {problem}. Mend or remove it.") from problem
