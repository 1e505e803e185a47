"""Where `spindel sync run` writes what it did: stderr and logs/sync.log, one line each.

Lines are key=value, so that a person and a script read the same (`log_lines`). Old files are kept
four deep; a till's disk is small.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from central_sync.engine.trouble import Code
from central_sync.log_lines import LogFile, formatter

LOG_BYTES = 1_000_000
OLD_LOGS = 4
_TAIL_BYTES, _LAST_LINES = 8_192, 50
_TO_SECONDS = len("2026-11-22T08:00:00")
_PLAIN = re.compile(r"(?P<at>\S+Z) [A-Z]+ \S+: (?P<says>.*)")
_TROUBLE = re.compile(r"trouble code=(?P<code>\S+) (?P<sentence>.*)")


@dataclass(frozen=True, slots=True)
class LoggedTrouble:
    """What the sync could say only here; `at` is ISO UTC, `sentence` ends with what to do."""

    at: str
    code: str
    sentence: str


@contextmanager
def log_to(home: Path, *, is_quiet: bool = False) -> Iterator[None]:
    """Log this process's sync to the home's log file; raises OSError when it cannot be made.

    `is_quiet`: to the file alone, for a command that says in words of its own what it did.
    """
    folder = home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    form = formatter()
    log = logging.getLogger("spindel.sync")
    log.setLevel(logging.INFO)
    handlers: list[logging.Handler] = [
        LogFile(folder / "sync.log", maxBytes=LOG_BYTES, backupCount=OLD_LOGS),
        *([] if is_quiet else [logging.StreamHandler()]),
    ]
    for handler in handlers:
        handler.setFormatter(form)
        log.addHandler(handler)
    try:
        yield
    finally:
        for handler in handlers:
            log.removeHandler(handler)
            handler.close()


def log_tail(home: Path, lines: int) -> tuple[str, ...]:
    """The newest lines; none where there is no log. Raises OSError."""
    try:
        with (home / "logs" / "sync.log").open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return ()
    return tuple(text.splitlines()[-lines:])


def last_trouble(home: Path) -> LoggedTrouble | None:
    """What the log ends with, where that is a trouble and nothing was done after it.

    A disk that refuses to have a contact's trouble written down is not what it was about: of the
    two, the other is told.
    """
    try:
        newest_first = [_line(line) for line in reversed(log_tail(home, _LAST_LINES))]
    except OSError:
        return None
    newest: LoggedTrouble | None = None
    for at, says in newest_first:
        trouble = _TROUBLE.fullmatch(says)
        if says.startswith("done ") or (newest and at[:_TO_SECONDS] != newest.at[:_TO_SECONDS]):
            break
        if trouble and (newest is None or newest.code == Code.DISK):
            newest = LoggedTrouble(at, trouble["code"], trouble["sentence"])
    return newest


def _line(line: str) -> tuple[str, str]:
    """When it was written, and what it says; "" for a line that is none."""
    plain = _PLAIN.fullmatch(line)
    try:
        facts = plain or json.loads(line)
        at, says = str(facts["at"]), str(facts["says"])
        # The first line of a tail is the end of one, and the last may be torn by a power cut.
        return (at, says) if datetime.fromisoformat(at).tzinfo else ("", "")
    except (ValueError, KeyError, TypeError):
        return "", ""
