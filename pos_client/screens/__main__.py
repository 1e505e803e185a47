"""`python -m pos_client.screens SOCKET [LANGUAGE]`: the screen as a process of its own."""

import sys
from pathlib import Path

from pos_client.screens.app import run_screen

if __name__ == "__main__":
    sys.exit(run_screen(Path(sys.argv[1]), language="".join(sys.argv[2:3]) or None))
