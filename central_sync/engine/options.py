"""The options that every `spindel sync` command shares, and how a secret is given to one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.wire.archive import LEAST_PASSPHRASE_LETTERS

DEFAULT_HOME = Path("~/.local/share/spindel").expanduser()
PASSPHRASE_VARIABLE = "SPINDEL_PASSPHRASE"

Home = Annotated[
    Path,
    typer.Option("--home", envvar="SPINDEL_HOME", help="The folder with this workstation's files."),
]
Json = Annotated[bool, typer.Option("--json", help="Facts for scripts, as JSON on stdout.")]
PassphraseFile = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        help=f"A file with the recovery passphrase; - asks for it. Else {PASSPHRASE_VARIABLE}.",
    ),
]


def passphrase_of(file: Path | None, *, is_new: bool) -> str:
    """The passphrase that a person gave, "" when none; `is_new` checks it and asks twice.

    Raises SafetyTrouble, OSError.
    """
    passphrase = os.environ.get(PASSPHRASE_VARIABLE, "")
    if file is not None and str(file) == "-":
        passphrase = _asked(is_new=is_new)
    elif file is not None:
        passphrase = file.read_text(encoding="utf-8").strip("\r\n")
    if passphrase and is_new and len(passphrase) < LEAST_PASSPHRASE_LETTERS:
        raise SafetyTrouble(
            f"A recovery passphrase has at least {LEAST_PASSPHRASE_LETTERS} letters:"
            " four words of a book, say."
        )
    return passphrase


def _asked(*, is_new: bool) -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().strip("\r\n")
    answer: str = typer.prompt(
        "Recovery passphrase", hide_input=True, confirmation_prompt=is_new, err=True
    )
    return answer
