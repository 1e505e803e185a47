"""What is forgotten in time, and what never is."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import commands
from central_sync.server import forks
from central_sync.server.carriers import FolderCarrier
from central_sync.server.central import Central
from central_sync.server.intake import Sender
from central_sync.server.messages import FolderMessenger
from central_sync.server.orders import sending
from central_sync.server.orders.private import SealedPrivate
from central_sync.server.orders.repeating import once
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.sending import Outlets
from central_sync.server.tidying import tidy
from central_sync.wire.messages import Boot
from tests.central.office import Clock, count_of
from tests.central.orders.shop import now, open_shop, order, pick_all, quote, say


@pytest.fixture
def room(central: Central) -> OrderRoom:
    """With central's own keeping of addresses."""
    made = open_shop(central, {"SKU-1": {"s02": 3, "s03": 3}})
    private = SealedPrivate(central.data_keys)
    return OrderRoom(made.database, made.now, private, made.secret)


def shipped(room: OrderRoom, tmp_path: Path) -> str:
    order_id = order(room, "SKU-1").order_id
    parcel = pick_all(room, order_id).parcels[0]
    place = (parcel.parcel_id, parcel.store_id, parcel.epoch)
    say(room, order_id, commands.HandOver(*place, "T1"))
    outlets = Outlets(FolderCarrier(tmp_path / "parcels"), FolderMessenger(tmp_path / "letters"))
    sending.send_due(room, outlets)
    return order_id


def test_what_is_needed_no_more_goes_after_its_time_and_facts_stay(
    central: Central, room: OrderRoom, tmp_path: Path, clock: Clock
) -> None:
    order_id = shipped(room, tmp_path)
    once(room, "key:webshop", "k-1", b"asked", lambda: (200, "{}"))
    quote(room, "SKU-1")
    before = now(room, order_id)
    assert tidy(room)["tasks"] == 0

    clock.forward(days=100)
    done = tidy(room)

    assert done["holds"] == 1
    assert (done["quotes"], done["messages"], done["tasks"]) == (2, 2, 1)
    assert done["addresses"] == 0
    for table in (t.idempotency, t.quote, t.outgoing, t.store_task):
        assert count_of(central, table) == 0
    assert now(room, order_id) == before


def test_a_closed_task_leaves_the_tills_and_its_name_the_feeds_past(
    central: Central, room: OrderRoom, tmp_path: Path, clock: Clock
) -> None:
    shipped(room, tmp_path)
    clock.forward(days=15)

    tidy(room)

    told = t.feed.c
    with central.database.reading() as connection:
        rows = connection.execute(
            select(told.op, told.row).where(told.table_name == "task").order_by(told.position)
        ).all()
    assert {(row.op, row.row) for row in rows} == {("delete", None)}


def test_an_address_is_erased_when_nobody_may_complain_any_more(
    central: Central, room: OrderRoom, tmp_path: Path, clock: Clock
) -> None:
    order_id = shipped(room, tmp_path)
    waiting = order(room, "SKU-1")
    clock.forward(days=3 * 366 + 1)

    assert tidy(room)["addresses"] == 1

    done = now(room, order_id)
    assert done.address is not None
    assert waiting.address is not None
    with central.database.reading() as connection:
        assert room.private.find(connection, done.address.address_id) is None
        assert room.private.find(connection, waiting.address.address_id) is not None
    assert tidy(room)["addresses"] == 0


def test_a_computer_that_no_fork_names_is_forgotten_once_it_has_long_been_silent(
    central: Central, room: OrderRoom, clock: Clock
) -> None:
    sender = Sender("s01-1", "s01", "its key")
    other, told, gone, new = (Boot(boot_id=name) for name in ("a", "b", "c", "d"))
    with room.database.atomic() as connection:
        for boot in (other, told, gone):
            forks.hear(connection, sender, boot, "", room.timestamp())
        forks.found(
            connection,
            sender,
            why="fork",
            epoch=1,
            common_sequence=1,
            new_epoch=2,
            boot=told,
            at=room.timestamp(),
        )
    clock.forward(days=100)
    with room.database.atomic() as connection:
        forks.hear(connection, sender, new, "", room.timestamp())

    assert tidy(room)["boots"] == 1
    with room.database.reading() as connection:
        left = set(connection.execute(select(t.workstation_boot.c.boot_id)).scalars())
    assert left == {"a", "b", "d"}
