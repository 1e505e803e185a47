"""What makes the core a process: alone on its home, logged, and honest about its faults.

A fault is an error nobody expected. It is written down with a short reference and
ends the process from whatever thread it came; the parent starts it anew, and the
cashier reads the reference. Nothing here tries to go on after one.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from central_sync.log_lines import LogFile, formatter
from pos_client.errors import EXIT_FAULT, CannotStart

LOCK = "core.lock"
LOCK_TRIES, LOCK_WAIT_SECONDS = 8, 0.05
LAST_FAULT = "last-fault"

_log = logging.getLogger(__name__)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold the home's lock; raises CannotStart when another core has it."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        file = (home / LOCK).open("a")
    except OSError as problem:
        raise CannotStart(
            f"{home} cannot be written ({problem.strerror}). Check its rights."
        ) from (problem)
    with file:
        if not _locked(file.fileno()):
            raise CannotStart(
                f"A register already runs on {home}. Use it, or stop it with: spindel stop"
            )
        yield


def _locked(descriptor: int) -> bool:
    """Take the lock; sync holds it for a moment where it changes epochs without a register."""
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(LOCK_WAIT_SECONDS)
        else:
            return True
    return False


def log_to(path: Path) -> None:
    """Log to a file that never grows without end; no personal data belongs in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handler = LogFile(path, maxBytes=2_000_000, backupCount=3, encoding="utf-8")
    handler.setFormatter(formatter())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def stop_on_fault(home: Path) -> None:
    """From now on an unexpected error in any thread ends the process with a reference."""

    def in_main(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        write_fault(home, error)

    def in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
            write_fault(home, arguments.exc_value)
            os._exit(EXIT_FAULT)

    sys.excepthook = in_main
    threading.excepthook = in_thread


def write_fault(home: Path, error: BaseException) -> str:
    """Keep what happened under a reference that a cashier can read out."""
    reference = f"F-{secrets.token_hex(3).upper()}"
    text = "".join(traceback.format_exception(error))
    _log.critical("fault %s\n%s", reference, text)
    (home / LAST_FAULT).write_text(reference, encoding="utf-8")
    return reference


def take_last_fault(home: Path) -> str:
    """The reference of a fault that nobody was told of yet, or ""."""
    path = home / LAST_FAULT
    try:
        reference = path.read_text(encoding="utf-8").strip()
        path.unlink()
    except FileNotFoundError:
        return ""
    return reference
