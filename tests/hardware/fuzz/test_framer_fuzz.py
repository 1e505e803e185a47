"""A scanner on a bad line: whatever comes, no article of the shop is scanned that nobody scanned.

What the framer gives is read as the till reads it. The shop's articles have numbers that
follow each other, so that a wrong figure would mostly name a neighbour.
"""

from __future__ import annotations

from collections import Counter, deque

import pytest

from central_sync.retail.codes import Product, read_code
from central_sync.retail.item import check_digit
from hardware.scanners import aim
from hardware.scanners.framer import SUFFIXES, Frame, Framer
from tests.hardware.fuzz.bad_wire import EVERYTHING, BadWire, Mischief, enough, seeded

KINDS = tuple(kind for kind in EVERYTHING if kind is not Mischief.DELAY)
ARTICLES = [f"{body}{check_digit(str(body))}" for body in range(952_000_000_000, 952_000_002_000)]
SHOP = frozenset(ARTICLES)
SCANS = 1_500


@pytest.mark.parametrize("seed", range(16))
def test_no_article_is_scanned_that_nobody_scanned(seed: int) -> None:
    with seeded(seed) as luck:
        prefix = luck.choice([b"", b"\x02"])
        suffix = luck.choice(sorted(SUFFIXES))
        framer, wire = Framer(prefix, suffix), BadWire(luck, KINDS, rate=80)
        near: deque[str] = deque(maxlen=8)
        sold: Counter[str] = Counter()
        for number in range(SCANS):
            near.append(luck.choice(ARTICLES))
            identifier = luck.choice([b"", b"]E0"])
            wire.carry(prefix + identifier + near[-1].encode() + SUFFIXES[suffix], number)
            found = framer.silence() if luck.random() < 0.5 else []
            while data := wire.take(number):
                found += framer.feed(data)
            for frame in found:
                article = article_in(frame) if isinstance(frame, Frame) else ""
                assert article in ("", *near), f"scan {number}"
                sold[article] += 1

        assert sold.total() - sold[""] > SCANS // 4
        enough(wire.met, SCANS * 7 // 10, KINDS)


def article_in(frame: Frame) -> str:
    """The shop's article that the till would sell, or ""."""
    symbology, data = aim.split(frame.text)
    meaning = read_code(data, symbology)
    code = meaning.code.lstrip("0") if isinstance(meaning, Product) else ""
    return code if code in SHOP else ""
