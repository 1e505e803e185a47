"""A wish sold without a network that central cannot fulfil: the ladder down to the exact money.

Real processes throughout. Stockholm sells two pairs that it has only heard of, while its cable
is pulled; the web shop takes the last one meanwhile. When central hears of the wish nobody has a
pair, Stockholm is asked to call the customer, who takes another size for one and the money back
for the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from central_sync.wire.orders import OrderView
from tests.e2e.chain import EVA, MODEL, PRICE_MINOR, SIZES, Chain, StoreTill, Typist, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

CARD_MINOR = 100_000


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[Chain]:
    stock = {("s02", "43"): 1, ("s03", "42"): 1, ("s01", "42"): 0, ("s01", "43"): 0}
    chain = Chain(tmp_path, stock)
    try:
        yield chain
    finally:
        chain.close()


def test_a_wish_nobody_can_fulfil_is_replaced_or_paid_back_to_the_öre(chain: Chain) -> None:
    selling, last, far = chain.store("s01"), chain.store("s02"), chain.store("s03")
    till = selling.prompt()
    selling.cable.pull()
    _wishes_for_two_pairs(till)
    receipt = selling.paper_with("KOMMER SENARE", "ÖNSKEMÅL")
    last.contacts()
    far.contacts()
    chain.web_order("43")

    selling.cable.plug_in()
    selling.tries_now()
    _rings(till)
    order = _order_when(chain, lambda order: order.state == "escalated", "nobody has it")
    till.ok_when(f"orders {order.number}", lambda said: bool(said["rows"]))
    till.ok(f"instead {order.number} 1 {SIZES['42']}")
    till.ok(f"cancelorder {order.number} 2 1 takes_too_long")
    selling.tries_now()
    _order_when(chain, lambda order: len(order.lines) == 3 and bool(order.refunds), "both answers")
    back = _pays_back(selling, till, order.number)
    selling.tries_now()

    assert f"{MODEL} 43" in receipt
    done = _order_when(chain, lambda order: bool(order.refunds[-1].paid_at), "the refund heard")
    wish, cancelled, instead = [line for line in done.lines if line.sku.startswith("FJALL")]
    assert [one.pieces for one in (wish, cancelled)] == [{"cancelled": 1}, {"cancelled": 1}]
    assert (instead.sku, instead.gross_minor, instead.promise) == (
        "FJALL-42",
        PRICE_MINOR,
        "reserved",
    )
    assert [parcel.store_id for parcel in done.parcels] == ["s03"]
    owed = {"card": back["card"], "cash": back["cash"]}
    assert [refund.shares for refund in done.refunds if refund.amount_minor] == [owed]
    assert sum(owed.values()) == PRICE_MINOR
    chain.assert_sound()


def _order_when(chain: Chain, is_so: Callable[[OrderView], bool], what: str) -> OrderView:
    """Stockholm's order, once it is so; the web shop's is the newer one."""

    def found() -> OrderView | None:
        mine = (order for order in chain.orders() if order.store_id == "s01")
        return next(filter(is_so, mine), None)

    order: OrderView = until(found, what)
    return order


def _wishes_for_two_pairs(till: Typist) -> None:
    """Paid with two means of payment; the till has asked central in vain, and says so."""
    till.ok_when("view", lambda said: not said["data"]["status"]["is_online"])
    for _ in range(2):
        till.ok(f"ship {SIZES['43']}")
    fields = ("name", "phone", "email", "street", "postcode", "town")
    till.ok(f"address {'; '.join(EVA[field] for field in fields)}")
    till.ok_when("view", lambda said: "intent" in str(said["data"]["lines"]))
    till.ok(f"card {CARD_MINOR // 100}")
    sold = till.ok("cash")["last_receipt"]
    assert sold["total_minor"] == 2 * PRICE_MINOR


def _rings(till: Typist) -> None:
    """The task to call the customer stands in the selling store, with whom to call."""

    def is_told(said: Any) -> bool:
        return any(task["kind"] == "call_customer" for task in said["data"]["tasks"])

    told = till.ok_when("view", is_told)
    assert EVA["phone"] in str(told["data"]["tasks"])


def _pays_back(store: StoreTill, till: Typist, number: str) -> dict[str, int]:
    """What is owed in each tender, paid as the till asks for it."""
    found = till.ok_when(
        f"orders {number}",
        lambda said: any(refund["amount_minor"] for refund in said["data"]["orders"][0]["refunds"]),
    )
    due = next(one for one in found["data"]["orders"][0]["refunds"] if one["amount_minor"])
    till.ok(f"claim {number} {due['refund_key']}")
    till.ok(f"refund {due['refund_key']}")
    till.ok("card")
    till.ok("cash")
    shares = dict(due["shares"])
    paper = store.paper_with("RETURKVITTO", f"{MODEL} 43")
    assert "899,00" in paper
    return shares
