"""From the word lists to items: models, their variants, GTINs, prices and popularity.

An item keeps its SKU, name and GTIN whatever the seed and however many items are
asked for; the seed decides colours, prices and what sells. Items come in order of
popularity, which is their rank, so a shorter catalogue lacks the slow sellers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count, islice

from central_sync.demo.assortment import BRANDS, COUNTER, FAMILIES, SINGLES, Family, Single
from central_sync.retail.item import check_digit

# GS1 General Specifications 1.4: prefix 952 is for demonstrations, never for goods on sale.
_DEMONSTRATION_PREFIX = "952"
# A factor without a common divisor with 10^9 spreads the numbers and keeps them unique.
_SPREAD = 618_033_989
# Numbers from here on are never an item's own: they are the codes of earlier packages.
_OLD_CODES = 900_000_000
_FIRST_SINGLE = 800_000_000
_LINES = tuple((brand, line) for brand, lines in BRANDS for line in lines)
_LINES_PER_FAMILY = 10
_SLOTS = tuple(at for at, family in enumerate(FAMILIES) for _ in range(family.weight))


@dataclass(frozen=True, slots=True)
class Article:
    """One item and how it moves.

    `shelf` is the same for all variants of a model, so that a store carries all or none.
    `is_fast` marks the sizes that sell out; goods without stock have no depth.
    """

    sku: str
    name: str
    gtin: str
    price_minor: int
    tax_group: str
    kind: str
    open_price: bool
    blocked: bool
    model: str
    colour: str
    size: str
    shelf: int
    is_fast: bool
    depth_percent: int
    unit: str = "st"
    tare_grams: int = 0

    def row(self, rank: int) -> tuple[str, ...]:
        """Its row of items.csv; `rank` 1 sells best."""
        return (
            self.sku,
            self.name,
            self.gtin,
            f"{self.price_minor // 100}.{self.price_minor % 100:02d}",
            self.tax_group,
            self.kind,
            str(int(self.open_price)),
            str(int(self.blocked)),
            self.model,
            self.colour,
            self.size,
            str(rank),
            self.unit,
            str(self.tare_grams),
        )


def articles(seed: int, items: int) -> Iterator[Article]:
    """Exactly `items` articles, the most popular first; what lies at the counter leads."""
    yield from islice(_all_articles(seed, items), items)


def old_codes(ordinal: int) -> tuple[str, ...]:
    """Codes of earlier packages for the `ordinal`-th item that has some (from 0).

    In turn a GTIN-13, a GTIN-8 (10,000 of them exist) and the label of an old system.
    """
    if ordinal % 3 == 0:
        return (_gtin(_OLD_CODES + ordinal),)
    if ordinal % 3 == 1 and ordinal // 3 < 10_000:
        return (_with_check_digit(f"{_DEMONSTRATION_PREFIX}{ordinal // 3:04d}"),)
    return (f"TP{ordinal:06d}",)


@dataclass(frozen=True, slots=True)
class _Model:
    """A model of a family; `colours` are places in the family's list."""

    family_at: int
    number: int
    colours: tuple[int, ...]
    price_minor: int
    popularity: float

    @property
    def family(self) -> Family:
        return FAMILIES[self.family_at]

    @property
    def variants(self) -> int:
        return len(self.colours) * len(self.family.sizes)

    @property
    def shelf(self) -> int:
        return self.family_at * 10_000 + self.number

    def brand_line_version(self) -> tuple[str, str, int]:
        """Ten lines in every family, each family with ten others, then their next versions."""
        turn, at = divmod(self.number - 1, _LINES_PER_FAMILY)
        brand, line = _LINES[(self.family_at * 7 + at) % len(_LINES)]
        return brand, line, turn + 1 + (self.family_at + at) % 4

    def articles(self) -> Iterator[Article]:
        brand, line, version = self.brand_line_version()
        series = f"{line} {version}" if version > 1 else line
        for colour_at in self.colours:
            for size_at in range(len(self.family.sizes)):
                yield self._article(brand, series, colour_at, size_at)

    def _article(self, brand: str, series: str, colour_at: int, size_at: int) -> Article:
        family, colour = self.family, self.family.colours[colour_at]
        size = family.sizes[size_at]
        return Article(
            sku=_joined("-", f"{family.code}{self.number}", colour.code, _size_code(size)),
            name=_joined(" ", family.noun, series, family.audience, colour.name, size),
            gtin=_gtin((self.shelf * 16 + colour_at) * 32 + size_at),
            price_minor=self.price_minor,
            tax_group=family.tax_group,
            kind="goods",
            open_price=False,
            blocked=False,
            model=f"{brand} {series}",
            colour=colour.name,
            size=size,
            shelf=self.shelf,
            is_fast=len(family.sizes) // 4 <= size_at <= len(family.sizes) * 5 // 8,
            depth_percent=family.depth_percent,
        )


def _all_articles(seed: int, items: int) -> Iterator[Article]:
    for at, single in enumerate(COUNTER):
        yield _single(single, at)
    for shelf in _by_popularity(seed, items):
        if isinstance(shelf, _Model):
            yield from shelf.articles()
        else:
            yield _single(*shelf)


def _by_popularity(seed: int, items: int) -> list[_Model | tuple[Single, int]]:
    rng = random.Random(f"{seed}/singles")
    ranked: list[tuple[float, int, _Model | tuple[Single, int]]] = [
        (rng.random(), -at, (single, at)) for at, single in enumerate(SINGLES, 100)
    ]
    ranked += [(model.popularity, model.shelf, model) for model in _models(seed, items)]
    ranked.sort(key=lambda entry: entry[:2], reverse=True)
    return [shelf for _, _, shelf in ranked]


def _models(seed: int, items: int) -> Iterator[_Model]:
    """Models until there are items enough, all families growing together."""
    rng = random.Random(f"{seed}/models")
    numbers = [count(1) for _ in FAMILIES]
    left = items - len(SINGLES) - len(COUNTER)
    for turn in count():
        if left <= 0:
            return
        family_at = _SLOTS[turn * 31 % len(_SLOTS)]
        model = _model(rng, family_at, next(numbers[family_at]))
        left -= model.variants
        yield model


def _model(rng: random.Random, family_at: int, number: int) -> _Model:
    family = FAMILIES[family_at]
    colours = rng.sample(range(len(family.colours)), min(len(family.colours), rng.randint(2, 6)))
    price_minor = rng.choice(family.prices_minor)
    return _Model(family_at, number, tuple(sorted(colours)), price_minor, rng.random())


def _single(single: Single, at: int) -> Article:
    has_code = single.kind == "goods" and not single.open_price
    gtin = _gtin(_FIRST_SINGLE + at) if has_code else ""
    return Article(
        sku=single.sku,
        name=single.name,
        gtin=_with_check_digit(f"{single.label_key}0000") if single.label_key else gtin,
        price_minor=single.price_minor,
        tax_group=single.tax_group,
        kind=single.kind,
        open_price=single.open_price,
        blocked=single.blocked,
        model="",
        colour="",
        size="",
        shelf=-1 - at,
        is_fast=True,
        depth_percent=300 if has_code and not single.label_key else 0,
        unit="kg" if single.label_key else "st",
        tare_grams=single.tare_grams,
    )


def _gtin(ordinal: int) -> str:
    return _with_check_digit(f"{_DEMONSTRATION_PREFIX}{ordinal * _SPREAD % 10**9:09d}")


def _with_check_digit(digits: str) -> str:
    return digits + check_digit(digits)


def _joined(separator: str, *parts: str) -> str:
    return separator.join(part for part in parts if part)


def _size_code(size: str) -> str:
    return size.translate({ord(sign): None for sign in " ,-"}).upper()
