"""Looks for seeds that show the planted bugs, and keeps them.

    python -m tests.simulation.planting --seeds 600 [NAME ...]

A bug is found when a promise is broken, or the product falls over, in a seed that is clean
without it. A seed that is not clean is a bug of the product itself, and said so.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.simulation.bugs import BUGS
from tests.simulation.running import Simulator, simulator

FOUND = Path(__file__).with_name("found_seeds.json")


@dataclass(frozen=True, slots=True)
class Found:
    """`seed` -1: in none of the seeds tried. `word` is what went wrong."""

    name: str
    seed: int
    word: str
    cpu_seconds: float


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


def search(name: str, seeds: int) -> Found:
    """The first seed that shows a bug, in a process of its own."""
    began = time.process_time()
    with simulator() as runs:
        for seed in range(seeds):
            word = shows(runs, name, seed)
            if not word:
                continue
            own = runs.run(seed).fault
            if own:
                print(f"seed {seed} shows a bug of the product: {own}", flush=True)
                continue
            return Found(name, seed, word, time.process_time() - began)
    return Found(name, -1, "", time.process_time() - began)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.planting")
    parser.add_argument("names", nargs="*", help="bugs; all of them when none is named")
    parser.add_argument("--seeds", type=int, default=600, help="so many seeds each")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    wishes = parser.parse_args()
    known = found_seeds() if FOUND.exists() else {}
    names = wishes.names or list(BUGS)
    missing = 0
    with ProcessPoolExecutor(wishes.jobs) as processes:
        for found in processes.map(partial(search, seeds=wishes.seeds), names):
            known.pop(found.name, None)
            missing += found.seed < 0
            if found.seed >= 0:
                known[found.name] = found.seed
            told = f"seed {found.seed:<4}" if found.seed >= 0 else "not found"
            print(f"{found.name:46} {told} {found.cpu_seconds:6.1f} CPU s  {found.word[:90]}")
            sys.stdout.flush()
            FOUND.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n")
    print(f"{len(names)} bugs, {len(names) - missing} found, {missing} not")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
