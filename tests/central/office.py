"""Builders for tests of central: a small chain, a workstation that signs, its receipts.

The workstation here is a plain writer of chained entries, so that it can be held
against the real register's journal; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Table, func, select

from central_sync.database import tables as t
from central_sync.retail.basket import BasketLine
from central_sync.retail.journal import GENESIS, JournalEntry, chain_hash
from central_sync.retail.plain import to_plain
from central_sync.retail.transaction import RetailTransaction
from central_sync.server.auth import add_key
from central_sync.server.bookkeeping import book_all
from central_sync.server.central import Central
from central_sync.server.enrolment import add_workstation, enrol
from central_sync.server.importing.load import Loader
from central_sync.server.refused import Refused
from central_sync.wire.entries import EntryBody, EntryKind
from central_sync.wire.keys import SigningKey, make_token
from central_sync.wire.messages import EnrolRequest, EntryMessage, JournalRequest
from tests.retail.trade import basket_line, cash, closed

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
NONCE = "nonce-of-sixteen-or-more"


@dataclass(slots=True)
class Clock:
    """A clock that moves when it is told to."""

    at: datetime

    def __call__(self) -> datetime:
        return self.at

    def forward(self, **span: float) -> None:
        self.at += timedelta(**span)


def open_chain(central: Central) -> None:
    """Two stores, three items, five pairs of SKU-1 in s01; no operators (their PINs are slow)."""
    with central.database.atomic() as connection:
        loader = Loader(connection, central.timestamp())
        loader.write("chain", [CHAIN])
        loader.write("stores", [store_row("s01"), store_row("s02")])
        loader.write("items", [item_row(number) for number in (1, 2, 3)])
        loader.write("stock", [{"store_id": "s01", "sku": "SKU-1", "on_hand": 5}])
        loader.finish()


CHAIN = {
    "chain": "Två Par",
    "country": "SE",
    "company": "Två Par AB",
    "organisation_number": "559999-4703",
}


def store_row(store_id: str) -> dict[str, Any]:
    return {
        "store_id": store_id,
        "kind": "store",
        "name": f"Två Par {store_id}",
        "address": "Kungsgatan 1",
        "postcode": "411 19",
        "town": "Göteborg",
        "latitude": "57.7072",
        "longitude": "11.9668",
        "phone": "031-390 06 02",
        "opening_hours": "",
        "footer": "",
    }


def item_row(number: int, **changes: Any) -> dict[str, Any]:
    row = {
        "sku": f"SKU-{number}",
        "name": f"Sko {number}",
        "gtin": "",
        "price": 19_900,
        "tax_group": "standard",
        "kind": "goods",
        "open_price": 0,
        "blocked": 0,
        "model": "",
        "colour": "",
        "size": "",
        "unit": "piece",
        "tare_grams": 0,
        "rank": number,
    }
    return row | changes


@dataclass(slots=True)
class Workstation:
    """An enrolled till: key, identity, and a journal that it appends to."""

    workstation_id: str
    store_id: str
    central: Central
    key: SigningKey = field(default_factory=SigningKey.generate)
    epoch: int = 1
    entries: list[JournalEntry] = field(default_factory=list)

    def copy(self) -> Workstation:
        """The same disk in another computer."""
        return replace(self, entries=list(self.entries))

    def append(self, body: bytes) -> JournalEntry:
        before = self.entries[-1].hash if self.entries else GENESIS
        entry = JournalEntry(
            self.epoch, len(self.entries) + 1, before, body, chain_hash(before, body)
        )
        self.entries.append(entry)
        return entry

    def note(self, kind: str = EntryKind.SIGNED_OFF, **changes: Any) -> JournalEntry:
        """An entry that moves neither money nor stock, unless `changes` say otherwise."""
        number = len(self.entries) + 1
        values: dict[str, Any] = {
            "id": f"018bcfe5-0000-7000-8000-{self.epoch:04d}{number:08d}",
            "kind": kind,
            "at": "2026-11-22T12:00:00.000Z",
            "business_day": "2026-11-22",
            "store": self.store_id,
            "workstation": self.workstation_id,
            "operator": "1001",
            "payload": {},
        }
        return self.append(EntryBody(**values | changes).to_bytes())

    def sell(self, transaction: RetailTransaction, **changes: Any) -> JournalEntry:
        payload = to_plain(transaction)
        return self.note(
            EntryKind.RECEIPT, **{"id": transaction.receipt_id, "payload": payload} | changes
        )

    def request(self, entries: Sequence[JournalEntry] = ()) -> JournalRequest:
        """A signed batch; of the whole journal when no entries are named."""
        batch = list(entries) or self.entries
        return JournalRequest(
            epoch=self.epoch,
            entries=[
                EntryMessage(
                    sequence=e.sequence,
                    previous_hash=e.previous_hash,
                    hash=e.hash,
                    body=e.body.decode(),
                )
                for e in batch
            ],
            signature=self.key.sign(batch[-1].hash),
        )

    @property
    def headers(self) -> dict[str, str]:
        now_seconds = int(datetime.now(UTC).timestamp())
        token = make_token(self.key, workstation_id=self.workstation_id, now_seconds=now_seconds)
        return {"Authorization": f"Bearer {token}", "Spindel-Protocol": "1"}

    def send(self, http: httpx.Client, entries: Sequence[JournalEntry] = ()) -> httpx.Response:
        content = self.request(entries).model_dump_json()
        reply = http.post("/v1/journal", content=content, headers=self.headers)
        # Central books by itself soon after; a test that reads next cannot wait for "soon".
        book_all(self.central)
        return reply


def enrolled(central: Central, store_id: str = "s01", label: str = "1") -> Workstation:
    """A workstation that has used its code."""
    key = SigningKey.generate()
    with central.database.atomic() as connection:
        code = add_workstation(connection, store_id, label, central.now())
        reply = enrol(connection, enrol_request(code.code, key), central.key.public, central.now())
    assert not isinstance(reply, Refused)
    return Workstation(reply.workstation_id, store_id, central, key, reply.epoch)


def enrol_request(code: str, key: SigningKey, nonce: str = NONCE) -> EnrolRequest:
    return EnrolRequest(code=code, public_key=key.public, nonce=nonce, version="0.1.0")


def key_headers(central: Central, *scopes: str) -> dict[str, str]:
    """The headers of a system with these scopes."""
    with central.database.atomic() as connection:
        key = add_key(connection, "a test", scopes, central.timestamp())
    return {"Authorization": f"Bearer {key}"}


def pair(number: int = 1, quantity: int = 1) -> BasketLine:
    """Pairs of SKU-n at 199 kr."""
    return basket_line(number, f"Sko {number}", 19_900, quantity, sku=f"SKU-{number}")


def sale(number: int = 42, quantity: int = 1, **changes: Any) -> RetailTransaction:
    """Pairs of SKU-1, paid in cash."""
    return closed([pair(1, quantity)], [cash(19_900 * quantity)], number=number, **changes)


def on_hand(central: Central, sku: str = "SKU-1", store_id: str = "s01") -> int:
    level = t.stock_level.c
    with central.database.reading() as connection:
        found: int = connection.execute(
            select(level.on_hand).where(level.store_id == store_id, level.sku == sku)
        ).scalar_one()
    return found


def count_of(central: Central, table: Table) -> int:
    with central.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def states(central: Central) -> list[str]:
    """States of all journal entries, in order."""
    entry = t.journal_entry.c
    with central.database.reading() as connection:
        return list(
            connection.execute(
                select(entry.state).order_by(entry.workstation_id, entry.epoch, entry.sequence)
            ).scalars()
        )
