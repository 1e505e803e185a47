"""What is asked about stock, and the answers: a model's sizes, and who in the chain has them.

Frozen values. The thing to get wrong: showing a figure of another store without its age.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LookUpModel:
    """The item with this SKU or code, and the other colours and sizes of its model."""

    code: str


@dataclass(frozen=True, slots=True)
class AskStock:
    """What the whole chain has of these items; asked live, never waited for long."""

    skus: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModelItem:
    """`on_hand` is this store's, None where it keeps no stock of it."""

    sku: str
    name: str
    colour: str
    size: str
    price_minor: int
    on_hand: int | None


@dataclass(frozen=True, slots=True)
class Model:
    """The item that was asked for comes first."""

    items: tuple[ModelItem, ...]


@dataclass(frozen=True, slots=True)
class SiteStock:
    """One store's or warehouse's figure, so many seconds old when central told it.

    `available` is None where only a band (many, few, last, none) is told; `km` None where a
    place is unknown. `expected` pieces are on their way there, the first on the day `expected_on`
    ("" when nobody says). `never_heard`: central has never heard that store, so the figure is
    what it was once given and its age says nothing.
    """

    store_id: str
    name: str
    kind: str
    available: int | None
    band: str
    age_seconds: int
    km: int | None = None
    can_ship: bool = True
    can_collect: bool = True
    expected: int = 0
    expected_on: str = ""
    never_heard: bool = False


@dataclass(frozen=True, slots=True)
class ItemStock:
    """`earliest_promise` is a day, "" when nobody can send it."""

    sku: str
    available: int | None
    band: str
    sites: tuple[SiteStock, ...] = ()
    earliest_promise: str = ""


@dataclass(frozen=True, slots=True)
class StorePlace:
    """Where something may be collected; `km` from here, None when nobody knows."""

    store_id: str
    name: str
    km: int | None = None


@dataclass(frozen=True, slots=True)
class ChainStock:
    """`is_live`: central answered now. Else this is what it said `age_seconds` ago, of the
    items that it has told of before. `places` are all stores of the chain, the nearest first."""

    items: tuple[ItemStock, ...] = ()
    is_live: bool = False
    age_seconds: int = 0
    places: tuple[StorePlace, ...] = ()
