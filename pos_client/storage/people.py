"""The store's own customers, from master.db and this till's notes: found without a network.

Rows are sealed under the store's key, and found by blind tokens. Who was shown live by
central is remembered in memory until the register stops. The thing to get wrong: a till whose
store key has not come yet. It knows nobody, and says so by finding nobody.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path

from central_sync.engine.home_keys import KeysAway, key_file, store_keys
from central_sync.masterfile.check import open_reader
from central_sync.masterfile.swap import Generation, generation
from central_sync.retail.customer import (
    Asked,
    Customer,
    asked,
    has_parts,
    identity_words,
    search_words,
)
from central_sync.wire.sealing import KeySet, Unsealable
from pos_client.storage.notes import customer_from

MOST_REMEMBERED = 200
MOST_FOUND = 20

_log = logging.getLogger(__name__)


class People:
    """For one thread. `made_here` gives the customers of this till's own notes."""

    def __init__(
        self,
        home: Path,
        made_here: Callable[[], Sequence[Customer]] = lambda: (),
        country: str = "SE",
    ) -> None:
        self._home, self._path = home, home / "master.db"
        self._made_here, self._country = made_here, country
        self._connection: sqlite3.Connection | None = None
        self._file: Generation | None = None
        self._keys: KeySet | None = None
        self._key_stamp = 0
        self._remembered: OrderedDict[str, Customer] = OrderedDict()

    def find(self, text: str, limit: int = MOST_FOUND) -> list[Customer]:
        """Who fits what a person typed, those made here first."""
        wanted = asked(text[:200], self._country)
        words = set(wanted.exact) | set(wanted.names)
        if not words:
            return []
        found = {c.customer_id: c for c in self.made_here(text)}
        for customer in self._cached(wanted):
            if len(found) >= limit:
                break
            found.setdefault(customer.customer_id, customer)
        return list(found.values())[:limit]

    def made_here(self, text: str) -> list[Customer]:
        """Who fits and was made at this till: central may not have heard of them yet."""
        wanted = asked(text[:200], self._country)
        return [each for each in self._made_here() if self._fits(each, wanted)]

    def customer(self, customer_id: str) -> Customer | None:
        """By id, from memory, this till's notes or the store's own; None when not known here."""
        if not customer_id:
            return None
        if customer_id in self._remembered:
            return self._remembered[customer_id]
        found = self._row(customer_id)
        if found is None:
            made = {each.customer_id: each for each in self._made_here()}
            found = made.get(customer_id)
            if found is not None:
                self.remember(found)
        return found

    def likely_same(self, customer: Customer) -> list[Customer]:
        """Others here with the same phone, e-mail or member number."""
        words = identity_words(customer, self._country)
        if not words:
            return []
        wanted = Asked("number", exact=words)
        made = [each for each in self._made_here() if self._fits(each, wanted)]
        same = {each.customer_id: each for each in (*made, *self._cached(wanted))}
        return [each for each in same.values() if each.customer_id != customer.customer_id]

    def remember(self, customer: Customer) -> None:
        """Keep in memory who central showed, so that the basket can say the name."""
        self._remembered[customer.customer_id] = customer
        self._remembered.move_to_end(customer.customer_id)
        while len(self._remembered) > MOST_REMEMBERED:
            self._remembered.popitem(last=False)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _cached(self, wanted: Asked) -> list[Customer]:
        """Of the store's own customers; a scan of some twenty thousand short rows."""
        connection, keys = self._open()
        if connection is None or keys is None:
            return []
        if wanted.names:
            named = " AND ".join(self._has_any(keys, word) for word in wanted.names)
            conditions = [named, *(self._has_any(keys, word) for word in wanted.exact)]
        else:
            conditions = [self._has_any(keys, word) for word in wanted.exact]
        rows = connection.execute(
            f"SELECT customer_id, sealed FROM customer WHERE {' OR '.join(conditions)} LIMIT 500"
        ).fetchall()
        opened = (self._opened(keys, row[0], row[1]) for row in rows)
        return [each for each in opened if each is not None and self._fits(each, wanted)]

    @staticmethod
    def _has_any(keys: KeySet, word: str) -> str:
        """Tokens are letters, digits, - and _: nothing that SQL could mistake."""
        either = " OR ".join(f"instr(tokens, '{token}')" for token in keys.tokens(word))
        return f"({either})"

    def _fits(self, customer: Customer, wanted: Asked) -> bool:
        if set(wanted.exact) & set(search_words(customer, self._country)):
            return True
        return bool(wanted.parts) and has_parts(customer, wanted.parts)

    def _row(self, customer_id: str) -> Customer | None:
        connection, keys = self._open()
        if connection is None or keys is None:
            return None
        row = connection.execute(
            "SELECT sealed FROM customer WHERE customer_id = :id", {"id": customer_id}
        ).fetchone()
        return self._opened(keys, customer_id, row[0]) if row else None

    @staticmethod
    def _opened(keys: KeySet, customer_id: str, sealed: str) -> Customer | None:
        try:
            plain = keys.unseal_text(sealed, f"customer/{customer_id}")
        except Unsealable as problem:
            _log.info("customer %s does not open here: %s", customer_id, problem)
            return None
        return customer_from(customer_id, json.loads(plain))

    def _open(self) -> tuple[sqlite3.Connection | None, KeySet | None]:
        """The newest master file and the store's keys, each read again only when changed."""
        now = generation(self._path)
        if now != self._file:
            before, self._connection = self._connection, None
            self._connection = open_reader(self._path) if now else None
            self._file = now
            if before is not None:
                before.close()
        self._look_for_keys()
        return (self._connection if self._has_customers() else None), self._keys

    def _look_for_keys(self) -> None:
        try:
            stamp = key_file(self._home, "store").stat().st_mtime_ns
            if stamp != self._key_stamp:
                self._keys, self._key_stamp = store_keys(self._home), stamp
        except FileNotFoundError:
            self._keys = None
        except (KeysAway, OSError) as problem:
            _log.warning("the store's customers cannot be read: %s", problem)
            self._keys = None

    def _has_customers(self) -> bool:
        """A master file from before tills had customers sells on without them."""
        if self._connection is None:
            return False
        there = "SELECT 1 FROM sqlite_master WHERE name = 'customer'"
        return self._connection.execute(there).fetchone() is not None
