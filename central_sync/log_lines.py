"""How every log of ours looks, at the till and at central: a line for people, or JSON for machines.

`SPINDEL_LOG=json` in the environment (a systemd unit's, say) turns all of them into one JSON object
a line. What is said as `key=value` becomes fields, so that a line is written once for both. Times
are UTC. No personal data belongs in a log; nothing here could take it out again.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import time
from contextlib import suppress
from logging.handlers import RotatingFileHandler

ENVIRONMENT = "SPINDEL_LOG"
_log = logging.getLogger(__name__)
_PAIR = re.compile(r"(?<!\S)([a-z][a-z_]*)=(\S+)")


def formatter() -> logging.Formatter:
    """The one that the environment asks for."""
    return JsonLines() if os.environ.get(ENVIRONMENT) == "json" else PlainLines()


def log_faults_of_threads() -> None:
    """From now on what ends a thread stands in the log, and no traceback on anybody's terminal."""
    threading.excepthook = _in_thread


def _in_thread(ended: threading.ExceptHookArgs) -> None:
    name = ended.thread.name if ended.thread else "?"
    if ended.exc_value is not None:
        _log.critical("a fault ended thread=%s", name, exc_info=ended.exc_value)


class LogFile(RotatingFileHandler):
    """A file that never grows without end. What a disk without room refuses is lost in silence:
    logging would show a traceback for each line, over whatever the terminal shows."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Nobody is there to be told."""

    def close(self) -> None:
        with suppress(OSError):  # what the disk did not take before
            super().close()


class PlainLines(logging.Formatter):
    """2026-11-22T12:00:00Z INFO central_sync.server.intake: parked workstation=s01-1 ..."""

    def __init__(self) -> None:
        super().__init__("%(asctime)sZ %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S")
        self.converter = time.gmtime


class JsonLines(logging.Formatter):
    """{"at": ..., "level": "info", "from": logger, "says": message, and each key=value of it}."""

    def __init__(self) -> None:
        super().__init__()
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        says = record.getMessage()
        facts = dict(_PAIR.findall(says))
        at = self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z"
        line = facts | {"at": at, "level": record.levelname.lower(), "from": record.name}
        line["says"] = says
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
