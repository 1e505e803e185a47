"""Where `spindel sync run` writes what it did: stderr and logs/sync.log, one line each.

Lines are key=value, so that a person and a script read the same (`log_lines`). Old files are kept
four deep; a till's disk is small.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

from central_sync.log_lines import formatter

LOG_BYTES = 1_000_000
OLD_LOGS = 4


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
        RotatingFileHandler(folder / "sync.log", maxBytes=LOG_BYTES, backupCount=OLD_LOGS),
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
