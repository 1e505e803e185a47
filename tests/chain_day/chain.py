"""A chain from one number: central on a pretend clock, stores with few of each, two tills each.

What everybody in a day works with. The thing to get wrong: telling a store what its line has
not brought; only `time_goes_on` and a till's own contact move anything between them.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, update

from central_sync.database import tables as t
from central_sync.database.open import open_database
from central_sync.retail.basket import ReturnOf
from central_sync.retail.orders import CustomerOrder
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.plain import tagged
from central_sync.retail.transaction import RetailTransaction
from central_sync.server.carriers import FolderCarrier
from central_sync.server.central import Central
from central_sync.server.importing.load import Loader
from central_sync.server.messages import FolderMessenger
from central_sync.server.orders import following, ledger, sending
from central_sync.server.orders.identities import new_id
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.sending import Outlets
from central_sync.server.settings import CentralSettings
from central_sync.server.snapshot import Snapshots
from central_sync.server.warehouse.upkeep import Upkeep
from central_sync.wire.entries import EntryKind
from central_sync.wire.sealing import KeySet
from tests.builders import a_shop, an_open_register
from tests.central.office import CHAIN, NOON, Clock, enrolled, item_row, store_row
from tests.central.orders.shop import MemoryPrivate
from tests.central.warehouse import stock
from tests.chain_day.counter import Counterside
from tests.chain_day.world import World
from tests.retail.trade import basket_line, cash, closed
from tests.simulation.chance import fixed_key

SKUS = tuple(f"SKU-{number}" for number in range(1, 7))


@dataclass(frozen=True, slots=True)
class Climate:
    """How likely what is; a seed leaves some of it out, so that the rest is seen alone."""

    outages: float
    deaths: float
    rejects: float
    lazy: float
    missing: float


class Chain:
    """`template` is a migrated, empty database."""

    def __init__(self, seed: int, template: Path, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.log: list[str] = []
        self.clock = Clock(NOON - timedelta(hours=3))
        self.world = World()
        self.climate = self._climate()
        path = folder / f"central-{seed}.db"
        path.write_bytes(template.read_bytes())
        settings = CentralSettings(folder, f"sqlite:///{path}")
        database = open_database(settings.database_url)
        key = fixed_key(f"central-{seed}")
        snapshots = Snapshots(database, settings.snapshots, key, self.clock)
        keys = KeySet.generate()
        self.central = Central(settings, database, key, snapshots, self.clock, data_keys=keys)
        self.private = MemoryPrivate()
        self.room = OrderRoom(database, self.clock, self.private, b"a secret of central")
        carrier, letters = FolderCarrier(folder / "parcels"), FolderMessenger(folder / "letters")
        self.outlets = Outlets(carrier, letters)
        self.upkeep = Upkeep(database, self.clock)
        self.store_ids = [f"s{number:02d}" for number in range(1, self.rng.randint(4, 6) + 1)]
        self._found()
        self.tills = [self._till(store_id, label) for store_id in self.store_ids for label in "12"]
        self.receipts = 0
        self.orders: list[str] = []
        self.returnable: list[tuple[str, CustomerOrder, int]] = []

    def _climate(self) -> Climate:
        def chance(most: float) -> float:
            return self.rng.choice((0.0, most / 2, most))

        return Climate(chance(3.0), chance(1.5), chance(0.4), chance(0.4), chance(0.3))

    def _found(self) -> None:
        with self.central.database.atomic() as connection:
            loader = Loader(connection, self.central.timestamp())
            loader.write("chain", [CHAIN])
            stores = [
                store_row(store_id) | {"latitude": f"{57.0 + 1.3 * at:.4f}"}
                for at, store_id in enumerate(self.store_ids)
            ]
            loader.write("stores", stores)
            loader.write("items", [item_row(number) for number in range(1, len(SKUS) + 1)])
            loader.finish()
            for store_id in self.store_ids:
                for sku in SKUS:
                    self._stocked(connection, store_id, sku)

    def _stocked(self, connection: Connection, store_id: str, sku: str) -> None:
        """Few of each, so that the last one is wanted often; some are not there at all."""
        booked = self.rng.choice((0, 1, 1, 2, 3, 4))
        lacking = booked and self.rng.random() < self.climate.missing
        if booked:
            stock(connection, booked, store_id, sku)
        self.world.shelf[store_id, sku] = booked - int(lacking)
        self.world.unseen[store_id, sku] = int(lacking)

    def _till(self, store_id: str, label: str) -> Counterside:
        shop = a_shop()
        shop.seller = replace(shop.seller, store_id=store_id)
        for sku in SKUS:
            shop = shop.with_item(sku, "199,00", sku=sku)
        journal = enrolled(self.central, store_id, label)
        return Counterside(self.room, self.central, journal, an_open_register(shop))

    def forward(self, seconds: float) -> None:
        self.clock.forward(seconds=round(seconds, 3))

    def note(self, words: str) -> None:
        self.world.seen[words.split(":")[0]] += 1
        self.log.append(f"{self.clock.at:%d %H:%M:%S} {words}")

    def order(self, order_id: str) -> CustomerOrder:
        with self.room.database.reading() as connection:
            return ledger.find(connection, order_id).order

    def some_till(self) -> Counterside:
        return self.rng.choice([till for till in self.tills if not till.is_dead])

    def ring_up(self, till: Counterside, receipt: RetailTransaction) -> None:
        seller = replace(receipt.seller, store_id=till.store_id)
        till.journal.sell(replace(receipt, seller=seller), at=self.room.timestamp())

    def speak(self, till: Counterside, order_id: str, said: OrderCommand) -> None:
        at = self.room.timestamp()
        payload = {"order_id": order_id, "command": tagged(said)}
        till.journal.note(EntryKind.ORDER_COMMAND, id=new_id(at), payload=payload, at=at)

    def time_goes_on(self) -> None:
        """What runs by itself: lines that are up, central's timed work."""
        up = [till for till in self.tills if till.is_up and not till.is_dead]
        for till in up:
            till.up()
        till_row = t.workstation.c
        with self.central.database.atomic() as connection:
            here = till_row.workstation_id.in_([till.journal.workstation_id for till in up])
            heard = update(t.workstation).where(here)
            connection.execute(heard.values(last_contact_at=self.room.timestamp()))
        following.follow(self.room)
        sending.send_due(self.room, self.outlets)
        self.upkeep.run()

    def close(self) -> None:
        self.central.close()

    def give_money(
        self, till: Counterside, order: CustomerOrder, number: int, minor: int, refund_key: str
    ) -> None:
        line = order.line(number)
        assert line is not None
        self.receipts += 1
        took = ReturnOf(order.receipt_id, order.number, number, minor, line.vat_minor, "regret",
                        refund_key)  # fmt: skip
        back = basket_line(1, line.name, minor, sku=line.sku, returned=took)
        self.ring_up(till, closed([back], [cash(-minor)], number=self.receipts))
        self.world.repaid[order.order_id] += minor
        till.contact()
        self.note(f"paid back: {order.order_id[-6:]}/{number} in {till.store_id}")
