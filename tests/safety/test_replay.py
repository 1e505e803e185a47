"""The journal folded again is what the register keeps; whatever is not is named."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.epochs import Order
from central_sync.engine.plan import Fork
from central_sync.engine.safety.register import the_register
from central_sync.engine.safety.replayed import Replayed
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.workstation import no_progress
from central_sync.wire.messages import Boot
from pos_client.register import commands
from pos_client.register.commands import AddGoods, FinishGoods, StartGoods
from pos_client.storage.unattended import carry_on
from tests.builders import ANNA, MARIA, SHOES, SOCKS
from tests.checkout.core_harness import Desk, a_home, grant


def a_day(home: Path) -> Desk:
    """Sales, a return, a copy, a voided and a parked basket, goods in, a drawer, change in and
    cash out by hand, a Z, a new day."""
    desk = Desk(a_home(home))
    desk.signs_on(MARIA).opens("1000")
    desk.scans(SHOES, SOCKS).pays_cash("1000")
    desk.scans(SHOES).pays_card("500").pays_cash()
    desk.takes_back("1-1-1", 2).pays_cash()
    desk.do(commands.CopyReceipt("1")).do(commands.OpenDrawer("change"))
    desk.do(commands.Loan(50_000, "safe")).do(commands.Pickup(20_000, "bank"))
    desk.do(commands.PrintXReport())
    desk.do(StartGoods("goods_received", "L-7")).do(AddGoods(SHOES, 3))
    desk.do(FinishGoods())
    desk.do(StartGoods("count")).do(AddGoods(SHOES, 7))
    desk.do(FinishGoods())
    desk.closes(cash="0").opens("500").scans(SOCKS).pays_card()
    desk.scans(SOCKS).do(commands.Suspend())
    return desk.scans(SHOES)


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has had that day; copy it before changing it."""
    home = tmp_path_factory.mktemp("ended") / "till"
    with a_day(home) as desk:
        desk.records.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


def replayed(home: Path, to: str = "") -> Replayed:
    return the_register().replay(home, to, no_progress)


def changed(home: Path, statement: str) -> None:
    with closing(sqlite3.connect(home / "receipts.db")) as connection, connection:
        connection.execute(statement)


def test_a_day_replays_to_what_the_register_keeps_while_it_sells(tmp_path: Path) -> None:
    with a_day(tmp_path):
        found = replayed(tmp_path)
    assert found.differences == ()
    assert found.unread == ()
    assert (found.receipts, found.last_receipt, found.next_z_number) == (4, "s01-1-1-4", 2)


def test_a_new_epoch_goes_on_with_the_same_day(tmp_path: Path) -> None:
    with a_day(tmp_path):
        pass
    grant(tmp_path, epoch=2)
    with Desk(tmp_path, epoch=2) as desk:
        desk.do(commands.VoidBasket()).signs_on(ANNA).scans(SHOES).pays_cash()
        assert replayed(tmp_path).is_good


@pytest.mark.parametrize(
    ("statement", "where", "what"),
    [
        ("DELETE FROM receipt WHERE number = 2", "receipt", "row s01-1-1-2"),
        ("UPDATE receipt SET total_minor = 1 WHERE number = 1", "receipt", "row s01-1-1-1"),
        ("UPDATE stock_movement SET delta = 9", "stock_movement", "row "),
        ("DELETE FROM returned_line", "returned_line", "row "),
        ("DELETE FROM suspended_basket", "suspended_basket", "row "),
        ("DELETE FROM delivery", "delivery", "row "),
        (
            "UPDATE register SET totals = json_set(totals, '$.sales_minor', 1)",
            "totals",
            "sales_minor",
        ),
        ("UPDATE register SET state = json_set(state, '$.day', '')", "register", "day"),
        (
            "UPDATE register SET state = json_set(state, '$.next_number', 1)",
            "register",
            "next_number",
        ),
    ],
)
def test_what_was_changed_beside_the_journal_is_named(
    ended: Path, tmp_path: Path, statement: str, where: str, what: str
) -> None:
    shutil.copy(ended / "receipts.db", tmp_path / "receipts.db")
    changed(tmp_path, statement)
    first = replayed(tmp_path).differences[0]
    assert first.where == where
    assert first.what.startswith(what)


def test_a_replay_to_a_receipt_shows_where_the_day_stood(tmp_path: Path) -> None:
    with a_day(tmp_path):
        found = replayed(tmp_path, "1-1-2")
        with pytest.raises(SafetyTrouble, match="no receipt 1-1-9"):
            replayed(tmp_path, "1-1-9")
    assert (found.receipts, found.last_receipt, found.is_compared) == (2, "s01-1-1-2", False)
    assert found.totals["sales"]["count"] == 2


def test_the_command_says_it_in_words_and_in_json(tmp_path: Path) -> None:
    with a_day(tmp_path):
        pass
    run = CliRunner().invoke
    good = run(sync, ["replay", "--home", str(tmp_path)])
    assert (good.exit_code, "adds up to" in good.stdout) == (0, True)
    changed(tmp_path, "DELETE FROM receipt WHERE number = 2")
    bad = run(sync, ["replay", "--home", str(tmp_path), "--json"])
    assert bad.exit_code == 1
    facts = json.loads(bad.stdout)
    assert facts["replayed"]["differences"][0]["kept"] == "missing"


def test_a_till_that_said_a_fork_again_in_a_new_epoch_replays_too(tmp_path: Path) -> None:
    with a_day(tmp_path) as desk:
        desk.do(commands.VoidBasket())
        common = desk.records.journal.entry(1, 5)
    assert common is not None
    order = Order(2, (Fork("fork", 1, 5, common.hash),), first_number=9)
    grant(tmp_path, epoch=2)
    assert carry_on(tmp_path, order, "2026-11-22T12:00:00.000Z", Boot())
    with Desk(tmp_path, epoch=2) as desk:
        desk.signs_on(ANNA).scans(SHOES).pays_cash()
        found = replayed(tmp_path)
    assert found.differences == ()
    assert found.last_receipt == "s01-1-2-9"
