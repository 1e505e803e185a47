"""`python -m pos_client.screens SOCKET [LANGUAGE]`: the screen as a process of its own."""

import gc

gc.disable()  # what is loaded at a start stays; `memory` collects once the screen stands

import sys  # noqa: E402
from pathlib import Path  # noqa: E402

from pos_client.screens.app import run_screen  # noqa: E402

if __name__ == "__main__":
    sys.exit(run_screen(Path(sys.argv[1]), language="".join(sys.argv[2:3]) or None))
