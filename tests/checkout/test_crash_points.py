"""Killed at every single step of a sale, a return, a parking, a copy and a Z: nothing is lost.

The register is judged by what the world outside has seen: the screen, the paper, the
drawer and the control unit's ledger, never by its own word alone.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from central_sync.retail.till import TillTotals, opened, with_receipt
from central_sync.wire.entries import EntryKind
from hardware.errors import Stalled
from hardware.fiscal.demo import DemoUnit
from hardware.printers.text import to_lines
from pos_client.register import commands
from pos_client.register.order_commands import RenewQuote
from pos_client.storage.tasks import acts_by_task
from tests.builders import ANNA, SHOES, kr
from tests.checkout.core_harness import Desk, a_home
from tests.checkout.crashing import BORG, SHIP
from tests.checkout.paper_trail import Trail, is_honest, settle
from tests.checkout.test_tasks import tell


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """In memory where there is such a disk: a death of the process asks nothing of the disk."""
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else tmp_path) as name:
        yield Path(name)


def deaths(folder: Path, flow: str, *, at_least: int) -> Iterator[Path]:
    """A home for every step at which the flow was killed, and the one that lived."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.checkout.crashing", str(folder), flow],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    homes = sorted(folder.glob("died-at-*"))
    assert len(homes) == int(done.stdout) + 1 > at_least
    for home in homes:
        yield home
        shutil.rmtree(home)


def a_morning(folder: Path, *, with_sale: bool = False) -> Path:
    """`folder/base`: Anna is on, the day is open, and a pair may be sold already."""
    home = a_home(folder / "base")
    with Desk(home, unit_of(home)) as desk:
        desk.signs_on(ANNA).opens("1000")
        if with_sale:
            desk.scans(SHOES).pays_card()
            for job in desk.paper():
                desk.spool.finished(job.job_id)
    return home


def unit_of(home: Path) -> DemoUnit:
    return DemoUnit("demo://", home / "unit.jsonl")


def shown(home: Path) -> dict[str, Any]:
    """The last thing that stood on the screen."""
    path = home / "shown"
    lines = path.read_text().splitlines() if path.exists() else []
    last: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return last


def is_sound(desk: Desk) -> bool:
    """What must hold after every death whatever: chain, numbers, totals."""
    assert desk.records.journal.first_broken() is None
    receipts = desk.sold()
    assert [receipt.number for receipt in receipts] == list(range(1, len(receipts) + 1))
    assert len({receipt.receipt_id for receipt in receipts}) == len(receipts)
    assert count(desk, "receipt") == len(receipts)
    assert told(desk) == replace(
        desk.desk.ledger.totals, drawer_openings=0, copies=TillTotals().copies
    )
    return True


def told(desk: Desk) -> TillTotals:
    """The day's totals as the journal alone tells them."""
    totals = TillTotals()
    for body in desk.bodies():
        if body.kind == EntryKind.DAY_OPENED:
            cash = body.payload["opening_cash_minor"]
            totals = opened(body.business_day, cash, totals.grand)
        elif body.kind == EntryKind.Z_REPORT:
            totals = opened("", 0, totals.grand)
    for receipt in desk.sold():
        if receipt.business_day == totals.business_day:
            totals = with_receipt(totals, receipt)
    return totals


def count(desk: Desk, table: str, where: str = "1") -> int:
    sql = f"SELECT COUNT(*) FROM {table} WHERE {where}"
    return int(desk.records.database.conn.execute(sql).fetchone()[0])


def drawer_came_in_time(home: Path) -> bool:
    """It was kicked at most once."""
    drawer = home / "drawer"
    return not drawer.exists() or drawer.read_text() in ("", "D")


def test_a_sale_killed_at_any_step_is_whole_or_still_in_the_basket(folder: Path) -> None:
    a_morning(folder)
    for home in deaths(folder, "sale", at_least=50):
        seen = shown(home)
        with Desk(home, unit_of(home)) as desk:
            assert desk.hands.pulses == 0, "a drawer that opens at a start opens to nobody"
            assert is_sound(desk), home
            receipts = desk.sold()
            if seen.get("receipt"):
                assert [receipt.receipt_number for receipt in receipts] == [seen["receipt"]], home
            if not receipts:
                assert still_shows(desk, seen), home
            assert comes_to_one_receipt(desk), home
            settle(desk, is_there=is_even(home))
            assert is_honest(desk), home
            assert drawer_came_in_time(home), home


def is_even(home: Path) -> bool:
    """Every second time somebody is there to answer; the other times nobody is."""
    return int(home.name[-1]) % 2 == 0


@pytest.mark.parametrize("flow", ["silence", "again"])
def test_a_torn_receipt_becomes_one_whole_document_however_often_it_dies(
    folder: Path, flow: str
) -> None:
    """Killed again while it is voided, asked about, and copied or printed once more."""
    home = a_morning(folder)
    with Desk(home, unit_of(home)) as desk:
        desk.scans(SHOES).pays_card()
        (job,) = desk.paper()
        hangs_in_the_printer(home, to_lines(job.document)[:8])
    for died in deaths(folder, flow, at_least=15):
        with Desk(died, unit_of(died)) as desk:
            assert is_sound(desk), died
            settle(desk, is_there=is_even(died))
            assert is_honest(desk), died
            assert desk.kinds().count("receipt_copied") <= 1, died


def hangs_in_the_printer(home: Path, lines: list[str]) -> None:
    """The power went in the middle of this paper."""
    trail = Trail(home, "paper")
    trail.leave("".join(f"{line}\n" for line in lines))
    trail.close()


def still_shows(desk: Desk, seen: dict[str, Any]) -> bool:
    """Every line that was shown is there, as it was shown or as the next command left it."""
    basket = desk.state.basket
    there = {line.line: (line.quantity, line.is_voided) for line in basket.lines}
    for number, quantity, is_voided in seen.get("lines", []):
        assert number in there
        assert there[number][0] >= quantity
        assert there[number][1] >= is_voided
    assert basket.paid_minor >= seen.get("paid", 0)
    return True


def comes_to_one_receipt(desk: Desk) -> bool:
    """Going on where it was ends in one receipt for the customer; the next one is the next."""
    if not desk.sold():
        if not desk.state.has_basket:
            desk.scans(SHOES)
        desk.pays_cash()
    (receipt,) = desk.sold()
    desk.scans(SHOES).pays_card()
    assert [each.number for each in desk.sold()] == [1, 2]
    sealed = (desk.home / "unit.jsonl").read_text().count(receipt.receipt_id)
    assert sealed == 1, "the unit has sealed this receipt once"
    assert len((desk.home / "unit.jsonl").read_text().splitlines()) == 2
    return is_sound(desk)


def test_a_return_killed_at_any_step_is_taken_back_once(folder: Path) -> None:
    a_morning(folder, with_sale=True)
    for home in deaths(folder, "return", at_least=25):
        with Desk(home, unit_of(home)) as desk:
            assert is_sound(desk), home
            if len(desk.sold()) == 1:
                if not desk.state.has_basket:
                    desk.takes_back("1")
                desk.pays_cash()
            assert [receipt.total_minor for receipt in desk.sold()] == [kr("899"), -kr("899")], home
            refused = desk.do(commands.ReturnLine("1", 1, 1, "regret"))
            assert refused.said == "return.all_returned", home
            assert desk.shop.on_hand("SKO-42") == 10, home


def test_a_basket_killed_while_parking_is_open_or_parked_and_never_both(folder: Path) -> None:
    a_morning(folder)
    for home in deaths(folder, "parking", at_least=10):
        with Desk(home, unit_of(home)) as desk:
            assert is_sound(desk), home
            seen = shown(home)
            places = len(desk.shop.suspended()) + desk.state.has_basket
            assert places == 1 or not seen, home
            assert places <= 1, home
            assert len(desk.shop.suspended()) >= seen.get("parked", 0), home


def test_a_day_killed_while_closing_is_open_or_closed_with_its_z(folder: Path) -> None:
    a_morning(folder)
    for home in deaths(folder, "z", at_least=15):
        with Desk(home, unit_of(home)) as desk:
            assert is_sound(desk), home
            reports = len(desk.reports(EntryKind.Z_REPORT))
            assert reports == (0 if desk.state.day else 1), home
            assert count(desk, "print_job", "kind = 'z_report'") == reports, home
            if desk.state.day:
                desk.closes(cash="1000")
            assert [z.number for z in desk.reports(EntryKind.Z_REPORT)] == [1], home
            desk.opens("0").closes(cash="0")
            assert [z.number for z in desk.reports(EntryKind.Z_REPORT)] == [1, 2], home


def test_a_copy_killed_at_any_step_is_made_once(folder: Path) -> None:
    a_morning(folder, with_sale=True)
    for home in deaths(folder, "copy", at_least=15):
        with Desk(home, unit_of(home)) as desk:
            assert is_sound(desk), home
            desk.do(commands.CopyReceipt("1"))
            assert desk.said in ("receipt.copied", "receipt.copied_already"), home
            assert desk.kinds().count("receipt_copied") == 1, home
            assert count(desk, "print_job", "kind = 'copy'") == 1, home


def test_a_start_killed_while_it_finishes_a_receipt_finishes_it_once(folder: Path) -> None:
    home = a_morning(folder)
    with Desk(home, SilentUnit()) as desk:
        desk.scans(SHOES).pays_cash("1000")
        assert desk.state.completing is not None
    for died in deaths(folder, "recovery", at_least=15):
        with Desk(died, unit_of(died)) as desk:
            assert is_sound(desk), died
            assert [receipt.change_minor for receipt in desk.sold()] == [kr("101")], died
            settle(desk, is_there=is_even(died))
            assert is_honest(desk), died


class SilentUnit(DemoUnit):
    """Looks ready and does not answer."""

    def seal(self, request: Any) -> Any:
        raise Stalled("demo://", "it does not answer")


def test_goods_received_are_booked_whole_or_not_at_all(folder: Path) -> None:
    a_morning(folder)
    for home in deaths(folder, "goods", at_least=8):
        with Desk(home) as desk:
            if desk.state.goods is not None:
                desk.do(commands.DropGoods())
            booked = [body for body in desk.bodies() if body.kind == EntryKind.STOCK_MOVED]
            lines = [tuple(line) for body in booked for line in body.payload["lines"]]
            rows = desk.records.database.conn.execute(
                "SELECT sku, delta FROM stock_movement ORDER BY sku"
            ).fetchall()
            assert sorted(lines) == rows
            assert lines in ([], [("STRUMPA", 2), ("SKO-42", 1)])
            assert (desk.shop.delivery("L-7") is not None) == bool(booked)


def test_a_sale_with_an_order_killed_at_any_step_ends_in_one_receipt_with_its_order(
    folder: Path,
) -> None:
    a_morning(folder)
    for home in deaths(folder, "order", at_least=30):
        seen = shown(home)
        with Desk(home, unit_of(home)) as desk:
            assert is_sound(desk), home
            if not desk.sold():
                assert still_shows(desk, seen), home
                goes_on_ordering(desk)
            (receipt,) = desk.sold()
            assert receipt.order is not None, home
            assert receipt.order.order_id == receipt.receipt_id
            assert receipt.order.address is not None
            address_id = receipt.order.address.address_id
            assert count(desk, "sealed_note", f"subject_id = '{address_id}'") == 1, home
            assert is_sound(desk), home


def goes_on_ordering(desk: Desk) -> None:
    """Whatever is there already is not asked for again."""
    if desk.state.basket.later:
        desk.do(RenewQuote()).hears_from_central()
    else:
        desk.do(SHIP)
    if not desk.state.basket.order.address_id:
        desk.do(BORG)
    desk.hears_from_central().pays_card()


def test_what_comes_later_leaves_no_shelf_and_its_words_no_trace(folder: Path) -> None:
    home = a_morning(folder)
    with Desk(home, unit_of(home)) as desk:
        desk.scans(SHOES).do(SHIP).do(BORG).hears_from_central().pays_card()

        assert count(desk, "stock_movement") == 1
        (receipt,) = desk.sold()
        assert receipt.order is not None
        paper = "\n".join(to_lines(desk.paper()[-1].document))
    assert "TAGET NU" in paper
    assert "RESERVERAD" in paper
    everything = b"".join(file.read_bytes() for file in home.rglob("*") if file.is_file())
    assert b"Storgatan" not in everything
    assert b"Eva Borg" not in everything


def test_a_voided_order_is_let_go_at_central(folder: Path) -> None:
    home = a_morning(folder)
    with Desk(home, unit_of(home)) as desk:
        desk.do(SHIP).do(BORG).hears_from_central().do(commands.VoidBasket())

        assert desk.hands.released == ["q-1"]


def test_a_question_that_a_restart_left_open_is_asked_again(folder: Path) -> None:
    home = a_morning(folder)
    with Desk(home, unit_of(home)) as desk:
        desk.do(SHIP).do(BORG)
    with Desk(home, unit_of(home)) as desk:
        assert len(desk.hands.wishes) == 1
        assert desk.hears_from_central().pays_card().sold()


def test_what_is_said_of_a_task_is_journalled_and_remembered_or_neither(folder: Path) -> None:
    tell(a_morning(folder), "p1/pick", "pick", "offered", epoch=1, mode="ship")
    for home in deaths(folder, "task", at_least=12):
        with Desk(home) as desk:
            told = [b.payload["command"] for b in desk.bodies() if b.kind == "order_command"]
            acts = acts_by_task(desk.records.database).get("p1/pick", [])
            assert [act.command for act in acts] == told
            papers = desk.records.database.conn.execute("SELECT kind FROM print_job").fetchall()
            assert [kind for (kind,) in papers] == _papers_of([each["is"] for each in told])


def _papers_of(told: list[str]) -> list[str]:
    papers = {"ClaimParcel": "pick_list", "PackParcel": "delivery_note"}
    return [papers[each] for each in told if each in papers]
