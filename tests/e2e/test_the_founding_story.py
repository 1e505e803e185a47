"""Why the house was built, told with real processes, screens, scanners and printers.

A customer in Stockholm buys two pairs. One is on the shelf, the other is not there in the
size. Uppsala is near and busy, Umeå is far away, has it, and has nothing to do. The customer
pays once; Umeå is asked, sees why, picks, packs and gives it to the carrier.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.chain import EVA, MODEL, PRICE_MINOR, SIZES, Chain, StoreTill, until
from tests.e2e.terminal import Terminal

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(500)]

F1, F4, F9, F10, F12 = "\x1bOP", "\x1bOS", "\x1b[20~", "\x1b[21~", "\x1b[24~"
WAIT = 90.0
BUSY_RECEIPTS = 10


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    stock = {("s01", "42"): 1, ("s02", "42"): 40, ("s02", "43"): 4, ("s03", "43"): 4}
    chain = Chain(tmp_path, stock)
    try:
        yield chain
    finally:
        chain.close()


def test_two_pairs_paid_once_and_the_missing_size_comes_from_the_idle_store(chain: Chain) -> None:
    selling, near, far = chain.store("s01"), chain.store("s02"), chain.store("s03")
    _is_busy(near)
    there, here = far.screen(), selling.screen()
    try:
        _opens(there)
        _opens(here)
        _sells_one_pair_and_orders_the_other(selling, here)
        receipt = selling.paper_with("TAGET NU", "KOMMER SENARE")
        asked = chain.order_when(lambda order: bool(order.parcels), "the order's parcel")
        assert [parcel.store_id for parcel in asked.parcels] == ["s03"], asked.parcels[0].why_en
        _picks_packs_and_hands_over(chain, far, there)
    finally:
        here.close()
        there.close()

    taken, later = receipt.split("KOMMER SENARE")
    assert f"{MODEL} 42" in taken
    assert f"{MODEL} 43" in later
    assert "RESERVERAD" in later
    assert "Framme senast" in later
    assert receipt.count("1 798,00") >= 2, "what is to be paid, and the one payment"

    order = chain.order_when(lambda order: order.state == "done", "the shipped order")
    assert [(parcel.store_id, parcel.state) for parcel in order.parcels] == [("s03", "shipped")]
    assert [line.pieces for line in order.lines[:2]] == [{"taken": 1}, {"shipped": 1}]
    assert (order.total_minor, order.unpaid_minor) == (2 * PRICE_MINOR, 0)
    assert order.parcels[0].tracking in chain.parcels_booked()
    assert (chain.on_hand("s03", "43"), chain.on_hand("s02", "43")) == ((3, 0), (4, 0))
    assert chain.on_hand("s01", "42") == (0, 0)
    chain.assert_sound()


def _is_busy(store: StoreTill) -> None:
    """A queue at the counter: one receipt after another, all known at central."""
    till = store.prompt()
    for number in range(1, BUSY_RECEIPTS + 1):
        till.ask(SIZES["42"])  # it sells, and may warn at once that papers wait
        till.ask("cash")
        sold = till.ask("view")["data"]["last_receipt"]
        assert sold["receipt_number"] == f"s02-1-1-{number}"
    till.ok_when("view", lambda said: not said["data"]["status"]["outbox"])


def _opens(till: Terminal) -> None:
    till.wait_for("Anställd >", "Kassa 1", patience_seconds=WAIT)
    till.keys("1001\r")
    till.wait_for("PIN >", patience_seconds=WAIT)
    till.keys("1234\r")
    till.wait_for("Växelkassa >", patience_seconds=WAIT)
    till.keys("1000\r")
    till.wait_for("BETALA", patience_seconds=WAIT)


def _sells_one_pair_and_orders_the_other(store: StoreTill, till: Terminal) -> None:
    store.scan(SIZES["42"])
    till.wait_for(f"{MODEL} 42", patience_seconds=WAIT)
    till.burst(F4)
    till.wait_for("Storlek eller kod >", patience_seconds=WAIT)
    till.keys("43\r")
    till.wait_for(f"{MODEL} 43", "Uppsala", "Umeå", patience_seconds=WAIT)
    till.burst(F9)
    till.wait_for("Gatuadress", patience_seconds=WAIT)
    for field in ("phone", "name", "street", "postcode", "town"):
        till.keys(EVA[field].replace(" ", "") if field == "postcode" else EVA[field], "\r")
    till.burst(F12)
    till.wait_for("RESERVERAD, senast", patience_seconds=WAIT)
    till.burst(F10)
    till.wait_for("Kvitto s01-1-1-1", patience_seconds=WAIT)


def _picks_packs_and_hands_over(chain: Chain, store: StoreTill, till: Terminal) -> None:
    till.wait_for("ORDER 1", patience_seconds=WAIT)
    till.burst(F1)
    till.keys("-")
    till.wait_for("1-1-1", patience_seconds=WAIT)
    till.keys("\r")
    till.wait_for("minst att göra", f"{MODEL} 43", patience_seconds=WAIT)
    till.burst(F12)
    store.paper_with("PLOCK")
    store.scan(SIZES["43"])
    till.wait_for("1 av 1", patience_seconds=WAIT)
    till.burst(F12)
    till.wait_for("F12 LÄMNA", patience_seconds=WAIT)
    booked = until(chain.parcels_booked, "the carrier's booking")
    until(lambda: any(name in paper for name in booked for paper in store.papers), "the label")
    till.burst(F12)
    till.keys("0\r")
    chain.order_when(lambda order: order.state == "done", "the parcel handed over")
