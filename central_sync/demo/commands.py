"""`spindel central demo-files`: the demo chain as files that the importer takes.

It stands here and not with the server's commands, since no room below may know the demo.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from central_sync.demo.chain import write_chain
from central_sync.server.console import plainly, progress_bar, say


def demo_files(
    folder: Annotated[Path, typer.Argument(file_okay=False, metavar="DIR")],
    seed: Annotated[int, typer.Option(help="The same seed makes the same chain.")] = 1,
    items: Annotated[int, typer.Option(min=1, help="How many items.")] = 20_000,
) -> None:
    """Write the demo chain as the CSV files that `import` takes.

    Example: spindel central demo-files chain-files --items 100000
    """
    with plainly(), progress_bar("Making the demo chain") as progress:
        write_chain(folder, seed=seed, items=items, progress=progress)
    say(f"The demo chain is in {folder}.")
