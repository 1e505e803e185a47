"""What head office and store IT do: prices, the feed's length, codes, who may speak."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.server import feed
from central_sync.server.enrolment import enrol, replace_workstation
from central_sync.server.masters import set_price
from central_sync.wire.messages import EnrolRequest
from tests.simulation.chance import fixed_key
from tests.simulation.images import SKUS
from tests.simulation.scene import Part

_CHAIN_POSITION = select(t.feed_scope.c.position).where(t.feed_scope.c.scope == "chain")
_PRICES = select(t.price.c.sku, t.price.c.price_minor)


class Office(Part):
    def change_price(self) -> None:
        rng = self.chance.rng
        self.set_price(rng.choice(SKUS), 100 * rng.randint(50, 500))

    def set_price(self, sku: str, price_minor: int) -> None:
        done = self.center.do(lambda connection, at: set_price(connection, sku, price_minor, at))
        if not done and not self.center.is_up:
            self.truth.is_price_in_doubt = True
        self.note_prices()

    def note_prices(self) -> None:
        if self.center.is_up:
            position = self.center.read(_CHAIN_POSITION)
            prices = self.center.read(_PRICES)
            self.truth.price_list(position[0][0], dict(prices))

    def trim_feed(self) -> None:
        """The oldest rows of the feed are forgotten; who stands below takes the whole file."""
        scope = self.chance.rng.choice(("chain", "store:s01", "store:s02"))
        rows = self.chance.rng.randint(0, 3)
        if self.center.do(lambda connection, at: feed.trim(connection, scope, at, rows, 1_000)):
            self.chance.note("the feed was trimmed")

    def enrol_again(self) -> None:
        """Store IT gives a till a new code: same place, a new epoch."""
        till = self.chance.rng.choice(self.tills)
        if till.core_is_busy or till.sync_is_busy or not self.center.is_up:
            return
        replies: list[Any] = []

        def act(connection: Connection, at: str) -> None:
            code = replace_workstation(connection, till.identity.workstation_id, self.chance.now)
            public = fixed_key(till.identity.workstation_id).public
            request = EnrolRequest(code=code.code, public_key=public, nonce="n" * 20, version="0")
            replies.append(enrol(connection, request, "", self.chance.now))

        till.kill_core()
        till.kill_sync()
        if self.center.do(act) and self.scene.power_up(till) and till.enrolled(replies[0].epoch):
            self.chance.note("a till was enrolled again")

    def revoke(self) -> None:
        till = self.chance.rng.choice(self.tills)
        status = self.chance.rng.choice(("revoked", "active"))
        here = t.workstation.c.workstation_id == till.identity.workstation_id
        if self.center.do(
            lambda connection, at: connection.execute(
                t.workstation.update().where(here).values(status=status)
            )
        ):
            self.chance.note(f"a till was made {status}")
