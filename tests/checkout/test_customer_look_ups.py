"""Central is asked of customers first; when it is late they are known here. Looks are noted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.entries import EntryKind
from central_sync.wire.people import (
    CustomerCard,
    CustomerFile,
    CustomerPage,
    CustomerReply,
    CustomersOrder,
    CustomerWrite,
    Purchase,
)
from pos_client.checkout.answers import Answers
from pos_client.checkout.customer_line import CustomerLine
from pos_client.checkout.customer_look_ups import CustomerLookUps
from pos_client.checkout.mailbox import Mailbox
from pos_client.register import commands, queries
from pos_client.register.queries import (
    AboutCustomers,
    Answer,
    FindCustomers,
    FindLikely,
    FoundCustomers,
    LookUpCustomer,
)
from pos_client.storage.notes import open_for_sync
from pos_client.storage.people import People
from tests.builders import SHOES
from tests.checkout.core_harness import Desk, a_home
from tests.hardware.waiting import until

EVA = CustomerCard(customer_id="c-9", name="Eva Borg", phone="+46701234567", town="Göteborg")
AT_NOON = "2026-11-22T11:00:00.000Z"


@dataclass
class CentralTwin:
    """Fulfils engine.desk.CustomerDesk from memory; `holds` makes it slow until it is set."""

    is_away: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    holds: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.holds.set()

    def customers(self, text: str, why: str = "") -> CustomerPage:
        self._ask(text, why)
        return CustomerPage(customers=[EVA])

    def customer(self, customer_id: str, why: str = "") -> CustomerFile:
        self._ask(customer_id, why)
        if customer_id != EVA.customer_id:
            raise SyncTrouble(Code.REFUSED, "There is no such customer.", "Search again.")
        bought = Purchase(receipt_id="r", receipt_number="7-1-1", store_id="s07", at=AT_NOON,
                          kind="sale", total_minor=100, currency="SEK")  # fmt: skip
        order = CustomersOrder(order_id="o", number="W-1", version=1, made="at_distance",
                               store_id="", receipt_id="", customer_id="c-9", placed_at=AT_NOON,
                               total_minor=100, unpaid_minor=0, state="open")  # fmt: skip
        return CustomerFile(customer=EVA, purchases=[bought], orders=[order])

    def create_customer(self, wish: CustomerWrite) -> CustomerReply:
        return CustomerReply(customer=None)

    def close(self) -> None:
        self.is_away = True

    def _ask(self, text: str, why: str) -> None:
        self.asked.append((text, why))
        self.holds.wait(10.0)
        if self.is_away:
            raise SyncTrouble(Code.UNREACHABLE, "Central does not answer.", "Wait.")


class Till:
    """A cash desk whose look-ups go to `central`; `ask` waits for the one answer."""

    def __init__(self, home: Path, central: CentralTwin, patience_seconds: float) -> None:
        self.desk = Desk(home).signs_on().opens()
        self.mailbox = Mailbox()
        self._notes = open_for_sync(home)
        country = self.desk.shop.country
        people = People(home, self._notes.customers)
        self.answers = Answers(
            home, self.mailbox, lambda: country, lambda kind: pytest.fail(kind), people
        )
        self.answers.start()
        self.line = CustomerLine(lambda: central, self.mailbox, patience_seconds=patience_seconds)
        self.look_ups = CustomerLookUps(self.desk.desk.ledger, self.answers, self.line, lambda: 60)

    def ask(self, query: AboutCustomers) -> Answer | None:
        told: list[Answer | None] = []
        self.look_ups.ask(query, told.append)

        def came() -> bool:
            self.mailbox.deliver()
            return bool(told)

        until(came)
        return told[0]

    def found(self, text: str) -> FoundCustomers:
        answer = self.ask(FindCustomers(text))
        assert isinstance(answer, FoundCustomers)
        return answer

    def file(self, customer_id: str) -> queries.CustomerFile:
        answer = self.ask(LookUpCustomer(customer_id))
        assert isinstance(answer, queries.CustomerFile)
        return answer

    def makes(self, name: str, **more: str) -> str:
        self.desk.scans(SHOES).do(commands.CreateCustomer(name, **more, is_sure=True))
        return self.desk.state.basket.customer_id

    def close(self) -> None:
        self.line.stop()
        self.answers.stop()
        self._notes.close()
        self.mailbox.close()
        with self.desk:
            pass


@pytest.fixture
def central() -> CentralTwin:
    return CentralTwin()


@pytest.fixture(params=[5.0])
def till(tmp_path: Path, central: CentralTwin, request: pytest.FixtureRequest) -> Iterator[Till]:
    made = Till(a_home(tmp_path / "till"), central, request.param)
    yield made
    central.holds.set()
    made.close()


def names(found: FoundCustomers) -> list[str]:
    return [each.name for each in found.customers]


def test_whom_central_shows_can_be_put_on_the_sale_by_name(
    till: Till, central: CentralTwin
) -> None:
    found = till.found("eva")
    till.desk.scans(SHOES).do(commands.AttachCustomer("c-9"))

    assert (names(found), found.is_live) == (["Eva Borg"], True)
    shown = till.desk.shop.customer("c-9")
    assert shown is not None
    assert (shown.name, till.desk.state.basket.customer_id) == ("Eva Borg", "c-9")
    assert central.asked == [("eva", "at the till, operator 1001")]


def test_who_was_made_here_a_minute_ago_is_found_beside_central_s(till: Till) -> None:
    till.makes("Eva Nyss")

    assert names(till.found("eva")) == ["Eva Nyss", "Eva Borg"]


def test_without_central_those_known_here_are_told_with_their_age(
    till: Till, central: CentralTwin
) -> None:
    till.makes("Eva Nyss")
    central.is_away = True

    found = till.found("eva")

    assert (names(found), found.is_live, found.age_seconds) == (["Eva Nyss"], False, 60)


@pytest.mark.parametrize("till", [0.05], indirect=True)
def test_a_slow_central_holds_nobody_up(till: Till, central: CentralTwin) -> None:
    till.makes("Eva Nyss")
    central.holds.clear()

    assert names(till.found("eva")) == ["Eva Nyss"]


def test_who_is_shown_without_central_is_in_the_journal_by_id(
    till: Till, central: CentralTwin
) -> None:
    customer_id = till.makes("Eva Nyss")
    central.is_away = True
    till.found("eva")
    till.file(customer_id)
    till.found("nobody of that name")

    seen = [body for body in till.desk.bodies() if body.kind == EntryKind.CUSTOMERS_SEEN]
    assert [(body.payload["what"], body.payload["customer_ids"]) for body in seen] == [
        ("find", [customer_id]),
        ("show", [customer_id]),
    ]
    assert {body.operator for body in seen} == {"1001"}


def test_a_file_tells_orders_and_purchases_of_all_channels(till: Till) -> None:
    file = till.file("c-9")

    assert [(order.number, order.state) for order in file.orders] == [("W-1", "open")]
    assert [each.receipt_number for each in file.purchases] == ["7-1-1"]
    assert file.is_live


def test_without_central_a_file_tells_what_this_till_sold(till: Till, central: CentralTwin) -> None:
    customer_id = till.makes("Eva Nyss")
    till.desk.pays_cash()
    till.desk.scans(SHOES).pays_cash()
    central.is_away = True

    file = till.file(customer_id)

    assert [each.receipt_number for each in file.purchases] == ["s01-1-1-1"]
    assert (file.customer.name, file.is_live) == ("Eva Nyss", False)


def test_who_shares_a_number_is_likely_wherever_they_were_made(till: Till) -> None:
    till.makes("Eva Nyss", phone="073-111 22 33")

    answer = till.ask(FindLikely(phone="0731112233"))

    assert isinstance(answer, FoundCustomers)
    assert names(answer) == ["Eva Nyss", "Eva Borg"]


def test_nobody_is_told_of_while_nobody_is_signed_on(till: Till, central: CentralTwin) -> None:
    till.desk.do(commands.SignOff())

    assert till.ask(FindCustomers("eva")) is None
    assert central.asked == []
