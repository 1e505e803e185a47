"""Why a till cannot go on, as sentences that say what to do; and its exit codes.

Refusals are the register's (register/refusal.py) and device trouble is a light;
these are what stops a command or a process before anyone can sell.
"""

from __future__ import annotations

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_CORE_GONE = 3
EXIT_FAULT = 70


class CannotStart(Exception):
    """The register cannot start; the text is one sentence with what to do."""
