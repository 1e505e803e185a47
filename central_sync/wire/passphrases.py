"""A recovery passphrase from a file, the environment, or the person at the terminal.

The thing to get wrong: an option that takes the passphrase itself; every user of the computer
could read it in the list of processes.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

VARIABLE = "SPINDEL_PASSPHRASE"
LEAST_LETTERS = 12
HELP = f"A file with the recovery passphrase; - asks for it. Else {VARIABLE}."


class BadPassphrase(ValueError):
    """One sentence that says what is wrong with it."""


def passphrase_of(file: Path | None, *, is_new: bool) -> str:
    """The passphrase that a person gave, "" when none; `is_new` checks it and asks twice.

    Raises BadPassphrase, OSError.
    """
    passphrase = os.environ.get(VARIABLE, "")
    if file is not None and str(file) == "-":
        passphrase = _asked(is_new=is_new)
    elif file is not None:
        passphrase = file.read_text(encoding="utf-8").strip("\r\n")
    if passphrase and is_new and len(passphrase) < LEAST_LETTERS:
        raise BadPassphrase(
            f"A recovery passphrase has at least {LEAST_LETTERS} letters:"
            " four words of a book, say."
        )
    return passphrase


def _asked(*, is_new: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip("\r\n")
    answer = getpass.getpass("Recovery passphrase: ")
    if is_new and getpass.getpass("Once more: ") != answer:
        raise BadPassphrase("The two passphrases are not the same. Try again.")
    return answer
