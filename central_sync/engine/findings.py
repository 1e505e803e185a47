"""What a look at a workstation found: one thing, good or not, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`fix` is what to do, "" where there is nothing to do."""

    name: str
    is_good: bool
    finding: str
    fix: str = ""
