"""Figures as a bench shows them: medians and tails of many runs, and one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `count` runs; the unit is the caller's."""

    count: int
    p50: float
    p99: float
    worst: float

    @staticmethod
    def of(values: Sequence[float]) -> Spread:
        ordered = sorted(values)
        last = len(ordered) - 1
        return Spread(
            len(ordered), ordered[last // 2], ordered[min(last, last * 99 // 100)], ordered[-1]
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: ours, beside what it is held against, in the same run."""

    what: str
    ours: str
    beside: str = ""
    goal: str = ""


def table(rows: Sequence[Row]) -> str:
    """Markdown, so that it can be pasted into a note."""
    head = Row("what", "ours", "beside, same run", "goal")
    widths = [
        max(len(getattr(row, name)) for row in (head, *rows))
        for name in ("what", "ours", "beside", "goal")
    ]

    def line(row: Row) -> str:
        cells = zip((row.what, row.ours, row.beside, row.goal), widths, strict=True)
        return "| " + " | ".join(cell.ljust(width) for cell, width in cells) + " |"

    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([line(head), rule, *(line(row) for row in rows)])
