"""What can be promised, asked over HTTP by a till or a web shop.

Who asks decides what is told: figures inside, bands outside. The thing to get wrong: an
answer has an age; `age_seconds` is how long ago the store was heard.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from central_sync.wire.messages import Message

Text = Annotated[str, Field(max_length=200)]
Identity = Annotated[str, Field(min_length=1, max_length=100)]
Band = Literal["many", "few", "last", "none"]

LARGEST_LOOK_UP = 100


class AvailabilityRequest(Message):
    """`store_id` is asked about first; distances are from `postcode`, or from that store.

    `places`: tell of every store of the chain too, where anything may be collected.
    """

    skus: list[Identity] = Field(min_length=1, max_length=LARGEST_LOOK_UP)
    postcode: Text = ""
    store_id: Text = ""
    places: bool = False


class SiteAvailability(Message):
    """One store's figure. `available` is told inside only; `km` None when a place is unknown.

    `never_heard`: no till of the store was ever heard, and `age_seconds` says nothing.
    `expected` pieces are on their way there, told inside only; `expected_on` is the earliest
    day, "" when nobody says.
    """

    store_id: str
    name: str = ""
    kind: str = "store"
    available: int | None = None
    band: Band
    age_seconds: int
    never_heard: bool = False
    km: int | None = None
    can_ship: bool = True
    can_collect: bool = True
    expected: int = 0
    expected_on: str = ""


class ItemAvailability(Message):
    """`earliest_promise` is a day (YYYY-MM-DD), "" when nobody can send it."""

    sku: str
    available: int | None = None
    band: Band
    sites: list[SiteAvailability] = Field(default=[])
    earliest_promise: str = ""


class StorePlace(Message):
    """A store, whatever it has; `km` None when its place or the asker's is unknown."""

    store_id: str
    name: str = ""
    km: int | None = None


class AvailabilityReply(Message):
    """`sequence` is where `changes?since=` goes on. `places` only when they were asked for."""

    at: str
    items: list[ItemAvailability]
    sequence: int = 0
    places: list[StorePlace] = Field(default=[])


class AvailabilityChange(Message):
    sku: str
    available: int | None = None
    band: Band


class AvailabilityChanges(Message):
    """`is_gone`: `since` is too old to follow; ask for everything again."""

    changes: list[AvailabilityChange]
    next: int
    more: bool = False
    is_gone: bool = False
