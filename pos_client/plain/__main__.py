"""`python -m pos_client.plain SOCKET`: the line mode on a core that runs already.

`spindel till --plain` starts the core and then does the same.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path

from pos_client.errors import EXIT_DONE, EXIT_FAILED
from pos_client.link.client import CoreGone
from pos_client.plain.session import run_plain
from pos_client.texts import LANGUAGES

EXAMPLE = """example:
  printf 'on 1001 1234\\nopen 1000\\n7310865004703\\ncash 500\\n' |
      python -m pos_client.plain ~/.spindel/core.sock --json
"""


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m pos_client.plain",
        description="The register as one line in, one answer out (docs/plain.md).",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("socket", type=Path, help="the core's socket, core.sock in its home")
    parser.add_argument("--language", choices=LANGUAGES, help="else the operator's own")
    parser.add_argument("--json", action="store_true", help="each answer is one JSON object")
    parser.add_argument(
        "--stop-on-refusal", action="store_true", help="end with exit code 1 at the first NO"
    )
    given = parser.parse_args()
    try:
        return run_plain(
            given.socket,
            language=given.language,
            as_json=given.json,
            stop_on_refusal=given.stop_on_refusal,
        )
    except CoreGone as problem:
        print(f"{problem}; start the register with: spindel till", file=sys.stderr)  # noqa: T201
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_DONE


if __name__ == "__main__":
    code = main()
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    # A thread still waits for the terminal; the ordinary end would wait for its lock.
    os._exit(code)
