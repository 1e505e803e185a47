"""Runs days of a chain and says what they reached.

python -m tests.chain_day 0-200
python -m tests.chain_day 42 --log
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from tests.chain_day.running import days


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chain_day", description=__doc__)
    parser.add_argument("seeds", nargs="?", default="0-50", help="one seed, or FIRST-LAST")
    parser.add_argument("--log", action="store_true", help="print every step")
    wishes = parser.parse_args()
    first, _, last = wishes.seeds.partition("-")
    seen, failed = Counter[str](), 0
    with days() as runs:
        for seed in range(int(first), int(last or first) + 1):
            outcome = runs.run(seed)
            seen += outcome.seen
            if wishes.log:
                print("\n".join(outcome.log))
            if outcome.fault:
                failed += 1
                print(f"seed {seed}: {outcome.fault}", flush=True)
    for what, times in sorted(seen.items()):
        print(f"{times:>8} {what}")
    print(f"{failed} days with a broken promise")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
