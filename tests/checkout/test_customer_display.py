from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from hardware.emulators.display import EmulatedDisplay
from hardware.emulators.line import TcpLine
from hardware.memory import MemoryDisplay
from pos_client.checkout.customer_display import FAREWELL_SECONDS, CustomerDisplay
from pos_client.register import commands
from pos_client.register.view import LastReceipt, Mode, Setup, View
from pos_client.texts import words
from tests.builders import ANNA, PINS, SHOES, kr
from tests.checkout.core_harness import a_home
from tests.checkout.test_core_process import client_of, running
from tests.hardware.waiting import until

SELLING = View(Mode.SALE, Setup(store_name="Två Par"))
SOLD = replace(SELLING, last_receipt=LastReceipt("1-1-7", kr("99"), kr("1"), 0, False))

DEVICES = """
[devices]
printer = "memory://"
fiscal_unit = "demo://{home}/unit.jsonl"
customer_display = "dmd+tcp://{display}"
"""


def test_the_display_is_told_only_of_what_changes_its_rows() -> None:
    twin = MemoryDisplay()
    display = CustomerDisplay(twin, words("sv"), lambda: 0.0)
    for _ in range(3):
        display.follow(SELLING)
    display.follow(replace(SELLING, operator_name="Anna"))

    assert len(twin.shown) == 1


def test_change_gives_way_to_the_greeting_after_a_while() -> None:
    now = [0.0]
    twin = MemoryDisplay()
    display = CustomerDisplay(twin, words("sv"), lambda: now[0])
    display.follow(SOLD)
    assert "VÄXEL" in twin.lines[0]

    now[0] = FAREWELL_SECONDS
    display.follow(SOLD)

    assert "Välkommen" in twin.lines[1]


def test_a_register_that_ends_leaves_a_closed_till_on_the_display() -> None:
    twin = MemoryDisplay()
    display = CustomerDisplay(twin, words("en"), lambda: 0.0)
    display.follow(SELLING)

    display.stop()

    assert "TILL CLOSED" in twin.lines[0]


def test_a_customer_reads_each_step_of_a_sale_and_an_unplugged_display_stops_none(
    tmp_path: Path,
) -> None:
    core = EmulatedDisplay("dmd")
    home = tmp_path / "till"

    def reads(text: str) -> None:
        until(lambda: text in "|".join(core.rows).replace("\u00a0", " "))

    with TcpLine(core) as line:
        a_home(home, settings=DEVICES.format(home=home, display=line.place))
        with running(home) as process:
            client = client_of(home)
            reads("KASSAN STÄNGD")
            client.do(commands.SignOn(ANNA, PINS[ANNA]))
            client.do(commands.OpenDay(kr("1000")))
            reads("Välkommen!")
            client.do(commands.ScanCode(SHOES))
            reads("SUMMA")
            line.unplug()
            client.do(commands.ScanCode(SHOES))
            view = client.do(commands.Pay("cash", client.view.due_minor + kr("1")))
            line.plug_in()
            reads("VÄXEL           1,00")
            assert view is None or not client.view.lines
            client.close()
            process.terminate()
            process.wait(10)
            reads("KASSAN STÄNGD")
