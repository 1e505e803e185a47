"""A customer's whole way: noted at one till, sealed at central, found at another, erased."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.engine.desk import HttpDesk
from central_sync.engine.enrol import enrol
from central_sync.engine.home_keys import DATA_KEY, data_keys, key_file
from central_sync.engine.notes import Note
from central_sync.engine.round import contact
from central_sync.engine.settings import read_settings
from central_sync.engine.workstation import load_key, open_workstation
from central_sync.server import customers
from central_sync.server.people_access import accesses
from central_sync.wire.people import CustomerWrite
from pos_client.storage import notes
from pos_client.storage.database import durable, open_receipts
from pos_client.storage.people import People
from tests.engine.real_central import RealCentral
from tests.engine.test_with_central import Till

PLANTED = ("plantervik", "709998877")
AT = "2026-11-22T12:00:00.000Z"


@pytest.fixture
def central(tmp_path: Path) -> Iterator[RealCentral]:
    made = RealCentral(tmp_path / "central")
    made.start()
    yield made
    made.stop()


def a_till(tmp_path: Path, central: RealCentral, label: str) -> Path:
    home = tmp_path / f"till-{label}"
    enrol(home, central.code(label), central_url=central.url)
    return home


def noted(home: Path) -> None:
    """What the core does for CreateCustomer."""
    content = {"name": "Eva Plantervik", "phone": "0709998877"}
    database = open_receipts(home / "receipts.db")
    with durable(database) as connection:
        notes.write(connection, data_keys(home), Note("c-1", "customer", "c-1", AT, content))
    database.conn.close()


def synced(home: Path) -> None:
    with open_workstation(home) as workstation:
        assert contact(workstation).troubles == []


def names_at(home: Path, text: str) -> list[str]:
    people = People(home)
    found = people.find(text)
    people.close()
    return [customer.name for customer in found]


def traces(folder: Path) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [
        f"{path.name}: {word}"
        for path in files
        for word in PLANTED
        if word in path.read_bytes().decode("utf-8", "ignore").casefold()
    ]


def test_a_customer_noted_at_one_till_is_found_at_its_neighbour_until_erased(
    tmp_path: Path, central: RealCentral
) -> None:
    first, second = (a_till(tmp_path, central, label) for label in ("1", "2"))
    noted(first)
    synced(first)
    synced(second)

    assert names_at(second, "planter") == names_at(second, "070-999 88 77") == ["Eva Plantervik"]

    with central.opened() as office, office.database.atomic() as connection:
        assert customers.erase(connection, "c-1", AT) == ["s01"]
    synced(second)

    assert names_at(second, "planter") == []
    assert traces(tmp_path) == []


def test_receipts_go_up_while_the_key_of_the_notes_cannot_be_read(
    tmp_path: Path, central: RealCentral
) -> None:
    home = a_till(tmp_path, central, "1")
    noted(home)
    kept = key_file(home, DATA_KEY).read_text()
    Till(home).sell(2)

    for unreadable in ("rubbish", "keyring\n", None):
        key_file(home, DATA_KEY).unlink()
        if unreadable is not None:
            key_file(home, DATA_KEY).write_text(unreadable)
        with open_workstation(home) as workstation:
            report = contact(workstation)
        assert (report.troubles, report.receipts) == ([], 2)
        Till(home).sell(2)
        key_file(home, DATA_KEY).touch()

    key_file(home, DATA_KEY).write_text(kept)
    synced(home)
    synced(home)  # which brings the customer as central has it
    assert names_at(home, "planter") == ["Eva Plantervik"]


def test_a_till_asks_central_live_and_makes_a_customer_once(
    tmp_path: Path, central: RealCentral
) -> None:
    home = a_till(tmp_path, central, "1")
    desk = HttpDesk(read_settings(home), load_key(home), "s01-1")
    wish = CustomerWrite(customer_id="c-9", name="Bo Ek", phone="031-11 22 33")

    made, again = desk.create_customer(wish), desk.create_customer(wish)
    twin = desk.create_customer(wish.model_copy(update={"customer_id": "c-10"}))

    assert (made.is_new, again.is_new, twin.customer) == (True, False, None)
    assert [each.customer_id for each in twin.likely] == ["c-9"]
    assert [each.name for each in desk.customers("bo ek").customers] == ["Bo Ek"]
    file = desk.customer("c-9", "at the till, operator 1001")
    assert (file.purchases, file.orders) == ([], [])
    with central.opened() as office, office.database.reading() as connection:
        assert accesses(connection, "c-9")[-1]["why"] == "at the till, operator 1001"
    desk.close()
