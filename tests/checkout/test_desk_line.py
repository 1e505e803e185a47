"""A look-up has its moment and no more; after that the last known answer is given with its age."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest

from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.availability import AvailabilityReply, ItemAvailability, SiteAvailability
from pos_client.checkout.desk_line import DeskLine
from pos_client.checkout.mailbox import Mailbox
from pos_client.register.queries import Answer, AskStock, ChainStock
from tests.hardware.waiting import until


@dataclass
class DeskTwin:
    """Fulfils engine.desk.Desk from memory; `holds` makes it slow until it is set."""

    available: int = 3
    is_away: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    answered: int = 0
    holds: threading.Event = field(default_factory=threading.Event)
    is_closed: bool = False

    def __post_init__(self) -> None:
        self.holds.set()

    def availability(self, skus: Sequence[str], store_id: str) -> AvailabilityReply:
        self.asked.append(tuple(skus))
        self.holds.wait(10.0)
        if self.is_away:
            raise SyncTrouble(Code.UNREACHABLE, "Central does not answer.", "Wait.")
        site = SiteAvailability(
            store_id="s02", name="Mölndal", available=self.available, band="few", age_seconds=60
        )
        items = [ItemAvailability(sku=sku, available=3, band="few", sites=[site]) for sku in skus]
        self.answered += 1
        return AvailabilityReply(at="2026-11-22T08:00:00.000Z", items=items)

    def close(self) -> None:
        self.is_closed = True


@dataclass
class Around:
    """The line with hands for the core's thread and for its clock."""

    desk: DeskTwin
    mailbox: Mailbox
    line: DeskLine
    seconds: list[float]

    def asks(self, *skus: str) -> ChainStock:
        got: list[Answer | None] = []
        self.line.ask(AskStock(skus), got.append)

        def came() -> bool:
            self.mailbox.deliver()
            return bool(got)

        until(came)
        assert isinstance(got[0], ChainStock)
        return got[0]


@pytest.fixture
def around() -> Iterator[Around]:
    desk, mailbox, seconds = DeskTwin(), Mailbox(), [100.0]
    line = DeskLine(
        lambda: desk, mailbox, "s01", patience_seconds=5.0, monotonic=lambda: seconds[0]
    )
    yield Around(desk, mailbox, line, seconds)
    desk.holds.set()
    line.stop()
    mailbox.close()


def impatient(around: Around) -> Around:
    around.line.stop()
    line = DeskLine(
        lambda: around.desk,
        around.mailbox,
        "s01",
        patience_seconds=0.01,
        monotonic=lambda: around.seconds[0],
    )
    around.line = line
    return around


def test_a_live_answer_is_said_to_be_live(around: Around) -> None:
    stock = around.asks("SKO-42", "SKO-43")

    assert stock.is_live
    assert [item.sku for item in stock.items] == ["SKO-42", "SKO-43"]
    assert stock.items[0].sites[0].available == 3


def test_without_central_the_last_known_answer_comes_with_its_age(around: Around) -> None:
    around.asks("SKO-42")
    around.desk.is_away = True
    around.seconds[0] += 300

    stock = around.asks("SKO-42", "SKO-43")

    assert (stock.is_live, stock.age_seconds) == (False, 300)
    assert [item.sku for item in stock.items] == ["SKO-42"]
    assert stock.items[0].sites[0].age_seconds == 360


def test_what_was_never_told_is_not_guessed(around: Around) -> None:
    around.desk.is_away = True

    assert around.asks("SKO-42") == ChainStock()


def test_a_late_answer_is_the_next_ones_last_known(around: Around) -> None:
    impatient(around)
    around.desk.holds.clear()
    assert around.asks("SKO-42") == ChainStock()

    around.desk.holds.set()
    until(lambda: around.desk.answered == 1)
    around.desk.holds.clear()

    until(lambda: bool(around.asks("SKO-42").items))


def test_a_line_that_cannot_be_opened_is_a_till_without_central() -> None:
    def fails() -> DeskTwin:
        raise SyncTrouble(Code.SETTINGS, "No address.", "Add one.")

    mailbox = Mailbox()
    line = DeskLine(fails, mailbox, "s01", patience_seconds=5.0)
    around = Around(DeskTwin(), mailbox, line, [0.0])
    try:
        assert around.asks("SKO-42") == ChainStock()
    finally:
        line.stop()
        mailbox.close()
