"""Each fault that an emulated device can have, and what its driver says of it: one table.

`docs/hardware.md`, "What each fault looks like", is the same list for people; a test here
holds the two together. The wires are real.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import pytest

from hardware.document import Cut, Document, Text
from hardware.drivers import open_display, open_fiscal_unit, open_scale, open_scanner
from hardware.emulators.display import EmulatedDisplay
from hardware.emulators.fiscal import EmulatedUnit
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.line import PtyLine, TcpLine
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.emulators.scale_polled import EmulatedPolledScale
from hardware.emulators.scanner import EmulatedScanner
from hardware.emulators.serving import TcpPrinter
from hardware.errors import DeviceError
from hardware.labels.dialogue import Patience as LabelPatience
from hardware.labels.driver import ZplPrinter
from hardware.labels.layouts import price_label
from hardware.ports import DeviceState, Health, Reason, WeighRequest
from hardware.printers.dialogue import Patience
from hardware.printers.driver import EscposPrinter, Setting
from hardware.transports.tcp import TcpTransport
from tests.contracts.fiscal_contract import a_request
from tests.hardware.terminals.lanes import plain_lane
from tests.hardware.units import emulated_unit
from tests.hardware.waiting import until

BLOCKED, FAULT, WARNING, ABSENT = Health.BLOCKED, Health.FAULT, Health.WARNING, Health.ABSENT

TABLE: dict[str, dict[str, tuple[Health, Reason]]] = {
    "printer": {
        "paper_out": (BLOCKED, Reason.PAPER_OUT),
        "paper_near_end": (WARNING, Reason.PAPER_NEAR_END),
        "cover_open": (BLOCKED, Reason.COVER_OPEN),
        "cutter_jam": (FAULT, Reason.CUTTER_JAM),
        "overheated": (BLOCKED, Reason.OVERHEATED),
        "offline": (BLOCKED, Reason.OFFLINE),
        "broken": (FAULT, Reason.OFFLINE),
        "silent": (WARNING, Reason.NO_ANSWER),
        "stuck_bits": (WARNING, Reason.NO_ANSWER),
        "deaf": (FAULT, Reason.NO_ANSWER),
        "unplugged": (ABSENT, Reason.NONE),
    },
    "label printer": {
        "paper_out": (BLOCKED, Reason.PAPER_OUT),
        "head_open": (BLOCKED, Reason.COVER_OPEN),
        "ribbon_out": (BLOCKED, Reason.RIBBON_OUT),
        "paused": (BLOCKED, Reason.OFFLINE),
        "hot": (BLOCKED, Reason.OVERHEATED),
        "lost_settings": (FAULT, Reason.INTERNAL_FAULT),
        "mute": (FAULT, Reason.NO_ANSWER),
        "deaf": (FAULT, Reason.NO_ANSWER),
        "unplugged": (ABSENT, Reason.NONE),
    },
    "price scale": {
        "deaf": (FAULT, Reason.NO_ANSWER),
        "loses_acks": (FAULT, Reason.NO_ANSWER),
        "flips_bits": (FAULT, Reason.BAD_CHECKSUM),
        "other_price": (WARNING, Reason.PRICE_DIFFERS),
        "locked": (FAULT, Reason.LICENCE),
        "broken": (FAULT, Reason.INTERNAL_FAULT),
        "refuses": (WARNING, Reason.BAD_REQUEST),
        "moving": (WARNING, Reason.IN_MOTION),
        "empty": (WARNING, Reason.UNDER_MINIMUM),
        "overload": (WARNING, Reason.OVERLOAD),
        "negative": (WARNING, Reason.BELOW_ZERO),
        "heavy_tare": (WARNING, Reason.TARE_TOO_LARGE),
        "unplugged": (ABSENT, Reason.NONE),
    },
    "plain scale": {
        "deaf": (FAULT, Reason.NO_ANSWER),
        "flips_bits": (FAULT, Reason.BAD_CHECKSUM),
        "moving": (WARNING, Reason.IN_MOTION),
        "overload": (WARNING, Reason.OVERLOAD),
        "negative": (WARNING, Reason.BELOW_ZERO),
        "unplugged": (ABSENT, Reason.NONE),
    },
    "control unit": {
        "deaf": (FAULT, Reason.NO_ANSWER),
        "near_full": (WARNING, Reason.MEMORY_NEAR_FULL),
        "full": (FAULT, Reason.MEMORY_FULL),
        "licence": (FAULT, Reason.LICENCE),
        "fatal": (FAULT, Reason.OFFLINE),
        "clock_skew": (WARNING, Reason.CLOCK_SKEW),
        "wrong_unit": (FAULT, Reason.WRONG_DEVICE),
    },
    "card terminal": {
        "Maintenance": (BLOCKED, Reason.BUSY),
        "Unreachable": (WARNING, Reason.OFFLINE),
        "Busy": (WARNING, Reason.BUSY),
        "unplugged": (ABSENT, Reason.NO_ANSWER),
    },
    "customer display": {"unplugged": (ABSENT, Reason.NONE)},
    "scanner": {"unplugged": (ABSENT, Reason.NONE)},
}
ROWS = [(device, fault) for device, faults in TABLE.items() for fault in faults]


class Driver(Protocol):
    def state(self) -> DeviceState: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Found:
    """A driver on its emulated device; `use` provokes what only a use shows."""

    driver: Driver
    use: Callable[[], object] = lambda: None


@contextmanager
def a_printer(fault: str, _folder: Path) -> Iterator[Found]:
    core = EmulatedPrinter()
    with TcpPrinter(core) as wire:
        setting = Setting(patience=Patience(watch_seconds=0.05, write_seconds=0.2))
        driver = EscposPrinter("printer", TcpTransport("printer", "127.0.0.1", wire.port), setting)
        until(lambda: driver.state().health is Health.READY)
        if fault == "unplugged":
            wire.close()
        else:
            setattr(core.faults, fault, 0x20 if fault == "stuck_bits" else True)
        # Its own buffers take a question from a till that reads nothing; a receipt is too much.
        kick = (lambda: driver.print(a_long_paper())) if fault == "deaf" else (lambda: None)
        yield Found(driver, kick)
        driver.close()


def a_long_paper() -> Document:
    return Document((*(Text("x" * 40) for _ in range(20_000)), Cut()))


@contextmanager
def a_label_printer(fault: str, _folder: Path) -> Iterator[Found]:
    core = EmulatedLabelPrinter()
    with TcpLine(core) as line:
        host, port = line.place.split(":")
        patience = LabelPatience(answer_seconds=0.2, watch_seconds=0.05)
        driver = ZplPrinter("zpl", TcpTransport("zpl", host, int(port)), patience=patience)
        until(lambda: driver.state().health is Health.READY)
        if fault == "unplugged":
            line.unplug()
        else:
            line.call(lambda: setattr(core.faults, fault, True))
        yield Found(driver, lambda: driver.print(price_label("Loafer", "1,00 kr")))
        driver.close()


@contextmanager
def a_scale(fault: str, _folder: Path, protocol: str = "dialog06") -> Iterator[Found]:
    is_priced = protocol == "dialog06"
    core = EmulatedDialog06() if is_priced else EmulatedPolledScale(protocol)
    with PtyLine(core) as line:
        driver = open_scale(f"{protocol}+serial://{line.path}?patience=1&watch=no")
        until(lambda: driver.state().health is Health.READY)
        loads = {"empty": 0, "overload": 15_001, "negative": -40}
        line.call(lambda: core.platform.put(loads.get(fault, 452)))
        if fault == "unplugged":
            line.unplug()
        elif fault == "moving":
            line.call(core.platform.shake)
        elif fault not in (*loads, "heavy_tare"):
            line.call(lambda: setattr(core.faults, fault, "11" if fault == "refuses" else True))
        tare = 500 if fault == "heavy_tare" else 0
        yield Found(driver, lambda: driver.weigh(WeighRequest(19_900, tare)))
        driver.close()


def a_plain_scale(fault: str, folder: Path) -> contextlib.AbstractContextManager[Found]:
    return a_scale(fault, folder, "toledo8217")


@contextmanager
def a_control_unit(fault: str, folder: Path) -> Iterator[Found]:
    unit = EmulatedUnit()
    with emulated_unit("ccsp", unit) as emulated:
        first = open_fiscal_unit(emulated.address, folder)
        until(lambda: first.state().health is Health.READY)
        first.close()
        setattr(unit.faults, fault, True)
        driver = open_fiscal_unit(emulated.address, folder)
        uses = fault in ("licence", "full")
        yield Found(driver, lambda: driver.seal(a_request()) if uses else None)
        driver.close()


@contextmanager
def a_terminal(fault: str, _folder: Path) -> Iterator[Found]:
    with plain_lane() as lane:
        if fault == "unplugged":
            lane.server.close()
        else:
            lane.core.global_status = fault
        yield Found(lane.driver)


@contextmanager
def a_display(_fault: str, _folder: Path) -> Iterator[Found]:
    with PtyLine(EmulatedDisplay()) as line:
        driver = open_display(f"cd5220+serial://{line.path}")
        until(lambda: driver.state().health is Health.READY)
        line.unplug()
        yield Found(driver)
        driver.close()


@contextmanager
def a_scanner(_fault: str, _folder: Path) -> Iterator[Found]:
    device = EmulatedScanner()
    driver = open_scanner(f"serial://{device.path}")
    driver.start(lambda scan: None, lambda text: None)
    until(lambda: driver.state().health is Health.READY)
    device.unplug()
    yield Found(driver)
    driver.close()
    device.close()


DEVICES: dict[str, Callable[[str, Path], contextlib.AbstractContextManager[Found]]] = {
    "printer": a_printer,
    "label printer": a_label_printer,
    "price scale": a_scale,
    "plain scale": a_plain_scale,
    "control unit": a_control_unit,
    "card terminal": a_terminal,
    "customer display": a_display,
    "scanner": a_scanner,
}


@pytest.mark.parametrize(("device", "fault"), ROWS)
def test_each_fault_has_its_health_and_its_reason(device: str, fault: str, tmp_path: Path) -> None:
    with ExitStack() as open_things:
        found = open_things.enter_context(DEVICES[device](fault, tmp_path))

        def shows() -> bool:
            with contextlib.suppress(DeviceError):
                found.use()
            state = found.driver.state()
            return (state.health, state.reason) == TABLE[device][fault]

        until(shows)


def test_the_page_for_people_is_the_same_list() -> None:
    page = (Path(__file__).parents[3] / "docs" / "hardware.md").read_text(encoding="utf-8")
    rows = {row.split(" | ")[0].strip("| "): row for row in page.splitlines() if row[:2] == "| "}

    for device, fault in ROWS:
        health, reason = TABLE[device][fault]
        why = f" ({reason.value.replace('_', ' ')})" if reason is not Reason.NONE else ""
        assert f"`{fault}` {health.value}{why}" in rows[device]
