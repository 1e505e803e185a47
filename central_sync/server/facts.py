"""What central tells people and systems: the shapes of its reads.

Amounts are whole minor units of the receipt's currency, rates basis points, times ISO
8601 UTC. Lists come in pages; `next` is the `after` of the next page, "" at the end.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, Field, computed_field

from central_sync.server.storable import StorableText

# A price of "199" or 199.0 is somebody's mistake, not a number of minor units.
WholeNumber = Annotated[int, Field(strict=True)]


class StoreFact(BaseModel):
    store_id: str
    kind: str
    name: str
    address: str
    postcode: str
    town: str
    latitude: str
    longitude: str
    phone: str
    opening_hours: str


class WorkstationFact(BaseModel):
    """`received` counts journal entries that central holds, `outbox` what the till still has."""

    workstation_id: str
    label: str
    store_id: str
    status: str
    enrolled_at: str
    last_contact_at: str
    version: str
    received: int
    outbox: int
    oldest_unsent_at: str
    clock_skew_seconds: int


class ReceiptFact(BaseModel):
    receipt_id: str
    store_id: str
    workstation_id: str
    epoch: int
    sequence: int
    receipt_number: str
    kind: str
    at: str
    business_day: str
    operator: str
    currency: str
    total_minor: int
    vat_minor: int
    rounding_minor: int
    change_minor: int


class ReceiptPage(BaseModel):
    receipts: list[ReceiptFact]
    next: str


class WholeReceipt(ReceiptFact):
    """`transaction` is the receipt exactly as the till made it."""

    transaction: dict[str, Any]


class StockFact(BaseModel):
    store_id: str
    sku: str
    on_hand: int


class StockPage(BaseModel):
    stock: list[StockFact]
    next: str


class ParkedFact(BaseModel):
    """An entry that was stored and could not be booked, and why."""

    store_id: str
    workstation_id: str
    epoch: int
    sequence: int
    received_at: str
    reason: str
    line: int = 0

    @computed_field(description="what `settle` takes")  # type: ignore[prop-decorator]
    @property
    def entry_id(self) -> str:
        line = f"/{self.line}" if self.line else ""
        return f"{self.workstation_id}:{self.epoch}:{self.sequence}{line}"


class AsideFact(BaseModel):
    """Entries of one epoch kept aside for one reason: "fork" (of a copied or restored disk) or
    "revoked" (of a revoked or replaced workstation). `take` and `settle` want `aside_id`."""

    aside_id: str
    store_id: str
    workstation_id: str
    epoch: int
    why: str
    entries: int
    first_sequence: int
    last_sequence: int
    received_at: str


class Settle(BaseModel):
    """Why, in a person's words."""

    note: Annotated[StorableText, Field(min_length=1, max_length=1_000)]


class Attended(BaseModel):
    """How many entries were settled or booked; `aliases` told what was known already, `parked`
    cannot be booked and wait in the other list now."""

    settled: int = 0
    booked: int = 0
    aliases: int = 0
    parked: int = 0


class Status(BaseModel):
    """`waiting` counts entries that are kept and not booked yet, `aside` those of forked or
    revoked tills, kept for a person; `forks` those open. `backup_at` is the moment that the
    newest proven backup is of, "" for none."""

    version: str
    database: str
    chain: str
    stores: int
    items: int
    operators: int
    customers: int
    receipts: int
    journal_entries: int
    waiting: int
    parked: int
    aside: int
    forks: int
    backup_at: str
    workstations: list[WorkstationFact]


class PriceWrite(BaseModel):
    price_minor: WholeNumber


class OperatorWrite(BaseModel):
    """`pin` in clear is hashed at once and kept nowhere; "" keeps the one there is.

    `stores` empty: all stores.
    """

    name: StorableText
    role: StorableText
    pin: StorableText = ""
    language: StorableText = "sv"
    stores: list[StorableText] = []


class StockAdjustment(BaseModel):
    """`delta` pieces more (or fewer) in a store, with a reason."""

    store_id: StorableText
    sku: StorableText
    delta: WholeNumber
    reason: StorableText


class Written(BaseModel):
    """`changed` is false when everything was so already."""

    changed: bool
