"""Central with a clock at its commits: the real `serve`, which says when each commit ended.

`python -m bench.sync.stamping HOME PORT` writes the monotonic clock, which is one for all
processes of a computer, as a line for each commit.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from central_sync.server.central import open_central
from central_sync.server.serving import Serving, serve
from central_sync.server.settings import read_settings


def _stamp() -> None:
    sys.stdout.write(f"{time.perf_counter()}\n")
    sys.stdout.flush()


def main(home: Path, port: int) -> None:
    central = open_central(read_settings(home))
    try:
        # Before `serve` adds who tells the tills: the stamp is taken first.
        central.database.on_commit(_stamp)
        serve(central, Serving("127.0.0.1", port, None, None, behind_proxy=False))
    finally:
        central.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
