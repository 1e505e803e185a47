"""Looks for seeds that show the planted bugs, and keeps them.

    python -m tests.simulation.planting --seeds 600 [NAME ...]

A bug is found when a promise is broken, or the product falls over, in a seed that is clean
without it.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.simulation.bugs import BUGS
from tests.simulation.running import Simulator, simulator

FOUND = Path(__file__).with_name("found_seeds.json")


def shows(runs: Simulator, name: str, seed: int) -> str:
    """What goes wrong in this seed with that bug planted; "" when nothing does."""
    with BUGS[name]():
        try:
            return runs.run(seed).fault
        except Exception as problem:  # noqa: BLE001 - a product that falls over has shown its bug
            return f"{type(problem).__name__}: {problem}"


def found_seeds() -> dict[str, int]:
    """The seed that shows each bug, as the last search found it."""
    kept: dict[str, int] = json.loads(FOUND.read_text(encoding="utf-8"))
    return kept


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.planting")
    parser.add_argument("names", nargs="*", help="bugs; all of them when none is named")
    parser.add_argument("--seeds", type=int, default=600, help="so many seeds each")
    wishes = parser.parse_args()
    known = found_seeds() if FOUND.exists() else {}
    missing = 0
    with simulator() as runs:
        for name in wishes.names or list(BUGS):
            began, word, seed = time.process_time(), "", -1
            while not word and seed < wishes.seeds - 1:
                seed += 1
                word = shows(runs, name, seed)
            cpu_seconds = time.process_time() - began
            if word:
                known[name] = seed
            else:
                known.pop(name, None)
                missing += 1
            told = f"seed {seed:<4}" if word else "not found"
            print(f"{name:46} {told} {cpu_seconds:6.1f} CPU s  {word[:90]}", flush=True)
            FOUND.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    print(f"{len(BUGS)} bugs, {len(known)} seeds kept, {missing} not found in this search")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
