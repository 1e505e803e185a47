"""Names and addresses of orders, in central's own sealed keeping of people.

The thing to get wrong: erasure. An address that was shredded reads as unknown; the order
goes on with its id and postcode.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from central_sync.database.trip import Trip
from central_sync.server import people
from central_sync.server.store_keys import store_keys
from central_sync.wire.orders import AddressWords
from central_sync.wire.sealing import KeySet


@dataclass(frozen=True, slots=True)
class SealedPrivate:
    """room.Private over the tables of people."""

    data_keys: KeySet

    def keep_all(
        self,
        trip: Trip,
        addresses: Sequence[tuple[str, AddressWords, str]],
        at: str,
        country: str,
    ) -> None:
        new = [
            people.NewAddress(address_id, customer_id, words.model_dump())
            for address_id, words, customer_id in addresses
        ]
        people.add_addresses(trip, self.data_keys, new, at, country)

    def find(self, connection: Connection, address_id: str) -> AddressWords | None:
        content = people.address_of(connection, self.data_keys, address_id)
        if content is None:
            return None
        # What a till typed offline may lack what a web shop must give: it is not checked again.
        return AddressWords.model_construct(None, **content)

    def seal_for(
        self, connection: Connection, store_id: str, plain: str, about: str, at: str
    ) -> str:
        keys = store_keys(connection, self.data_keys, store_id, at)
        return keys.seal_text(plain.encode(), about)
