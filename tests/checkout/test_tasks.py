"""Tasks on a real disk: rows of the feed, own words laid over, entries, paper, names."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from central_sync.masterfile.apply import open_for_apply
from central_sync.wire.entries import EntryKind
from central_sync.wire.key_files import save_keys
from central_sync.wire.sealing import KeySet
from central_sync.wire.tasks import Private, TaskBody, TaskLine, hash_of_code
from hardware.document import Document
from hardware.printers.text import to_lines
from pos_client.checkout.task_board import TaskBoard, lost
from pos_client.register.commands import (
    AcceptTask,
    AddGoods,
    EndTask,
    FinishGoods,
    HandOut,
    HandOverTask,
    PackTask,
    PickGoods,
    StartGoods,
)
from pos_client.storage.master import MasterData
from pos_client.storage.tasks import acts_by_task
from tests.builders import SHOES, SOCKS
from tests.checkout.core_harness import Desk, a_home

PICK = "p1/pick"
LINES = [
    TaskLine(line=1, sku="SKO-42", name="Löparsko Fjäll 42", quantity=1, shelf="B3"),
    TaskLine(line=2, sku="STRUMPA", name="Strumpa Sjö", quantity=2, shelf="A1"),
]


def tell(home: Path, task_id: str, kind: str, state: str, sealed: str = "", **body: Any) -> None:
    """Central's row of a task, as the feed leaves it in master.db."""
    whole = TaskBody(order_id="o1", number="A-1001", parcel_id="p1", lines=LINES, **body)
    row = (task_id, kind, state, "", "", whole.model_dump_json(exclude_defaults=True), sealed)
    master = open_for_apply(home / "master.db")
    master.execute("INSERT OR REPLACE INTO task VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    master.close()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = a_home(tmp_path / "till")
    tell(home, PICK, "pick", "offered", epoch=1, mode="ship")
    return home


@pytest.fixture
def desk(home: Path) -> Iterator[Desk]:
    with Desk(home) as desk:
        yield desk.signs_on().opens()


def board_of(desk: Desk, home: Path) -> TaskBoard:
    """A board that can unseal, as the core's own."""
    acts = lambda: acts_by_task(desk.records.database)  # noqa: E731
    return TaskBoard(MasterData(home / "master.db"), acts, home)


def state_of(desk: Desk, task_id: str = PICK) -> str:
    task = desk.shop.task(task_id)
    return task.state if task else ""


def commands_told(desk: Desk) -> list[str]:
    told = [body for body in desk.bodies() if body.kind == EntryKind.ORDER_COMMAND]
    assert all(body.operator == "1001" for body in told)
    return [body.payload["command"]["is"] for body in told]


def test_an_order_is_picked_and_packed_without_central_and_leaves_with_its_yes(
    desk: Desk, home: Path
) -> None:
    desk.do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES)).do(PickGoods(PICK, SOCKS, 2))
    desk.do(PackTask(PICK)).do(HandOverTask(PICK))
    assert desk.said == "task.not_confirmed"
    assert state_of(desk) == "packed"

    tell(home, PICK, "pick", "accepted", epoch=1, mode="ship")
    desk.shop.board.forget()
    desk.do(HandOverTask(PICK))

    assert commands_told(desk) == ["ClaimParcel", "PickLine", "PickLine", "PackParcel", "HandOver"]
    assert desk.shop.board.open_tasks() == ()


def test_what_was_done_is_there_after_a_crash(home: Path) -> None:
    with Desk(home) as desk:
        desk.signs_on().do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES))

    with Desk(home) as desk:
        task = desk.shop.task(PICK)
        assert task is not None
        assert (task.state, task.pieces_picked, task.is_mine) == ("picking", 1, True)


def test_lines_come_in_walking_order(desk: Desk) -> None:
    task = desk.shop.task(PICK)

    assert task is not None
    assert [line.place for line in task.lines] == ["A1", "B3"]


def test_a_pick_list_holds_what_is_to_be_fetched_and_no_name(home: Path) -> None:
    keys = KeySet.generate()
    save_keys(home / "keys" / "store.key", keys)
    person = Private(name="Eva Ek", street="Gatan 1", postcode="411 01", town="Göteborg")
    sealed = keys.seal_text(person.model_dump_json().encode(), f"task/{PICK}")
    tell(home, PICK, "pick", "offered", sealed, epoch=1, mode="ship")
    with Desk(home) as desk:
        desk.shop.board = board_of(desk, home)
        desk.signs_on().do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES))
        desk.do(PickGoods(PICK, SOCKS, 2)).do(PackTask(PICK))
        lists, notes = ("\n".join(to_lines(job.document, 42)) for job in desk.paper())
        entries = json.dumps([body.payload for body in desk.bodies()], ensure_ascii=False)

    assert "PLOCKLISTA" in lists
    assert "Strumpa Sjö" in lists
    assert "Eva" not in lists
    assert "FÖLJESEDEL" in notes
    assert "Eva Ek" in notes
    assert "inget kvitto" in notes
    assert "Eva" not in entries


def test_a_task_whose_name_cannot_be_unsealed_is_worked_on_all_the_same(home: Path) -> None:
    tell(home, PICK, "pick", "offered", "bm90IHNlYWxlZA==", epoch=1, mode="ship")
    with Desk(home) as desk:
        desk.signs_on().do(AcceptTask(PICK))
        assert state_of(desk) == "accepted"


def test_a_row_that_this_till_cannot_read_hides_no_other(home: Path) -> None:
    master = open_for_apply(home / "master.db")
    master.execute("INSERT INTO task VALUES ('x', 'pick', 'offered', '', '', '{\"lines\": 1}', '')")
    master.close()
    with Desk(home) as desk:
        assert [task.task_id for task in desk.shop.board.tasks()] == [PICK]


def test_goods_are_handed_out_offline_by_the_hash_of_the_code(home: Path) -> None:
    tell(home, "p1/collect", "collect", "ready", code_hash=hash_of_code("p1", "K7P2QX"))
    with Desk(home) as desk:
        desk.signs_on().do(HandOut("p1/collect", "NEJNEJ"))
        assert desk.said == "task.wrong_code"

        desk.do(HandOut("p1/collect", "k7p 2qx"))

        assert desk.said == "task.handed_out"
        document: Document = desk.paper()[0].document
        assert "FÖLJESEDEL" in "\n".join(to_lines(document, 42))


def test_goods_put_back_are_told_as_a_task_that_is_done(home: Path) -> None:
    tell(home, "b1", "put_back", "accepted", reason="order.old_assignment")
    with Desk(home) as desk:
        desk.signs_on().do(EndTask("b1"))
        body = desk.bodies()[-1]
        assert (body.kind, body.payload["task_id"]) == (EntryKind.TASK_DONE, "b1")


def test_a_delivery_is_received_against_its_task_and_over_here_before_central_hears(
    home: Path,
) -> None:
    tell(home, "expect/s01/L-1", "receive", "accepted")
    with Desk(home) as desk:
        desk.signs_on().opens().do(StartGoods("goods_received", task_id="expect/s01/L-1"))
        desk.do(AddGoods(SHOES)).do(AddGoods(SOCKS, 3))
        assert desk.said == "goods.too_many"

        desk.do(AddGoods(SOCKS, 2)).do(FinishGoods())

        body = desk.bodies()[-1]
        assert body.payload["task_id"] == "expect/s01/L-1"
        assert body.payload["reference"] == "A-1001"
        assert state_of(desk, "expect/s01/L-1") == "done"


def test_a_task_that_is_taken_away_while_in_hand_is_told_of(home: Path, desk: Desk) -> None:
    desk.do(AcceptTask(PICK)).do(PickGoods(PICK, SHOES))
    before = desk.shop.board.tasks()
    tell(home, PICK, "pick", "cancelled", epoch=2, mode="ship")
    desk.shop.board.forget()

    gone = lost(before, desk.shop.board.tasks())

    assert [(task.number, task.pieces_picked) for task in gone] == [("A-1001", 1)]


def test_a_name_leaves_the_spool_with_the_paper(home: Path) -> None:
    tell(home, "p1/collect", "collect", "ready", code_hash=hash_of_code("p1", "K7P2QX"))
    with Desk(home) as desk:
        desk.signs_on().do(HandOut("p1/collect", "K7P2QX"))
        job = desk.paper()[0]
        connection = desk.records.database.conn
        connection.execute(
            "UPDATE print_job SET state = 'confirmed' WHERE job_id = ?", (job.job_id,)
        )

        kept = connection.execute("SELECT document FROM print_job").fetchall()
        assert kept == [("[]",)]
