"""A look-up has its moment and no more; after that the last known answer is given with its age."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import pytest

from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.retail.orders.order import Mode
from central_sync.wire.availability import (
    AvailabilityReply,
    ItemAvailability,
    SiteAvailability,
    StorePlace,
)
from central_sync.wire.quotes import Fee, QuotedLine, QuoteReply, QuoteRequest
from pos_client.checkout.desk_line import DeskLine
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.quoting import QuoteWish, WishedLine
from pos_client.register.order_commands import Quoted, QuotedPieces, QuoteFailed
from pos_client.register.queries import Answer
from pos_client.register.stock_queries import AskStock, ChainStock
from tests.hardware.waiting import until


@dataclass
class DeskTwin:
    """Fulfils engine.desk.Desk from memory; `holds` makes it slow until it is set."""

    available: int = 3
    is_away: bool = False
    asked: list[tuple[str, ...]] = field(default_factory=list)
    answered: int = 0
    told_places: int = 0
    holds: threading.Event = field(default_factory=threading.Event)
    is_closed: bool = False
    refuses: bool = False
    is_gone: bool = False
    quotes: list[QuoteRequest] = field(default_factory=list)
    extended: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.holds.set()

    def availability(
        self, skus: Sequence[str], store_id: str, *, places: bool = False
    ) -> AvailabilityReply:
        self.asked.append(tuple(skus))
        self.holds.wait(10.0)
        if self.is_away:
            raise SyncTrouble(Code.UNREACHABLE, "Central does not answer.", "Wait.")
        site = SiteAvailability(
            store_id="s02", name="Mölndal", available=self.available, band="few", age_seconds=60
        )
        items = [ItemAvailability(sku=sku, available=3, band="few", sites=[site]) for sku in skus]
        self.answered += 1
        stores = [StorePlace(store_id="s02", name="Mölndal", km=8)] if places else []
        self.told_places += places
        return AvailabilityReply(at="2026-11-22T08:00:00.000Z", items=items, places=stores)

    def quote(self, request: QuoteRequest, idempotency: str) -> QuoteReply:
        self.quotes.append(request)
        if self.is_away:
            raise SyncTrouble(Code.UNREACHABLE, "Central does not answer.", "Wait.")
        if self.refuses:
            raise SyncTrouble(Code.REFUSED, "No such postcode.", "Type it again.")
        return _held(request)

    def extend_quote(self, quote_id: str) -> QuoteReply:
        self.extended.append(quote_id)
        if not self.quotes or self.is_gone:
            raise SyncTrouble(Code.REFUSED, "It is held no longer.", "Ask again.")
        return _held(self.quotes[-1])

    def release_quote(self, quote_id: str) -> None:
        self.released.append(quote_id)

    def close(self) -> None:
        self.is_closed = True


def _held(request: QuoteRequest) -> QuoteReply:
    lines = [
        QuotedLine(
            line=line.line,
            sku=line.sku,
            name=line.sku,
            quantity=line.quantity,
            held=line.quantity,
            mode=line.mode,
            gross_minor=line.gross_minor or 0,
            vat_minor=0,
            tax_rate_basis_points=2500,
            promised_by="2026-11-25",
        )
        for line in request.lines
    ]
    return QuoteReply(
        quote_id="q-1",
        at="2026-11-22T08:00:00.000Z",
        expires_at="2026-11-22T08:10:00.000Z",
        ends_at="2026-11-22T08:30:00.000Z",
        currency="SEK",
        is_whole=True,
        lines=lines,
        parcels=[],
        fee=Fee(name="Frakt", gross_minor=4_900, tax_rate_basis_points=2500),
        total_minor=0,
    )


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


def test_the_chains_stores_are_asked_for_once_an_hour_and_kept(around: Around) -> None:
    first = around.asks("SKO-42")
    around.asks("SKO-43")
    assert ([place.name for place in first.places], around.desk.told_places) == (["Mölndal"], 1)

    around.seconds[0] += 3_601
    around.asks("SKO-42")
    around.desk.is_away = True

    assert around.desk.told_places == 2
    assert around.asks("SKO-42").places == first.places


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


WISH = QuoteWish("ask-1", "b-1", "41119", (WishedLine(2, "SKO-42", 1, Mode.SHIP, "", 89_900),))


def hears(around: Around, wish: QuoteWish) -> Quoted | QuoteFailed:
    got: list[Quoted | QuoteFailed] = []
    around.line.quote(wish, got.append)

    def came() -> bool:
        around.mailbox.deliver()
        return bool(got)

    until(came)
    return got[0]


def test_what_is_held_comes_back_as_the_answer_to_its_question(around: Around) -> None:
    answer = hears(around, WISH)

    assert isinstance(answer, Quoted)
    assert (answer.ask_id, answer.quote_id, answer.fee_minor) == ("ask-1", "q-1", 4_900)
    assert answer.lines == (QuotedPieces(2, 1, "2026-11-25"),)
    (asked,) = around.desk.quotes
    assert (asked.basket_id, asked.without_store_id, asked.postcode) == ("b-1", "s01", "41119")


def test_a_hold_is_extended_and_made_anew_when_it_is_gone(around: Around) -> None:
    hears(around, WISH)
    hears(around, replace(WISH, held="q-1"))
    assert (around.desk.extended, len(around.desk.quotes)) == (["q-1"], 1)

    around.desk.is_gone = True
    hears(around, replace(WISH, held="q-1"))
    assert len(around.desk.quotes) == 2


def test_a_central_that_is_away_is_no_refusal_and_a_refusal_is_no_absence(around: Around) -> None:
    around.desk.is_away = True
    assert hears(around, WISH) == QuoteFailed("ask-1", is_refused=False)

    around.desk.is_away, around.desk.refuses = False, True
    assert hears(around, WISH) == QuoteFailed("ask-1", is_refused=True)


def test_what_is_held_is_let_go(around: Around) -> None:
    around.line.release("q-1")

    until(lambda: around.desk.released == ["q-1"])
