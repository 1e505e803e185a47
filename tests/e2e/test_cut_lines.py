"""Orders of the chain while a store's cable is out: real processes, a real cable that is pulled.

What a store did without the network is heard later and counts once; an offer that it could
not answer goes to another; a till that sells without central promises no more than a wish.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central_sync.wire.orders import OrderView
from tests.e2e.chain import EVA, SIZES, Chain, Typist, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

PAIR = SIZES["43"]
ADDRESS = "address " + "; ".join(
    EVA[key] for key in ("name", "phone", "email", "street", "postcode", "town")
)


@pytest.fixture
def chain_with(tmp_path: Path) -> Iterator[Callable[..., Chain]]:
    """Makes a chain; `stock` is (store, size) -> pairs."""
    made: list[Chain] = []

    def make(stock: dict[tuple[str, str], int]) -> Chain:
        made.append(Chain(tmp_path, stock))
        return made[-1]

    yield make
    for chain in made:
        chain.close()


def test_a_store_that_packs_with_its_line_cut_is_heard_later_and_ships_once(
    chain_with: Callable[..., Chain],
) -> None:
    chain = chain_with({("s03", "43"): 2})
    far = chain.store("s03")
    there = far.prompt()
    chain.web_order("43")
    _sees_a_task(there)

    far.cable.pull()
    for line in ("accept 1", f"picked 1 {PAIR}", "packed 1"):
        there.ok(line)
    assert there.ask("handover 1 SE123")["answer"] == "NO"  # another store may get the offer
    assert _state(chain.orders()[0]) == "offered"
    far.cable.plug_in()
    there.ok_when("handover 1 SE123", lambda said: said["answer"] == "OK")

    order = chain.order_when(lambda order: order.state == "done", "the shipped order")
    assert [(parcel.store_id, parcel.state) for parcel in order.parcels] == [("s03", "shipped")]
    assert chain.on_hand("s03", "43") == (1, 0)
    there.ok_when("tasks", lambda said: not said["rows"])
    chain.assert_sound()


def test_an_offer_to_a_store_that_was_cut_off_goes_to_another_and_is_sent_once(
    chain_with: Callable[..., Chain],
) -> None:
    chain = chain_with({("s02", "43"): 1, ("s03", "43"): 1})
    near, far = chain.store("s02"), chain.store("s03")
    first, second = near.prompt(), far.prompt()
    chain.set_rules(accept_seconds=15)
    chain.web_order("43")
    chain.set_rules(accept_seconds=3_000)
    _sees_a_task(first)

    near.cable.pull()
    for line in ("accept 1", f"picked 1 {PAIR}", "packed 1"):
        first.ok(line)
    _sees_a_task(second)
    for line in ("accept 1", f"picked 1 {PAIR}", "packed 1"):
        second.ok(line)
    second.ok_when("handover 1 SE123", lambda said: said["answer"] == "OK")  # once it is confirmed
    near.cable.plug_in()

    order = chain.order_when(lambda order: order.state == "done", "the shipped order")
    assert _shippers(order) == ["s03"]
    first.ok_when("tasks", lambda said: [row["kind"] for row in said["data"]] == ["put_back"])
    first.ok("ended 1")
    first.ok_when("tasks", lambda said: not said["rows"])
    assert (chain.on_hand("s02", "43"), chain.on_hand("s03", "43")) == ((1, 0), (0, 0))
    chain.assert_sound()


def test_a_sale_without_central_is_a_wish_that_central_confirms_later_with_its_receipt(
    chain_with: Callable[..., Chain],
) -> None:
    chain = chain_with({("s01", "42"): 1, ("s03", "43"): 1})
    selling, far = chain.store("s01"), chain.store("s03")
    till = selling.prompt()

    selling.cable.pull()
    till.ok(SIZES["42"])
    till.ok(f"ship {PAIR}")
    till.ok(ADDRESS)
    till.ok_when("view", lambda said: said["data"]["lines"][1]["promise"] == "intent")
    till.ok("approve 1001 1234") if till.ask("card")["answer"] == "WAIT" else None
    paper = selling.paper_with("TAGET NU", "KOMMER SENARE")
    assert "ÖNSKEMÅL" in paper
    assert chain.orders() == []
    far.contacts()  # nobody asks a store that has never been heard
    selling.cable.plug_in()
    selling.tries_now()

    def confirmed() -> OrderView | None:
        far.contacts()  # a store that has been silent for long is asked last
        return next((o for o in chain.orders()[:1] if _state(o, 2) == "offered"), None)

    order = until(confirmed, "the confirmed order")
    assert order.number in paper
    assert order.lines[1].promise == "reserved"
    assert (order.total_minor, order.unpaid_minor) == (2 * 89_900, 0)
    assert [parcel.store_id for parcel in order.parcels] == ["s03"]
    assert chain.on_hand("s01", "42") == (0, 0)
    assert chain.on_hand("s03", "43") == (1, 1)
    chain.assert_sound()


def _sees_a_task(till: Typist) -> None:
    till.ok_when("tasks", lambda said: said["rows"])


def _state(order: OrderView, line: int = 1) -> str:
    """Where the one piece of a line is."""
    return next(iter(order.lines[line - 1].pieces), "")


def _shippers(order: OrderView) -> list[str]:
    return [parcel.store_id for parcel in order.parcels if parcel.state == "shipped"]
