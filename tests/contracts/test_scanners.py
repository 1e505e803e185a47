from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hardware.drivers import open_scanner
from hardware.emulators.keyboard import EmulatedKeyboard, records_for
from hardware.emulators.scanner import EmulatedScanner
from hardware.memory import MemoryScanner
from hardware.ports import Health
from hardware.scanners.layouts import LAYOUTS
from tests.contracts.scanner_contract import ScannerContract, ScannerUnderTest
from tests.hardware.waiting import until


@pytest.fixture(params=["memory", "pty", "keyboard", "several"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ScannerUnderTest]:
    match request.param:
        case "memory":
            yield from _memory()
        case "pty":
            yield from _pty(tmp_path / "scanner")
        case "keyboard":
            yield from _keyboard(tmp_path / "scanner")
        case "several":
            yield from _several(tmp_path)


def _memory() -> Iterator[ScannerUnderTest]:
    twin = MemoryScanner()
    seen = ScannerUnderTest(
        scanner=twin,
        scan=twin.feed,
        damage=lambda: twin.feed_damaged("95200"),
        unplug=twin.unplug,
        plug_in=twin.plug_in,
        refusals=lambda: twin.refused,
    )
    twin.start(seen.scans.append, seen.damaged.append)
    yield seen
    twin.close()


def _pty(link: Path) -> Iterator[ScannerUnderTest]:
    with EmulatedScanner(link) as device:
        driver = open_scanner(device.address)
        seen = ScannerUnderTest(
            scanner=driver,
            scan=device.scan,
            damage=lambda: device.send(b"]E095200"),
            unplug=device.unplug,
            plug_in=device.plug_in,
            refusals=lambda: device.beeps(within_seconds=1.0) // 2,
        )
        driver.start(seen.scans.append, seen.damaged.append)
        until(lambda: driver.state().health is Health.READY)
        yield seen
        driver.close()


def _keyboard(path: Path) -> Iterator[ScannerUnderTest]:
    with EmulatedKeyboard(path) as device:
        driver = open_scanner(device.address)
        seen = ScannerUnderTest(
            scanner=driver,
            scan=device.scan,
            damage=lambda: device.send(records_for("]E095200", LAYOUTS["us"])),
            unplug=device.unplug,
            plug_in=device.plug_in,
            refusals=lambda: 0,
            has_voice=False,
        )
        driver.start(seen.scans.append, seen.damaged.append)
        until(lambda: driver.state().health is Health.READY)
        yield seen
        driver.close()


def _several(folder: Path) -> Iterator[ScannerUnderTest]:
    """Both are unplugged together: while one of them reads, the till has a scanner."""
    with EmulatedScanner(folder / "a") as first, EmulatedScanner(folder / "b") as second:
        driver = open_scanner(f"{first.address} {second.address}")
        seen = ScannerUnderTest(
            scanner=driver,
            scan=second.scan,
            damage=lambda: second.send(b"]E095200"),
            unplug=lambda: _both(first.unplug, second.unplug),
            plug_in=lambda: _both(first.plug_in, second.plug_in),
            refusals=lambda: first.beeps(within_seconds=1.0) // 2,
        )
        driver.start(seen.scans.append, seen.damaged.append)
        until(lambda: driver.state().health is Health.READY)
        yield seen
        driver.close()


def _both(one: Callable[[], None], other: Callable[[], None]) -> None:
    one()
    other()


class TestEveryScanner(ScannerContract):
    pass
