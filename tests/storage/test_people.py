"""Sealed notes and the store's own customers on a till's disk."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from central_sync.engine.home_keys import (
    IN_KEYRING,
    KeyringAway,
    KeysAway,
    data_keys,
    keep_store_keys,
    key_file,
    store_keys,
)
from central_sync.engine.state import SyncStore, notes_sent
from central_sync.masterfile.build import build_master
from central_sync.retail.customer import Customer, search_words
from central_sync.wire.people import StoreKey
from central_sync.wire.sealing import KeySet, tokenizer
from pos_client.bootstrap.people import erase_old_notes
from pos_client.register import commands
from pos_client.storage.notes import open_for_sync
from pos_client.storage.people import People
from tests.builders import SHOES
from tests.checkout.core_harness import Desk, a_home

NAME, PHONE, EMAIL = "Plantervik Sällsynt", "070-999 88 77", "plantervik@example.com"
PLANTED = ("plantervik", "sällsynt", "sallsynt", "709998877", "999 88 77")


class MemoryKeyring:
    """The twin of an operating system's keyring; `is_locked` makes it forget."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service_name: str, username: str, /) -> str | None:
        return None if self.is_locked else self.kept.get((service_name, username))

    def set_password(self, service_name: str, username: str, password: str, /) -> None:
        self.kept[service_name, username] = password


@pytest.fixture(autouse=True)
def _no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPINDEL_KEYRING", "off")


def traces(home: Path) -> list[str]:
    """Files of a home in which a planted word can be read, in any case or coding."""
    found = []
    for path in home.rglob("*"):
        if path.is_file():
            for coding in ("utf-8", "latin-1", "utf-16-le"):
                text = path.read_bytes().decode(coding, "ignore").casefold()
                found += [f"{path.name}: {word}" for word in PLANTED if word in text]
    return found


def made(desk: Desk) -> str:
    desk.signs_on().opens().scans(SHOES)
    desk.do(commands.CreateCustomer(NAME, phone=PHONE, email=EMAIL))
    return desk.state.basket.customer_id


def test_a_customer_made_at_a_till_is_nowhere_on_its_disk_in_clear(tmp_path: Path) -> None:
    home = a_home(tmp_path / "till")
    with Desk(home) as desk:
        customer_id = made(desk)
        before_the_end = traces(home)
        desk.pays_cash()
        assert desk.sold()[0].customer_id == customer_id
        assert desk.shop.customer(customer_id) is not None
        (home / "dump.sql").write_text("\n".join(desk.records.database.conn.iterdump()))

    assert before_the_end == traces(home) == []


def test_a_note_survives_with_its_customer_when_the_register_dies(tmp_path: Path) -> None:
    home = a_home(tmp_path / "till")
    with Desk(home) as desk:
        customer_id = made(desk)

    with Desk(home) as desk:
        known = desk.shop.customer(customer_id)
        assert desk.state.basket.customer_id == customer_id

    assert known is not None
    assert (known.name, known.phone, known.email) == (NAME, PHONE, EMAIL)


def test_sync_reads_what_it_has_to_send(tmp_path: Path) -> None:
    home = a_home(tmp_path / "till")
    with Desk(home) as desk:
        customer_id = made(desk)

    notes = open_for_sync(home)
    (note,) = notes.waiting(())

    assert (note.kind, note.subject_id, note.content["name"]) == ("customer", customer_id, NAME)
    assert notes.waiting({note.note_id}) == []
    notes.close()


def test_a_note_that_central_has_had_for_a_week_is_wiped(tmp_path: Path) -> None:
    home = a_home(tmp_path / "till")
    with Desk(home) as desk:
        customer_id = made(desk)
        store = SyncStore(home)
        store.note_settled(customer_id, datetime.now(UTC).isoformat())
        erase_old_notes(home, desk.records)
        fresh = desk.records.database.conn.execute("SELECT COUNT(*) FROM sealed_note").fetchone()
        store.note_settled(customer_id, "2020-01-01T00:00:00.000Z")
        erase_old_notes(home, desk.records)
        left = desk.records.database.conn.execute("SELECT COUNT(*) FROM sealed_note").fetchone()
        store.close()

    assert (fresh[0], left[0]) == (1, 0)
    assert notes_sent(home, "2021") == [customer_id]


def test_a_refused_note_is_never_wiped_and_waits_a_day(tmp_path: Path) -> None:
    store = SyncStore(tmp_path)
    store.note_settled("n-1", "2026-11-22T12:00:00.000Z", "central did not like it")

    soon = store.settled_notes(datetime(2026, 11, 22, 13, tzinfo=UTC))
    later = store.settled_notes(datetime(2026, 11, 23, 13, tzinfo=UTC))
    store.close()

    assert (soon, later, notes_sent(tmp_path, "2030")) == ({"n-1"}, set(), [])


# The store's own customers.

EVA = Customer("c-1", "Eva-Karin Älvdröm", "0701234567", "eva@example.com", "M 7")
BO = Customer("c-2", "Bo Ek", "031112233")


def a_home_with_people(tmp_path: Path, keys: KeySet, *customers: Customer) -> Path:
    token = tokenizer(keys.newest)
    rows = [
        (
            each.customer_id,
            keys.seal_text(
                f'{{"name": "{each.name}", "phone": "{each.phone}",'
                f' "email": "{each.email}", "member_number": "{each.member_number}"}}'.encode(),
                f"customer/{each.customer_id}",
            ),
            " ".join(token(word) for word in search_words(each)),
        )
        for each in customers
    ]
    build_master(tmp_path / "master.db", {"customer": rows}, positions={"chain": 1}, store_id="s01")
    keep_store_keys(tmp_path, [StoreKey(key_id=k.key_id, secret=k.secret) for k in keys.keys])
    return tmp_path


@pytest.mark.parametrize(
    "text", ["070-123 45 67", "EVA@example.com", "m7", "eva", "älv", "alvdrom karin"]
)
def test_the_store_s_own_customers_are_found_without_a_network(tmp_path: Path, text: str) -> None:
    people = People(a_home_with_people(tmp_path, KeySet.generate(), BO, EVA))

    assert people.find(text) == [EVA]
    people.close()


def test_a_till_whose_store_key_has_not_come_knows_nobody_until_it_does(tmp_path: Path) -> None:
    keys = KeySet.generate()
    home = a_home_with_people(tmp_path, keys, EVA)
    key_file(home, "store").unlink()
    people = People(home)
    before = people.find("eva")

    keep_store_keys(home, [StoreKey(key_id=k.key_id, secret=k.secret) for k in keys.keys])

    assert (before, people.find("eva"), people.customer("c-1")) == ([], [EVA], EVA)
    people.close()


def test_customers_sealed_under_an_older_key_are_found_all_the_same(tmp_path: Path) -> None:
    old = KeySet.generate()
    home = a_home_with_people(tmp_path, old, EVA)
    keep_store_keys(home, [StoreKey(key_id=k.key_id, secret=k.secret) for k in old.with_new().keys])
    people = People(home)

    assert people.find("eva") == [EVA]
    people.close()


def test_who_central_showed_is_remembered_for_the_basket(tmp_path: Path) -> None:
    people = People(a_home_with_people(tmp_path, KeySet.generate()))

    people.remember(EVA)

    assert (people.customer("c-1"), people.customer("c-2")) == (EVA, None)
    people.close()


def test_a_thief_of_the_master_file_reads_no_names(tmp_path: Path) -> None:
    home = a_home_with_people(tmp_path, KeySet.generate(), EVA)

    text = (home / "master.db").read_bytes().decode("utf-8", "ignore").casefold()

    assert not any(word in text for word in ("älvdröm", "eva", "0701234567"))


# Keys.


def test_a_till_makes_its_key_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    first = data_keys(tmp_path)

    assert data_keys(tmp_path).newest.secret == first.newest.secret
    assert key_file(tmp_path, "data").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("keyring", [None, MemoryKeyring()], ids=["file", "keyring"])
def test_a_register_and_a_sync_that_start_at_once_make_one_key(
    tmp_path: Path, keyring: MemoryKeyring | None
) -> None:
    starters = 4
    line = threading.Barrier(starters)

    def start(home: Path) -> bytes:
        line.wait()
        return data_keys(home, keyring).newest.secret

    with ThreadPoolExecutor(starters) as pool:
        for number in range(5):
            home = tmp_path / str(number)
            made = [pool.submit(start, home) for _ in range(starters)]

            assert {each.result() for each in made} == {data_keys(home, keyring).newest.secret}


def test_where_there_is_a_keyring_the_file_holds_no_key(tmp_path: Path) -> None:
    keyring = MemoryKeyring()

    first = data_keys(tmp_path, keyring)

    assert key_file(tmp_path, "data").read_text() == IN_KEYRING
    assert data_keys(tmp_path, keyring).newest.secret == first.newest.secret


def test_a_locked_keyring_never_makes_a_second_key(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    first = data_keys(tmp_path, keyring)
    keyring.is_locked = True

    with pytest.raises(KeysAway, match="Unlock"):
        data_keys(tmp_path, keyring)

    keyring.is_locked = False
    assert data_keys(tmp_path, keyring).newest.secret == first.newest.secret


class BrokenKeyring(MemoryKeyring):
    """One that answers every call with trouble of its own."""

    def get_password(self, service_name: str, username: str, /) -> str | None:
        raise KeyringAway("the bus is gone")

    def set_password(self, service_name: str, username: str, password: str, /) -> None:
        raise KeyringAway("the bus is gone")


def test_a_key_goes_into_a_file_where_the_keyring_takes_none(tmp_path: Path) -> None:
    first = data_keys(tmp_path, BrokenKeyring())

    assert key_file(tmp_path, "data").read_text() != IN_KEYRING
    assert data_keys(tmp_path, BrokenKeyring()).newest.secret == first.newest.secret


def test_a_keyring_in_trouble_is_told_and_makes_no_second_key(tmp_path: Path) -> None:
    keyring = MemoryKeyring()
    first = data_keys(tmp_path, keyring)

    with pytest.raises(KeysAway, match="Unlock"):
        data_keys(tmp_path, BrokenKeyring())

    assert data_keys(tmp_path, keyring).newest.secret == first.newest.secret


def test_a_damaged_key_file_is_told_and_kept(tmp_path: Path) -> None:
    data_keys(tmp_path)
    key_file(tmp_path, "data").write_text("rubbish")

    with pytest.raises(KeysAway, match="Restore"):
        data_keys(tmp_path)

    assert store_keys(tmp_path) is None
    assert key_file(tmp_path, "data").read_text() == "rubbish"
