"""python -m pos_client.bootstrap HOME: the core process, as the parent starts it."""

from __future__ import annotations

import gc

gc.disable()  # what is loaded at a start stays; `run_core` looks through it once

import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from pos_client.bootstrap import run_core  # noqa: E402
from pos_client.errors import EXIT_FAILED, EXIT_USAGE, CannotStart  # noqa: E402

if len(sys.argv) != 2:
    sys.stderr.write("usage: python -m pos_client.bootstrap HOME\n")
    sys.exit(EXIT_USAGE)
try:
    run_core(Path(sys.argv[1]))
except CannotStart as reason:
    sys.stderr.write(f"{reason}\n")
    sys.exit(EXIT_FAILED)
