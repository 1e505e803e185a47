"""The options that every `spindel sync` command shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from central_sync.wire.passphrases import HELP

DEFAULT_HOME = Path("~/.local/share/spindel").expanduser()

Home = Annotated[
    Path,
    typer.Option("--home", envvar="SPINDEL_HOME", help="The folder with this workstation's files."),
]
Json = Annotated[bool, typer.Option("--json", help="Facts for scripts, as JSON on stdout.")]
PassphraseFile = Annotated[Path | None, typer.Option("--passphrase-file", help=HELP)]
