"""What really happened, as somebody saw it who stands in the shop: kept apart from the product.

Each sale has a number of ours, sold as an open price, so that it is found again without any
id of the product. `judge` sets this beside what the product says. The thing to get wrong:
trusting what is being tested; sums are made here from what was put on the counter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from tests.simulation.images import OPEN

FIRST_NUMBER = 1_000


class Violation(Exception):
    """A promise was broken; says which and where."""


@dataclass(slots=True)
class Sale:
    """`number` is ours. `is_done` once the register said so, which is when paper may come."""

    number: int
    till: int
    lines: tuple[tuple[str, int, int], ...]
    is_done: bool = False
    receipt_number: str = ""
    body: bytes = b""
    is_poison: bool = False

    @property
    def total_minor(self) -> int:
        return sum(quantity * price for _, quantity, price in self.lines)


@dataclass
class Truth:
    sales: dict[int, Sale] = field(default_factory=dict)
    printed: dict[tuple[int, str], int] = field(default_factory=dict)
    papers: set[tuple[int, str]] = field(default_factory=set)
    prices: dict[int, list[dict[str, int]]] = field(default_factory=dict)
    is_price_in_doubt: bool = False
    excused: set[int] = field(default_factory=set)
    excused_papers: set[tuple[int, str]] = field(default_factory=set)
    forked: set[int] = field(default_factory=set)
    newest: int = FIRST_NUMBER

    def next_number(self) -> int:
        self.newest += 1
        return self.newest

    def print(self, till: int, receipt_number: str, total_minor: int) -> None:
        """A receipt has come out on paper: once, and its number stands for one sale for ever."""
        if till in self.forked:
            return  # an older disk knows nothing of the papers since; numbers may come again
        before = self.printed.setdefault((till, receipt_number), total_minor)
        if before != total_minor:
            raise Violation(f"receipt {receipt_number} was printed with two sums")
        if (till, receipt_number) in self.papers:
            raise Violation(f"receipt {receipt_number} was printed twice, both as the original")
        self.papers.add((till, receipt_number))

    def went_back(self, till: int) -> None:
        """This till's disk is an older one now, or there are two of it: its story forks."""
        self.forked.add(till)

    def destroyed(self, numbers: set[int], papers: set[tuple[int, str]]) -> None:
        """The last disks that held these are gone: nobody can bring them back."""
        self.excused |= numbers
        self.excused_papers |= papers

    def price_list(self, position: int, prices: Mapping[str, int]) -> None:
        """The prices that central had at a position of the feed; a restored one has others."""
        self.prices.setdefault(position, []).append(dict(prices))


def number_of(price_minor: int) -> int:
    return price_minor // 100


def price_of(number: int) -> int:
    return number * 100


@lru_cache(maxsize=20_000)
def number_in(body: bytes) -> int:
    """Our number in a receipt's body, 0 when there is none."""
    for line in json.loads(body)["payload"].get("lines") or ():
        if line["sku"] == OPEN and not line.get("is_voided"):
            return number_of(int(line["unit_price_minor"]))
    return 0


def is_receipt(body: bytes) -> bool:
    return b'"kind":"receipt"' in body
