"""The order desk on a real disk: looked up live or here, own money laid over, names sealed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.masterfile.apply import open_for_apply
from central_sync.retail.orders import CustomerOrder, Mode, OrderLine
from central_sync.retail.plain import to_plain
from central_sync.retail.transaction import RetailTransaction
from central_sync.wire.desk import DeskOrder, DeskOrders, DeskReceipt, RefundClaim
from central_sync.wire.key_files import save_keys
from central_sync.wire.sealing import KeySet
from central_sync.wire.tasks import OrderSummary, OrderSummaryLine, Private, TaskLine
from pos_client.checkout.answers import Answers
from pos_client.checkout.mailbox import Mailbox
from pos_client.checkout.order_line import OrderLine as Line
from pos_client.checkout.order_look_ups import OrderLookUps
from pos_client.register import desk_commands as ask
from pos_client.register.queries import (
    AboutOrders,
    Answer,
    ClaimRefund,
    FindOrders,
    FindReceipt,
    FoundOrders,
    ReceiptView,
    RefundAnswer,
)
from tests.builders import SHOES
from tests.checkout.core_harness import Desk, a_home
from tests.checkout.test_tasks import tell
from tests.hardware.waiting import until
from tests.retail.trade import basket_line, card, closed

LINE = OrderSummaryLine(
    line=1, sku="STRUMPA", name="Strumpa Sjö", quantity=2, mode="ship", state="shipped",
    gross_minor=10_000, of=3, pieces={"shipped": 2, "cancelled": 1},
)  # fmt: skip
SUMMARY = OrderSummary(
    order_id="o1", number="s02-9-1-7", version=5, made="in_store", store_id="s02", receipt_id="r7",
    customer_id="", placed_at="2026-11-20T09:00:00.000Z", total_minor=10_000, unpaid_minor=0,
    lines=[LINE], store_name="Två Par Lund", has_address=True,
)  # fmt: skip
EVA = Private(name="Eva Ek", phone="070-123 45 67")


def of_lund() -> RetailTransaction:
    """Three pairs of socks sold in another store, to be sent home."""
    sold = closed([basket_line(1, "Strumpa Sjö", 0, 3)], [card(0)], number=7)
    [line] = sold.lines
    line = replace(line, sku="STRUMPA", gross_minor=10_000, vat_minor=2_000)
    groups = tuple(replace(one, gross_minor=10_000, vat_minor=2_000) for one in sold.tax_groups)
    later = OrderLine(1, "STRUMPA", line.name, 3, 10_000, 2_000, 2500, Mode.SHIP)
    return replace(
        sold,
        receipt_id="r7",
        receipt_number="s02-9-1-7",
        lines=(line,),
        tax_groups=groups,
        payments=(card(10_000),),
        total_minor=10_000,
        order=CustomerOrder(order_id="o1", lines=(later,)),
    )


class CentralTwin:
    """Fulfils engine.desk.OrderDesk; `is_away` answers nothing."""

    def __init__(self) -> None:
        self.is_away = False
        self.told = DeskOrder(summary=SUMMARY, state="open", contact=EVA)

    def find_orders(self, text: str) -> DeskOrders:
        self._here()
        return DeskOrders(orders=[self.told])

    def receipt(self, number: str) -> DeskReceipt:
        self._here()
        if number != "s02-9-1-7":
            raise SyncTrouble(Code.REFUSED, "There is none.", "Look again.")
        return DeskReceipt(receipt=to_plain(of_lund()), order=self.told)

    def claim_refund(self, order_id: str, refund_key: str) -> RefundClaim:
        self._here()
        return RefundClaim(
            order_id=order_id, number="s02-9-1-7", refund_key=refund_key, line=1, sku="STRUMPA",
            name="Strumpa Sjö", quantity=1, amount_minor=3_333, vat_minor=667,
            tax_rate_basis_points=2500, shares={"cash": 3_333}, receipt_id="r7",
            until="2099-01-01T00:00:00.000Z",
        )  # fmt: skip

    def close(self) -> None:
        pass

    def _here(self) -> None:
        if self.is_away:
            raise SyncTrouble(Code.UNREACHABLE, "Central is away.", "Wait.")


class Counter:
    """A desk and its look-ups, answered on this thread as on the core's."""

    def __init__(self, desk: Desk, home: Path) -> None:
        self.desk, self.central, self._mailbox = desk, CentralTwin(), Mailbox()
        country = lambda: desk.shop.country  # noqa: E731
        self._answers = Answers(home, self._mailbox, country, preview=lambda kind: None)  # type: ignore[arg-type,return-value]
        self._answers.start()
        self._line = Line(lambda: self.central, self._mailbox, patience_seconds=5.0)
        self._look_ups = OrderLookUps(desk.desk.ledger, self._answers, self._line, lambda: 60)

    def ask(self, query: AboutOrders) -> Answer | None:
        answers: list[Answer | None] = []
        self._look_ups.ask(query, answers.append)
        until(lambda: self._mailbox.deliver() >= 0 and answers)
        return answers[0]

    def close(self) -> None:
        self._answers.stop()
        self._line.stop()
        self._mailbox.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return a_home(tmp_path / "till")


@pytest.fixture
def counter(home: Path) -> Iterator[Counter]:
    with Desk(home) as desk:
        counter = Counter(desk.signs_on().opens(), home)
        yield counter
        counter.close()


def tell_order(home: Path, sealed: str = "") -> None:
    body = SUMMARY.model_dump_json(exclude_defaults=True)
    master = open_for_apply(home / "master.db")
    master.execute(
        "INSERT OR REPLACE INTO customer_order (order_id, number, state, body, sealed)"
        " VALUES (?, ?, ?, ?, ?)",
        ("o1", "s02-9-1-7", "open", body, sealed),
    )
    master.close()


def test_a_line_of_another_store_comes_back_by_its_exact_step_while_central_answers(
    counter: Counter,
) -> None:
    shown = counter.ask(FindReceipt("s02-9-1-7"))
    assert isinstance(shown, ReceiptView)
    assert [line.returnable for line in shown.lines] == [2]

    counter.desk.takes_back("s02-9-1-7").pays_card()

    [back] = counter.desk.sold()
    [line] = back.lines
    # The second of three pieces: one was cancelled before.
    assert (line.original_receipt_id, line.gross_minor) == ("r7", -3_334)
    again = counter.ask(FindReceipt("s02-9-1-7"))
    assert isinstance(again, ReceiptView)
    assert [line.returnable for line in again.lines] == [1]


def test_what_came_instead_of_a_line_comes_back_though_it_is_on_no_receipt(
    counter: Counter,
) -> None:
    instead = OrderSummaryLine(
        line=2, sku="STRUMPA-2", name="Strumpa Hav", quantity=3, mode="ship", state="shipped",
        gross_minor=9_000, of=3, pieces={"shipped": 3}, instead_of=1, vat_minor=1_800,
    )  # fmt: skip
    gone = LINE.model_copy(update={"quantity": 0, "pieces": {"cancelled": 3}})
    summary = SUMMARY.model_copy(update={"lines": [gone, instead]})
    counter.central.told = DeskOrder(summary=summary, state="open", contact=EVA)

    shown = counter.ask(FindReceipt("s02-9-1-7"))
    assert isinstance(shown, ReceiptView)
    assert [(line.name, line.returnable) for line in shown.lines][1] == ("Strumpa Hav", 3)
    assert not any("Strumpa Hav" in text for text in shown.paper)
    counter.desk.takes_back("s02-9-1-7", line=2).pays_card()

    [back] = counter.desk.sold()
    assert (back.lines[0].gross_minor, back.lines[0].vat_minor) == (-3_000, -600)
    assert back.lines[0].original_line == 2


def test_a_receipt_of_another_store_is_never_taken_for_one_of_this_till(counter: Counter) -> None:
    counter.desk.scans(SHOES).pays_card()
    own = counter.ask(FindReceipt("1-1-1"))
    assert isinstance(own, ReceiptView)

    assert own.receipt_number == "s01-1-1-1"
    assert counter.ask(FindReceipt("s02-1-1-1")) is None


def test_without_central_the_stores_own_orders_are_found_by_number_and_by_phone(
    counter: Counter, home: Path
) -> None:
    keys = KeySet.generate()
    save_keys(home / "keys" / "store.key", keys)
    tell_order(home, keys.seal_text(EVA.model_dump_json().encode(), "customer_order/o1"))
    counter.central.is_away = True

    for text in ("s02-9-1-7", "0701234567", "eva"):
        found = counter.ask(FindOrders(text))
        assert isinstance(found, FoundOrders)
        assert [order.who[0] for order in found.orders] == ["Eva Ek"], text
        assert (found.is_live, found.age_seconds) == (False, 60)
    assert counter.ask(FindReceipt("s02-9-1-7")) is None
    assert counter.ask(ClaimRefund("o1", "k")) == RefundAnswer("k", "away")


def test_a_refund_is_paid_once_at_this_till_and_its_task_ends_at_once(
    counter: Counter, home: Path
) -> None:
    tell(home, "o1/1/2-2/refund", "refund", "accepted", refund_key="o1/1/2-2", amount_minor=3_333)
    counter.desk.shop.board.forget()
    assert counter.ask(ClaimRefund("o1", "o1/1/2-2")) == RefundAnswer("o1/1/2-2")

    counter.desk.do(ask.PayOutRefund("o1/1/2-2")).pays_cash()

    [paid] = counter.desk.sold()
    assert (paid.total_minor, paid.lines[0].refund_key) == (-3_333, "o1/1/2-2")
    assert counter.desk.shop.board.open_tasks() == ()
    counter.desk.do(ask.PayOutRefund("o1/1/2-2"))
    assert counter.desk.said == "desk.refunded_already"


def test_what_is_asked_is_told_as_not_confirmed_until_central_has_moved_on(
    counter: Counter,
) -> None:
    loose = LINE.model_copy(update={"pieces": {"offered": 3}})
    counter.central.told = DeskOrder(
        summary=SUMMARY.model_copy(update={"lines": [loose]}), state="open", contact=EVA
    )
    counter.ask(FindOrders("s02-9-1-7"))
    counter.desk.do(ask.CancelOrder("o1", "customer"))

    [order] = orders(counter.ask(FindOrders("s02-9-1-7")))
    assert order.unconfirmed == 1
    heard = SUMMARY.model_copy(update={"version": 6})
    counter.central.told = DeskOrder(summary=heard, state="open")
    [order] = orders(counter.ask(FindOrders("s02-9-1-7")))

    assert order.unconfirmed == 0


def test_another_address_is_a_sealed_note_and_its_words_are_in_no_entry(counter: Counter) -> None:
    counter.ask(FindOrders("s02-9-1-7"))

    counter.desk.do(ask.MoveOrder("o1", "Eva Ek", "070-1", "", "Hemliga gatan 1", "222 22", "Lund"))

    [entry] = [body for body in counter.desk.bodies() if "command" in body.payload]
    told = json.dumps(entry.payload, ensure_ascii=False)
    assert entry.payload["command"]["is"] == "ChangeAddress"
    assert "Hemliga" not in told
    count = counter.desk.records.database.conn.execute(
        "SELECT COUNT(*) FROM sealed_note"
    ).fetchone()
    assert count == (1,)


def test_a_rest_that_was_paid_here_is_handed_out_before_central_has_heard(home: Path) -> None:
    due = TaskLine(line=1, sku="STRUMPA", name="Strumpa Sjö", quantity=1, unpaid_minor=4_990)
    tell_lines(home, due)
    with Desk(home) as desk:
        desk.signs_on().opens().do(ask.PayRest("p1/collect")).pays_card()

        task = desk.shop.task("p1/collect")
        assert task is not None
        assert [line.unpaid_minor for line in task.lines] == [0]
        desk.do(ask.PayRest("p1/collect"))
        assert desk.said == "desk.nothing_due"


def tell_lines(home: Path, *lines: TaskLine) -> None:
    tell(home, "p1/collect", "collect", "ready", mode="collect")
    master = open_for_apply(home / "master.db")
    (body,) = master.execute("SELECT body FROM task WHERE task_id = 'p1/collect'").fetchone()
    plain = json.loads(body) | {"lines": [line.model_dump() for line in lines]}
    master.execute("UPDATE task SET body = ? WHERE task_id = 'p1/collect'", (json.dumps(plain),))
    master.close()


def orders(answer: Any) -> Any:
    assert isinstance(answer, FoundOrders)
    return answer.orders
