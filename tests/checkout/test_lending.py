"""Pieces that the store lends to the web: the till says that it knows, warns, and never refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from central_sync.masterfile.apply import open_for_apply
from central_sync.wire.entries import EntryKind
from pos_client.checkout.lending import PledgeWatch
from tests.builders import SHOES
from tests.checkout.core_harness import Desk, a_home

SKU = "SKO-42"
LONG = "2099-01-01T00:00:00.000Z"


def _lend(
    home: Path, quantity: int, *, until: str = LONG, epoch: int = 1, offered: int = 1
) -> None:
    """Central's row of a pledge, as the feed leaves it in master.db; ten pairs are on the shelf."""
    master = open_for_apply(home / "master.db")
    row = (SKU, quantity, until, epoch, offered)
    master.execute("INSERT OR REPLACE INTO pledge VALUES (?, ?, ?, ?, ?)", row)
    master.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return a_home(tmp_path / "till")


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    with Desk(home) as desk:
        yield desk.signs_on().opens()


def _said(desk: Desk, kind: EntryKind) -> list[dict[str, object]]:
    return [body.payload for body in desk.bodies() if body.kind == kind]


def test_an_offer_is_acknowledged_once_when_master_data_has_it(home: Path, desk: Desk) -> None:
    watch = PledgeWatch(desk.desk.ledger)
    _lend(home, 4)
    watch.look(0.0)
    watch.forget()
    watch.look(1.0)

    _lend(home, 5, epoch=2)
    watch.forget()
    watch.look(2.0)

    seen = [{"pledges": [[SKU, epoch]]} for epoch in (1, 2)]
    assert _said(desk, EntryKind.PLEDGES_SEEN) == seen


def test_what_is_in_force_already_is_not_acknowledged_again(home: Path, desk: Desk) -> None:
    _lend(home, 4, offered=0)

    PledgeWatch(desk.desk.ledger).look(0.0)

    assert _said(desk, EntryKind.PLEDGES_SEEN) == []


def test_a_cashier_is_told_when_a_sale_takes_a_lent_piece(home: Path, desk: Desk) -> None:
    _lend(home, 9)

    assert desk.scans(SHOES).said == ""
    assert desk.scans(SHOES).said == "sale.lent"


def test_the_customer_with_the_shoes_wins_and_the_journal_says_who_sold_them(
    home: Path, desk: Desk
) -> None:
    _lend(home, 9)

    desk.scans(SHOES).scans(SHOES).pays_card()

    assert [receipt.lines[0].sku for receipt in desk.sold()] == [SKU]
    [said] = [body for body in desk.bodies() if body.kind == EntryKind.PLEDGE_OVERRIDDEN]
    receipt_id = desk.sold()[0].receipt_id
    told = {"receipt_id": receipt_id, "lines": [[SKU, 1, 1]], "reason": "customer_has_it"}
    assert (said.operator, said.payload) == ("1001", told)


def test_a_sale_from_the_floor_says_nothing_of_what_is_lent(home: Path, desk: Desk) -> None:
    _lend(home, 9)

    desk.scans(SHOES).pays_card()

    assert _said(desk, EntryKind.PLEDGE_OVERRIDDEN) == []


def test_a_lease_that_is_over_and_its_grace_too_keeps_nothing_back(home: Path, desk: Desk) -> None:
    _lend(home, 10, until="2020-01-01T00:00:00.000Z")

    assert desk.scans(SHOES).said == ""
