"""What the device screen lists and does: real board, real print worker, devices in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hardware.drawers.watch import DrawerWatch
from hardware.memory.drawer import MemoryDrawer
from hardware.memory.printer import MemoryPrinter
from hardware.ports import DeviceState, Health, Reason
from pos_client.checkout.device_board import DeviceBoard, Inquirer, Known
from pos_client.checkout.device_desk import DeviceDesk
from pos_client.checkout.drawers import DrawerKeeper
from pos_client.checkout.mailbox import Mailbox
from pos_client.register.queries import Answer, TendDevice, Tended
from tests.hardware.waiting import until


class Told:
    """Listens to a drawer."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def drawer_stuck(self) -> None:
        self.said.append("stuck")

    def drawer_forced(self) -> None:
        self.said.append("forced")

    def drawer_left_open(self, seconds: int) -> None:
        self.said.append("left open")


def a_board(home: Path, printer: MemoryPrinter) -> DeviceBoard:
    return DeviceBoard([Known("printer", "memory://", printer.state)], home / "devices.json")


def test_a_device_is_listed_with_its_advice_and_its_keys(tmp_path: Path) -> None:
    printer = MemoryPrinter()
    board = a_board(tmp_path, printer)
    (calm,) = board.lines()
    printer.put_in_state(Health.BLOCKED, Reason.PAPER_OUT)

    (troubled,) = board.lines()

    assert (calm.health, calm.advice, calm.fixes) == ("ready", "", ("test_print", "feed"))
    assert troubled.advice == "device.advice.printer.paper_out"
    assert troubled.fixes == ("try_again",)


def test_the_list_is_the_same_object_while_nothing_changes(tmp_path: Path) -> None:
    board = a_board(tmp_path, MemoryPrinter())

    assert board.lines() is board.lines()


def test_store_it_finds_the_list_in_a_file(tmp_path: Path) -> None:
    printer = MemoryPrinter()
    board = a_board(tmp_path, printer)
    printer.put_in_state(Health.FAULT, Reason.NO_ANSWER)
    board.lines()

    (row,) = json.loads((tmp_path / "devices.json").read_text("utf-8"))

    assert (row["device"], row["health"], row["reason"]) == ("printer", "fault", "no_answer")


def test_a_folder_that_cannot_be_written_hides_no_device(tmp_path: Path) -> None:
    board = a_board(tmp_path / "none", MemoryPrinter())

    assert len(board.lines()) == 1


def test_a_state_that_takes_time_is_asked_by_another_thread() -> None:
    asked: list[int] = []

    def ask() -> DeviceState:
        asked.append(1)
        return DeviceState(Health.READY)

    inquirer = Inquirer(ask, lambda: None)
    assert inquirer.state().health is Health.OPENING

    inquirer.start()
    try:
        until(lambda: inquirer.state().health is Health.READY)
        inquirer.try_now()
        until(lambda: len(asked) == 2)
    finally:
        inquirer.stop()


@contextmanager
def a_mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    try:
        yield mailbox
    finally:
        mailbox.close()


def test_an_action_answers_on_the_cores_thread() -> None:
    with a_mailbox() as mailbox:
        desk = DeviceDesk({("scale", "weigh"): lambda told: told("", "452")}, mailbox)
        heard: list[Answer | None] = []

        desk.ask(TendDevice("scale", "weigh"), heard.append)
        assert heard == []
        mailbox.deliver()

    assert heard == [Tended("scale", "weigh", "", "452")]


def test_a_fix_that_the_device_does_not_have_is_refused_at_once() -> None:
    with a_mailbox() as mailbox:
        heard: list[Answer | None] = []

        DeviceDesk({}, mailbox).ask(TendDevice("printer", "weigh"), heard.append)

    assert heard == [None]


def test_a_forced_drawer_is_trouble_until_it_is_shut() -> None:
    drawer = MemoryDrawer()
    with a_mailbox() as mailbox:
        keeper = DrawerKeeper(drawer, mailbox, Told(), DrawerWatch())
        keeper.start()
        try:
            until(lambda: keeper.watch.position is drawer.position())
            drawer.force()
            until(lambda: keeper.state().reason is Reason.DRAWER_FORCED)
            drawer.push_shut()
            until(lambda: keeper.state().health is Health.READY)
        finally:
            keeper.stop()
