"""Customers at central: sealed, found, never merged on a name, gone when erased."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from central_sync.database import tables as t
from central_sync.retail.customer import Customer
from central_sync.server import customers, feed_pages, people, store_customers
from central_sync.server.catalogue import master_rows
from central_sync.server.central import Central, make_central, open_central
from central_sync.server.customer_commands import customer as commands
from central_sync.server.finding_people import find_customers
from central_sync.server.people_access import accesses
from central_sync.server.plain_people import seal_plain
from central_sync.server.posting import Booking, post
from central_sync.server.reading import Parked, read_entry
from central_sync.server.settings import CentralSettings, CentralTrouble
from central_sync.server.store_keys import add_store_key, store_keys
from central_sync.wire.entries import EntryKind
from central_sync.wire.people import CustomerFile, CustomerPage, CustomerReply, StoreKeyReply
from tests.central.office import count_of, enrolled, key_headers, sale

EVA = Customer(
    "018bcfe5-0000-7000-8000-0000000000e1",
    "Eva-Karin Älvdröm",
    phone="070-123 45 67",
    email="Eva.Alv@Example.com",
    member_number="M 700001",
    town="Kungälv",
)
AT = "2026-11-22T12:00:00.000Z"


def put(central: Central, *wanted: Customer) -> list[str]:
    with central.database.atomic() as connection:
        return people.put_customers(connection, central.data_keys, wanted, AT)


def found(central: Central, text: str) -> list[str]:
    with central.database.reading() as connection:
        page = find_customers(connection, central.data_keys, text)
    return [customer.name for customer in page.customers]


def another(number: int, name: str, **changes: str) -> Customer:
    return Customer(f"018bcfe5-0000-7000-8000-{number:012d}", name, **changes)


@pytest.mark.parametrize(
    "text",
    [
        "+46 70 123 45 67",
        "0701234567",
        "eva.alv@example.com",
        "m700001",
        "eva",
        "alv",
        "älvdr",
        "EVA KARIN ALVDROM",
        "karin älv",
    ],
)
def test_a_customer_is_found_by_what_people_say(central: Central, text: str) -> None:
    put(central, EVA, another(2, "Eva Ek", phone="0701234568"))

    assert EVA.name in found(central, text)


@pytest.mark.parametrize("text", ["0701234569", "eva@example.com", "M7", "evb", "eva sten", ""])
def test_what_fits_nobody_finds_nobody(central: Central, text: str) -> None:
    put(central, EVA)

    assert found(central, text) == []


def test_a_long_beginning_is_compared_in_clear(central: Central) -> None:
    put(central, *(another(number, f"Anders Andersson{number}") for number in range(300)))

    assert found(central, "andersson299") == ["Anders Andersson299"]


def test_a_changed_customer_is_found_by_the_new_words_alone(central: Central) -> None:
    put(central, EVA)

    put(central, Customer(EVA.customer_id, "Eva Nyström", phone="031-11 22 33"))

    assert found(central, "nyst") == found(central, "031112233") == ["Eva Nyström"]
    assert found(central, "älvdr") == []


def test_nothing_changes_when_the_same_customer_comes_again(central: Central) -> None:
    assert put(central, EVA) == [EVA.customer_id]
    assert put(central, EVA) == []


def test_the_same_name_alone_makes_nobody_likely_the_same(central: Central) -> None:
    put(central, EVA)
    twin = another(2, EVA.name, phone="031-11 22 33")
    sharing = another(3, "E. Dröm", email="EVA.ALV@example.com")

    with central.database.reading() as connection:
        of_twin = people.likely_same(connection, central.data_keys, twin)
        of_sharing = people.likely_same(connection, central.data_keys, sharing)

    assert (of_twin, of_sharing) == ([], [EVA])


def test_an_erased_customer_is_gone_and_the_receipts_stay(central: Central) -> None:
    till = enrolled(central)
    put(central, EVA)
    with central.database.atomic() as connection:
        people.put_address(
            connection, central.data_keys, "a-1", {"name": "Eva"}, AT, customer_id=EVA.customer_id
        )
    _sold_to(central, till.store_id, EVA.customer_id)

    with central.database.atomic() as connection:
        stores = customers.erase(connection, EVA.customer_id, AT)

    with central.database.reading() as connection:
        assert people.customer_of(connection, central.data_keys, EVA.customer_id) is None
        assert people.address_of(connection, central.data_keys, "a-1") is None
        kept = connection.execute(select(t.receipt.c.customer_id)).scalars().all()
        rows = connection.execute(
            select(t.feed.c.op, t.feed.c.row).where(t.feed.c.table_name == "customer")
        ).all()
    assert (stores, kept, found(central, "eva")) == (["s01"], [EVA.customer_id], [])
    assert [tuple(row) for row in rows] == [("delete", None)] * 2
    assert count_of(central, t.person_key) == count_of(central, t.customer_token) == 0


def test_who_is_erased_stays_erased(central: Central) -> None:
    put(central, EVA)
    with central.database.atomic() as connection:
        customers.erase(connection, EVA.customer_id, AT)
        customers.erase(connection, EVA.customer_id, AT)

    assert put(central, EVA) == []
    assert found(central, "eva") == []


def test_no_name_is_in_the_database_in_clear(tmp_path: Path) -> None:
    with _at(tmp_path) as central:
        with central.database.atomic() as connection:
            row = {"member_number": "M1", "name": "Plantervik", "phone": "0709998877"}
            connection.execute(t.customer_plain.insert().values(**row))
        with central.database.atomic() as connection:
            assert seal_plain(connection, central.data_keys, AT) == 1
        put(central, another(2, "Sealedberg", email="sealed@berg.example"))
        central.database.wipe_past()
        assert found(central, "planter") == ["Plantervik"]

    everything = b"".join(
        path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()
    ).lower()
    for word in (b"plantervik", b"0709998877", b"+46709998877", b"sealedberg", b"sealed@berg"):
        assert word not in everything


def test_a_central_without_its_data_key_does_not_open(tmp_path: Path) -> None:
    with _at(tmp_path) as central:
        put(central, EVA)
        path = central.settings.data_key_file
    path.unlink()

    with pytest.raises(CentralTrouble, match="Restore it"):
        open_central(central.settings)
    with pytest.raises(CentralTrouble, match="Restore it"):
        make_central(central.settings)


def test_a_key_that_is_another_centrals_is_refused(tmp_path: Path) -> None:
    with _at(tmp_path) as central:
        put(central, EVA)
        path = central.settings.data_key_file
    other = CentralSettings(tmp_path / "other", f"sqlite:///{tmp_path / 'other' / 'central.db'}")
    make_central(other)
    path.write_text(other.data_key_file.read_text())

    with pytest.raises(CentralTrouble, match="not the key"):
        open_central(central.settings)


# In a store.


def test_who_buys_in_a_store_is_known_to_its_tills(central: Central) -> None:
    till = enrolled(central)
    put(central, EVA)

    _sold_to(central, till.store_id, EVA.customer_id)

    (row,) = _of_store(central, "s01")
    with central.database.atomic() as connection:
        keys = store_keys(connection, central.data_keys, "s01", AT)
        changes = feed_pages.page(connection, "store:s01", 1, 100).rows
    assert b"Eva-Karin" in keys.unseal_text(row[1], f"customer/{EVA.customer_id}")
    assert keys.tokens("phone:+46701234567")[0] in row[2].split()
    told = [change.row for change in changes if change.table == "customer"]
    assert told == [{"customer_id": row[0], "sealed": row[1], "tokens": row[2]}]
    assert _of_store(central, "s02") == []


def test_a_customer_that_comes_after_the_receipt_is_told_then(central: Central) -> None:
    till = enrolled(central)
    _sold_to(central, till.store_id, EVA.customer_id)
    assert _of_store(central, "s01") == []

    ids = put(central, EVA)
    with central.database.atomic() as connection:
        store_customers.tell_changed(connection, central.data_keys, ids, AT)

    assert len(_of_store(central, "s01")) == 1


def test_a_new_store_key_seals_its_customers_anew(central: Central) -> None:
    till = enrolled(central)
    put(central, EVA)
    _sold_to(central, till.store_id, EVA.customer_id)
    later = "2026-11-23T12:00:00.000Z"

    with central.database.atomic() as connection:
        keys = add_store_key(connection, central.data_keys, "s01", later)
        assert store_customers.tell_all(connection, central.data_keys, "s01", later) == 1

    (row,) = _of_store(central, "s01")
    assert len(keys.keys) == 2
    assert keys.unseal_text(row[1], f"customer/{EVA.customer_id}")
    assert keys.newest.key_id in _key_id(row[1])


def test_who_was_not_here_for_two_years_leaves_the_tills(central: Central) -> None:
    till = enrolled(central)
    put(central, EVA)
    _sold_to(central, till.store_id, EVA.customer_id)
    with central.database.atomic() as connection:
        connection.execute(update(t.customer_store).values(last_at="2024-11-21T12:00:00.000Z"))

    with central.database.atomic() as connection:
        assert store_customers.forget_old(connection, "s01", central.now()) == 1

    assert _of_store(central, "s01") == []
    assert found(central, "eva") == [EVA.name]


# Over HTTP.


def test_a_till_finds_and_makes_customers(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)
    body = {"customer_id": EVA.customer_id, "name": EVA.name, "phone": EVA.phone}

    made = CustomerReply.model_validate_json(
        http.post("/v1/customers", json=body, headers=till.headers).content
    )
    again = CustomerReply.model_validate_json(
        http.post("/v1/customers", json=body, headers=till.headers).content
    )
    asked = http.get("/v1/customers", params={"q": "älvdröm"}, headers=till.headers)

    page = CustomerPage.model_validate_json(asked.content)
    assert (made.is_new, again.is_new) == (True, False)
    assert [card.customer_id for card in page.customers] == [EVA.customer_id]
    assert len(_of_store(central, "s01")) == 1


def test_a_likely_duplicate_is_shown_and_made_only_when_somebody_is_sure(
    central: Central, http: httpx.Client
) -> None:
    till = enrolled(central)
    put(central, EVA)
    body = {"customer_id": "c-2", "name": "E. Dröm", "phone": "+46701234567"}

    first = http.post("/v1/customers", json=body, headers=till.headers)
    sure = http.post("/v1/customers", json=body | {"is_sure": True}, headers=till.headers)

    refused = CustomerReply.model_validate_json(first.content)
    made = CustomerReply.model_validate_json(sure.content)
    assert (refused.customer, [each.name for each in refused.likely]) == (None, [EVA.name])
    assert made.is_new
    shown = CustomerFile.model_validate_json(
        http.get("/v1/customers/c-2", headers=till.headers).content
    )
    assert [each.customer_id for each in shown.likely] == [EVA.customer_id]


@pytest.mark.parametrize(
    "wrong", [{"phone": "12"}, {"email": "eva"}, {"name": " "}, {"customer_id": "a b"}]
)
def test_a_customer_with_a_wrong_field_is_refused(
    central: Central, http: httpx.Client, wrong: dict[str, str]
) -> None:
    body = {"customer_id": "c-1", "name": "Eva"} | wrong

    answer = http.post("/v1/customers", json=body, headers=enrolled(central).headers)

    assert answer.status_code == 422


def test_a_person_says_why_and_is_written_down(central: Central, http: httpx.Client) -> None:
    put(central, EVA)
    headers = key_headers(central, "customers:read")

    silent = http.get("/v1/customers", params={"q": "eva"}, headers=headers)
    asked = http.get("/v1/customers", params={"q": "eva", "why": "a call"}, headers=headers)

    with central.database.reading() as connection:
        rows = connection.execute(select(t.customer_access)).mappings().all()
    assert (silent.status_code, asked.status_code) == (422, 200)
    (row,) = rows
    assert (row["why"], row["what"], row["customer_ids"]) == (
        "a call",
        "find by name",
        EVA.customer_id,
    )
    assert row["who"].startswith("key ")


def test_who_was_shown_at_a_till_without_central_is_in_the_same_record(
    central: Central, http: httpx.Client
) -> None:
    till = enrolled(central)
    put(central, EVA)
    seen = {"customer_ids": [EVA.customer_id], "what": "show"}
    till.note(EntryKind.CUSTOMERS_SEEN, payload=seen)
    broken = till.note(EntryKind.CUSTOMERS_SEEN, payload={"customer_ids": 7})

    till.send(http)
    http.get(f"/v1/customers/{EVA.customer_id}", headers=till.headers)

    with central.database.reading() as connection:
        first, second = accesses(connection, EVA.customer_id)
    assert (first["who"], first["what"]) == (second["who"], second["what"])
    assert first["why"] == "at the till without central, operator 1001"
    read = read_entry(broken.body, workstation_id=till.workstation_id, store_id=till.store_id)
    assert isinstance(read, Parked)


def test_a_key_without_the_scope_sees_nobody(central: Central, http: httpx.Client) -> None:
    headers = key_headers(central, "stock:read")

    answers = [
        http.get("/v1/customers", params={"q": "eva", "why": "x"}, headers=headers),
        http.delete(f"/v1/customers/{EVA.customer_id}", params={"why": "x"}, headers=headers),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_erasing_over_http_takes_the_store_s_master_files_too(
    central: Central, http: httpx.Client
) -> None:
    till = enrolled(central)
    put(central, EVA)
    _sold_to(central, till.store_id, EVA.customer_id)
    central.snapshots.build("s01")

    gone = http.delete(
        f"/v1/customers/{EVA.customer_id}",
        params={"why": "she asked"},
        headers=key_headers(central, "customers:write"),
    )

    assert gone.status_code == 204
    assert list(central.settings.snapshots.glob("*.zst")) == []
    assert http.get(f"/v1/customers/{EVA.customer_id}", headers=till.headers).status_code == 404


def test_a_note_makes_its_customer_once(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)
    body = {
        "kind": "customer",
        "subject_id": EVA.customer_id,
        "at": AT,
        "content": {"name": EVA.name, "phone": EVA.phone},
    }

    first = http.put("/v1/notes/n-1", json=body, headers=till.headers)
    again = http.put("/v1/notes/n-1", json=body, headers=till.headers)

    assert (first.json()["is_new"], again.json()["is_new"]) == (True, False)
    assert found(central, "0701234567") == [EVA.name]
    assert len(_of_store(central, "s01")) == 1


def test_an_address_of_a_note_is_kept_sealed(central: Central, http: httpx.Client) -> None:
    content = {"name": "Eva", "street": "Storgatan 1", "postcode": "411 19", "town": "Göteborg"}
    body = {"kind": "address", "subject_id": "a-1", "at": AT, "content": content}

    http.put("/v1/notes/n-1", json=body, headers=enrolled(central).headers).raise_for_status()

    with central.database.reading() as connection:
        kept = people.address_of(connection, central.data_keys, "a-1")
        raw = connection.execute(select(t.address.c.sealed)).scalar_one()
    assert kept is not None
    assert kept["street"] == "Storgatan 1"
    assert b"Storgatan" not in raw


def test_a_note_that_says_nothing_usable_is_refused(central: Central, http: httpx.Client) -> None:
    body = {"kind": "customer", "subject_id": "c-1", "at": AT, "content": {"shoe": "42"}}

    answer = http.put("/v1/notes/n-1", json=body, headers=enrolled(central).headers)

    assert (answer.status_code, count_of(central, t.note)) == (422, 0)


def test_the_tills_of_a_store_share_its_key_and_no_other_store_s(
    central: Central, http: httpx.Client
) -> None:
    tills = [enrolled(central, "s01", "1"), enrolled(central, "s01", "2"), enrolled(central, "s02")]

    answers = [http.get("/v1/store-key", headers=till.headers) for till in tills]
    first, second, other = (StoreKeyReply.model_validate_json(a.content) for a in answers)

    assert first == second
    assert first.keys[0].secret != other.keys[0].secret


def test_the_heartbeat_names_the_store_s_key(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)
    body = {"heads": [], "version": "1", "clock": AT, "outbox": 0}

    said = http.post("/v1/heartbeat", json=body, headers=till.headers).json()
    keys = http.get("/v1/store-key", headers=till.headers).json()["keys"]

    assert said["store_key_id"] == keys[0]["key_id"] != ""


def _sold_to(central: Central, store_id: str, customer_id: str) -> None:
    """A receipt that names a customer comes from a till of the store."""

    with central.database.atomic() as connection:
        booking = Booking("w", 1, 1, sale(customer_id=customer_id))
        post(connection, store_id, [booking], AT)
        store_customers.tell(connection, central.data_keys, store_id, AT)


def _of_store(central: Central, store_id: str) -> list[tuple[str, str, str]]:
    """The rows of a store's master file."""
    with central.database.reading() as connection:
        return [(row[0], row[1], row[2]) for row in master_rows(connection, store_id)["customer"]]


def _key_id(sealed: str) -> str:

    return base64.b64decode(sealed)[:5].hex()


class _at:
    """A central of its own with a home, closed at the end."""

    def __init__(self, home: Path) -> None:
        settings = CentralSettings(home, f"sqlite:///{home / 'central.db'}")
        make_central(settings)
        self._central = open_central(settings)

    def __enter__(self) -> Central:
        return self._central

    def __exit__(self, *_: object) -> None:
        self._central.close()


# Commands.


def test_head_office_finds_exports_and_erases_from_the_command_line(tmp_path: Path) -> None:
    with _at(tmp_path) as central:
        put(central, EVA)
    run = CliRunner()
    place = ["--home", str(tmp_path), "--why", "she asked"]

    found = run.invoke(commands, ["find", "älvdröm", "--json", *place])
    shown = run.invoke(commands, ["show", EVA.customer_id, *place])
    held = run.invoke(commands, ["export", EVA.customer_id, *place])
    gone = run.invoke(commands, ["erase", EVA.customer_id, "--yes", *place])
    again = run.invoke(commands, ["show", EVA.customer_id, *place])

    assert json.loads(found.stdout)["customers"][0]["name"] == EVA.name
    assert EVA.email in shown.stdout
    export = json.loads(held.stdout)
    assert export["customer"]["phone"] == EVA.phone
    assert [look["what"] for look in export["looked_at"]] == ["find by name", "show"]
    assert (gone.exit_code, again.exit_code) == (0, 1)
    assert "erased" in again.stderr


def test_a_new_store_key_and_a_tidy_are_told_in_a_sentence(tmp_path: Path) -> None:
    with _at(tmp_path):
        pass
    run = CliRunner()

    tidied = run.invoke(commands, ["tidy", "--home", str(tmp_path)])
    unknown = run.invoke(commands, ["new-store-key", "s99", "--home", str(tmp_path)])

    assert "0 stores" in tidied.stdout
    assert (unknown.exit_code, unknown.stderr) == (1, "There is no store s99.\n")
