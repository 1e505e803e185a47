"""A store's till and central, with the line between them up, late or cut in the middle.

The till is the real cash desk on a real disk, central the real one; only the wire is a
method call, so that a test says when it carries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import update

from central_sync.database import tables as t
from central_sync.masterfile.apply import open_for_apply
from central_sync.retail.orders import CustomerOrder, ParcelState, commands, is_finished
from central_sync.server.booking import Read, book
from central_sync.server.catalogue import master_rows
from central_sync.server.central import Central
from central_sync.server.orders import inbox
from central_sync.server.orders.deciding import settle_all
from central_sync.server.orders.room import OrderRoom
from central_sync.server.reading import read_entry
from central_sync.server.warehouse import pledges
from central_sync.wire.entries import EntryKind
from pos_client.checkout.lending import PledgeWatch
from pos_client.checkout.task_board import lost
from pos_client.register.commands import (
    AcceptTask,
    EndTask,
    HandOverTask,
    MissGoods,
    PackTask,
    PickGoods,
)
from pos_client.register.tasks import Task
from tests.builders import a_shoe_shop, gtin
from tests.central.orders.shop import level, now, open_shop, order, say
from tests.checkout.core_harness import WORKSTATION_ID, Desk, a_home

CODE = gtin(31)


@dataclass
class Store:
    """Till 1 of store s01 and the order room of its central; `carry` is the line."""

    room: OrderRoom
    central: Central
    desk: Desk
    home: Path
    heard: int = 0
    lost: list[Task] = field(default_factory=list)

    def carry(self) -> Store:
        """The till's entries go up and are decided; the store's tasks come down."""
        self.up()
        return self.down()

    def up(self) -> None:
        bodies = self.desk.bodies()
        new, self.heard = bodies[self.heard :], len(bodies)
        kinds = {
            EntryKind.ORDER_COMMAND.value: inbox.COMMAND,
            EntryKind.TASK_DONE.value: inbox.TASK_DONE,
        }
        with self.room.database.atomic() as connection:
            for body in new:
                if body.kind in kinds:
                    inbox.put(connection, "s01", "w", kinds[body.kind], body.payload, body.at)
        settle_all(self.room)

    def down(self) -> Store:
        before = self.desk.shop.board.tasks()
        with self.room.database.reading() as connection:
            rows = list(master_rows(connection, "s01")["task"])
        master = open_for_apply(self.home / "master.db")
        master.execute("DELETE FROM task")
        master.executemany("INSERT INTO task VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        master.close()
        self.desk.shop.board.forget()
        self.lost += lost(before, self.desk.shop.board.tasks())
        return self

    def task(self, kind: str = "pick") -> Task:
        return next(task for task in self.desk.shop.board.open_tasks() if task.kind == kind)

    @property
    def kinds(self) -> list[str]:
        return [task.kind for task in self.desk.shop.board.open_tasks()]

    def works_through_it(self) -> None:
        """Take, pick and pack whatever is offered; hand over when central has heard of it."""
        task_id = self.task().task_id
        self.desk.do(AcceptTask(task_id)).do(PickGoods(task_id, CODE)).do(PackTask(task_id))
        self.desk.do(HandOverTask(task_id, "SE123"))
        assert self.desk.said == "task.not_confirmed"
        self.carry()
        self.desk.do(HandOverTask(task_id, "SE123"))


@pytest.fixture
def store(central: Central, tmp_path: Path) -> Iterator[Store]:
    shop = a_shoe_shop().with_item("Vandringssko 38", "899,00", sku="SKU-1", gtin=CODE)
    home = a_home(tmp_path / "till", shop)
    room = open_shop(central, {"SKU-1": {"s01": 1}})
    with Desk(home) as desk:
        yield Store(room, central, desk.signs_on().opens(), home)


def placed(store: Store) -> CustomerOrder:
    return order(store.room, "SKU-1")


def test_an_order_rings_is_picked_packed_and_shipped(store: Store) -> None:
    made = placed(store)
    store.down()
    assert store.task().why_sv

    store.works_through_it()
    store.carry()

    assert is_finished(now(store.room, made.order_id))
    assert level(store.room, "s01") == (0, 0)
    assert store.kinds == []


def test_the_line_is_cut_after_the_offer_and_everything_is_sent_later(store: Store) -> None:
    made = placed(store)
    store.down()

    store.works_through_it()
    assert now(store.room, made.order_id).parcels[0].state is ParcelState.PACKED
    store.up()

    assert now(store.room, made.order_id).parcels[0].state is ParcelState.SHIPPED


def test_a_parcel_taken_back_while_the_store_picked_offline_goes_back_on_the_shelf(
    store: Store,
) -> None:
    made = placed(store)
    store.down()
    task_id = store.task().task_id
    store.desk.do(AcceptTask(task_id))
    store.carry()
    store.desk.do(PickGoods(task_id, CODE))
    parcel = now(store.room, made.order_id).parcels[0]
    say(store.room, made.order_id, commands.TakeBackParcel(parcel.parcel_id, "silent"))

    store.carry()

    assert [task.pieces_picked for task in store.lost] == [1]
    store.desk.do(EndTask(store.task("put_back").task_id))
    store.carry()
    assert "put_back" not in store.kinds


def test_what_is_not_on_the_shelf_orders_a_count_and_leaves_the_store(store: Store) -> None:
    made = placed(store)
    store.down()
    task_id = store.task().task_id
    store.desk.do(AcceptTask(task_id)).do(MissGoods(task_id, 1, "not_found"))
    store.carry()

    assert store.kinds == ["count"]
    parcel = now(store.room, made.order_id).parcels[0]
    assert parcel.state is ParcelState.LAPSED


def test_a_repeated_word_changes_nothing(store: Store) -> None:
    made = placed(store)
    store.down()
    store.works_through_it()
    store.up()
    store.heard = 0

    store.up()

    assert is_finished(now(store.room, made.order_id))
    assert level(store.room, "s01") == (0, 0)


def test_what_a_store_lends_is_told_known_kept_back_and_broken_by_a_sale(store: Store) -> None:
    with store.central.database.atomic() as connection:
        connection.execute(
            update(t.workstation)
            .where(t.workstation.c.store_id == "s01")
            .values(workstation_id=WORKSTATION_ID)
        )
        at = store.central.timestamp()
        pledges.offer(connection, "s01", "SKU-1", 1, "2099-01-01T00:00:00.000Z", at)
        rows = list(master_rows(connection, "s01")["pledge"])
    master = open_for_apply(store.home / "master.db")
    master.executemany("INSERT INTO pledge VALUES (?, ?, ?, ?, ?)", rows)
    master.execute("INSERT OR REPLACE INTO stock VALUES ('SKU-1', 1, '{}')")
    master.close()

    PledgeWatch(store.desk.desk.ledger).look(0.0)
    assert _lent(store) == ("in_force", 1)
    assert store.desk.scans(CODE).said == "sale.lent"
    store.desk.pays_card()

    assert _lent(store) == ("ended", 0)
    with store.central.database.reading() as connection:
        kinds = [event.kind.value for event in pledges.events_of(connection)]
    assert kinds == ["offer", "acknowledge", "agree", "break", "override"]


def _lent(store: Store) -> tuple[str, int]:
    """State and pieces once the till's journal is booked, as it was written."""
    new = store.desk.bodies()[store.heard :]
    read = [
        Read(1, number, read_entry(b.to_bytes(), workstation_id=WORKSTATION_ID, store_id="s01"))
        for number, b in enumerate(new, store.heard + 1)
    ]
    store.heard += len(new)
    with store.central.database.atomic() as connection:
        book(connection, WORKSTATION_ID, "s01", read, store.central.timestamp())
        pledge = pledges.find(connection, "s01", "SKU-1")
    return pledge.state.value, pledge.lent
