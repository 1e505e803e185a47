"""What a replay of the journal found. Values only, shared with the register that folds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` is named by `where`; `folded` is what the journal adds up to, `kept` the other."""

    where: str
    what: str
    folded: str
    kept: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} is {self.kept}, and the journal says {self.folded}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """`upto` is the last entry folded ("1:812"); sums are minor units; `totals` of the open day.

    `differences` are in the order in which they came about, the first one first; nothing is
    compared where the fold was told to end early (`is_compared`).
    """

    upto: str
    entries: int
    receipts: int
    day: str
    next_number: int
    next_z_number: int
    last_receipt: str
    totals: Mapping[str, Any]
    unread: tuple[str, ...]
    is_compared: bool
    differences: tuple[Difference, ...]

    @property
    def is_good(self) -> bool:
        return not self.differences and not self.unread
