"""A whole till with emulated devices: every line, every key, a plug pulled and put back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from hardware.emulators.display import EmulatedDisplay
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.line import PtyLine, TcpLine
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.emulators.serving import TcpPrinter
from pos_client.link.client import CoreClient
from pos_client.register import commands
from pos_client.register.queries import TendDevice, Tended
from pos_client.register.view import DeviceLine
from tests.builders import ANNA, PINS, SHOES, kr
from tests.checkout.core_harness import a_home
from tests.checkout.test_core_process import client_of, running
from tests.hardware.waiting import until

pytestmark = pytest.mark.e2e

DEVICES = """
[devices]
printer = "{printer}?drawer_open=high"
fiscal_unit = "demo://{home}/unit.jsonl"
customer_display = "dmd+tcp://{display}"
scale = "dialog06+serial://{scale}"
label_printer = "zpl+tcp://{labels}"
"""


@dataclass
class Shop:
    home: Path
    client: CoreClient
    printer: EmulatedPrinter
    display: EmulatedDisplay
    labels: EmulatedLabelPrinter
    scale: EmulatedDialog06
    scale_line: PtyLine

    def device(self, name: str) -> DeviceLine:
        return next(each for each in self.client.view.status.devices if each.name == name)

    def tend(self, device: str, fix: str) -> Tended:
        answer = self.client.ask(TendDevice(device, fix))
        assert isinstance(answer, Tended), answer
        return answer


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    home = tmp_path / "till"
    printer, display, labels = EmulatedPrinter(), EmulatedDisplay("dmd"), EmulatedLabelPrinter()
    scale = EmulatedDialog06()
    scale.platform.put(452)
    with ExitStack() as open_things:
        paper = open_things.enter_context(TcpPrinter(printer))
        rows = open_things.enter_context(TcpLine(display))
        tags = open_things.enter_context(TcpLine(labels))
        weights = open_things.enter_context(PtyLine(scale, tmp_path / "scale"))
        settings = DEVICES.format(
            home=home,
            printer=paper.address,
            display=rows.place,
            labels=tags.place,
            scale=tmp_path / "scale",
        )
        a_home(home, settings=settings)
        open_things.enter_context(running(home))
        client = client_of(home)
        open_things.callback(client.close)
        client.do(commands.SignOn(ANNA, PINS[ANNA]))
        client.do(commands.OpenDay(kr("1000")))
        made = Shop(home, client, printer, display, labels, scale, weights)
        until(lambda: all(each.health == "ready" for each in client.view.status.devices))
        yield made


def test_every_device_is_listed_in_its_order(shop: Shop) -> None:
    assert [each.name for each in shop.client.view.status.devices] == [
        "printer",
        "drawer",
        "fiscal_unit",
        "customer_display",
        "scale",
        "label_printer",
    ]
    kept = json.loads((shop.home / "devices.json").read_text("utf-8"))
    assert [row["device"] for row in kept][:2] == ["printer", "drawer"]


def test_each_key_does_what_it_says_in_the_middle_of_a_sale(shop: Shop) -> None:
    shop.client.do(commands.EnterCode(SHOES))
    for device, fix, value in (
        ("printer", "test_print", ""),
        ("printer", "feed", ""),
        ("label_printer", "test_label", ""),
        ("scale", "weigh", "452"),
        ("customer_display", "show", ""),
    ):
        assert shop.tend(device, fix) == Tended(device, fix, "", value)

    assert "Testutskrift" in shop.printer.papers[0].text()
    assert len(shop.labels.sheets) == 1
    until(lambda: shop.display.rows[0].startswith("ÅÄÖ åäö"))
    assert shop.client.view.item_count == 1


def test_a_fault_is_listed_with_its_advice_and_mended_without_a_restart(shop: Shop) -> None:
    shop.printer.faults.paper_out = True
    until(lambda: shop.device("printer").reason == "paper_out")
    assert shop.device("printer").advice == "device.advice.printer.paper_out"
    assert shop.device("drawer").advice == "device.advice.drawer.by_printer"
    shop.scale_line.unplug()
    until(lambda: shop.device("scale").health != "ready")

    shop.printer.faults.paper_out = False
    shop.scale_line.plug_in()
    shop.tend("scale", "try_again")

    until(lambda: shop.device("printer").health == shop.device("scale").health == "ready")


def test_what_is_not_there_is_told_by_its_reason(shop: Shop) -> None:
    shop.printer.faults.paper_out = True
    until(lambda: shop.device("printer").reason == "paper_out")

    assert shop.tend("printer", "test_print").problem == "paper_out"


def test_nobody_who_is_not_signed_on_prints_a_test_page(shop: Shop) -> None:
    shop.client.do(commands.SignOff())

    assert shop.client.ask(TendDevice("printer", "test_print")) is None
    assert shop.printer.papers == []
