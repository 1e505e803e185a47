from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.drivers import open_scanner
from hardware.emulators.scanner import EmulatedScanner
from hardware.memory import MemoryScanner
from hardware.ports import Health
from tests.contracts.scanner_contract import ScannerContract, ScannerUnderTest
from tests.hardware.waiting import until


@pytest.fixture(params=["memory", "pty"])
def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ScannerUnderTest]:
    yield from (_memory() if request.param == "memory" else _pty(tmp_path / "scanner"))


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


class TestEveryScanner(ScannerContract):
    pass
