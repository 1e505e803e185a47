"""Every device of the till hangs at once, and the till sells on: none of it is ever waited for.

A round trip is the proof, not a clock: the core answered, while what was asked of the
devices can never be answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path

import pytest

from hardware.emulators.deaf import DEVICES, DeafLane
from pos_client.link.client import CoreClient
from pos_client.register import commands
from pos_client.register.view import Mode, View
from tests.builders import ANNA, MARIA, PINS, SHOES, SOCKS, kr
from tests.checkout.core_harness import a_home
from tests.checkout.test_core_process import client_of, running
from tests.hardware.waiting import until
from tests.register.test_codes_sold import a_food_shop

SCANS = 60


@pytest.fixture
def lane() -> Iterator[DeafLane]:
    with DeafLane() as deaf:
        yield deaf


@pytest.fixture
def till(tmp_path: Path, lane: DeafLane) -> Iterator[CoreClient]:
    home = a_home(tmp_path / "till", a_food_shop(), settings=lane.settings)
    with running(home):
        client = client_of(home)
        client.do(commands.SignOn(ANNA, PINS[ANNA]))
        client.do(commands.OpenDay(kr("1000")))
        yield client
        client.close()


def scan(client: CoreClient, count: int) -> View:
    for code in islice(cycle((SHOES, SOCKS)), count):
        view = client.do(commands.ScanCode(code))
    return view


def lines(view: View) -> int:
    return sum(line.quantity for line in view.lines)


def test_every_scan_becomes_a_line_while_every_device_hangs(
    till: CoreClient, lane: DeafLane
) -> None:
    till.do(commands.OpenDrawer("change"))
    till.do(commands.Approve(MARIA, PINS[MARIA]))
    till.do(commands.PrintXReport())
    assert till.do(commands.EnterCode("NOTTER")).weighing is not None
    until(lambda: lane.spoken_to() == DEVICES)
    assert till.do(commands.CancelWeighing()).weighing is None

    assert lines(scan(till, SCANS)) == SCANS


def test_a_terminal_that_hangs_holds_the_payment_and_nothing_else(
    till: CoreClient, lane: DeafLane
) -> None:
    scan(till, 2)
    assert till.do(commands.Pay("card")).mode is Mode.CARD
    until(lambda: "payment_terminal" in lane.spoken_to())

    for _ in range(SCANS):
        view = till.do(commands.CheckPrice(SHOES))

    assert view.mode is Mode.CARD
    assert lines(view) == 2
    assert till.do(commands.AbortCard()).card is not None


def test_a_control_unit_that_hangs_holds_the_receipt_and_nothing_else(
    till: CoreClient, lane: DeafLane
) -> None:
    scan(till, 2)
    assert till.do(commands.Pay("cash")).mode is Mode.COMPLETING
    until(lambda: "fiscal_unit" in lane.spoken_to())

    for _ in range(SCANS):
        view = till.do(commands.CheckPrice(SHOES))

    assert view.mode is Mode.COMPLETING
