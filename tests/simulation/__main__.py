"""Runs seeds of the simulation and says what they reached.

python -m tests.simulation 0-500
python -m tests.simulation 42 --log
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.simulation.running import simulator
from tests.simulation.vfs import library
from tests.simulation.world import Outcome

_CHUNK_SEEDS = 50


def main() -> int:
    wishes = _arguments()
    if library() is None:
        print("This Python's SQLite is linked statically: disk faults are left out of this run.")
    first, _, last = wishes.seeds.partition("-")
    seeds = range(int(first), int(last or first) + 1)
    started, seen, failed, hours = time.monotonic(), Counter[str](), 0, 0.0
    for outcomes, cpu_seconds in _run(seeds, wishes.log, wishes.jobs):
        hours += cpu_seconds
        for outcome in outcomes:
            seen.update(outcome.seen)
            for line in outcome.log:
                print(line)
            if outcome.log:
                print(f"seed {outcome.seed}: trace {outcome.trace_hash}")
            if outcome.fault:
                failed += 1
                print(f"seed {outcome.seed}: {outcome.fault} (trace {outcome.trace_hash})")
    for what, times in sorted(seen.items()):
        print(f"{times:>10} {what}")
    print(
        f"{len(seeds)} seeds, {failed} violations, {hours:.0f} CPU seconds"
        f" ({len(seeds) / max(hours, 0.001):.1f} seeds a second),"
        f" {time.monotonic() - started:.0f} s by the clock"
    )
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", nargs="?", default="0-500", help="one seed, or FIRST-LAST")
    parser.add_argument("--log", action="store_true", help="print every step")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    return parser.parse_args()


def _run(seeds: Sequence[int], log: bool, jobs: int) -> Iterator[tuple[list[Outcome], float]]:
    chunks = [seeds[at : at + _CHUNK_SEEDS] for at in range(0, len(seeds), _CHUNK_SEEDS)]
    if jobs < 2 or len(chunks) < 2:
        yield from (_run_chunk(chunk, log) for chunk in chunks)
        return
    with ProcessPoolExecutor(jobs) as processes:
        yield from processes.map(_run_chunk, chunks, [log] * len(chunks))


def _run_chunk(seeds: Sequence[int], log: bool) -> tuple[list[Outcome], float]:
    """Some seeds in this process, and the CPU seconds that they took."""
    with simulator() as runs:
        began = time.process_time()
        outcomes = [runs.run(seed, log=log) for seed in seeds]
        return outcomes, time.process_time() - began


if __name__ == "__main__":
    sys.exit(main())
