"""What every Scanner must do (hardware.ports.Scanner); see printer_contract for the form."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from hardware.ports import Health, Scan, Scanner
from tests.hardware.waiting import until


@dataclass(slots=True)
class ScannerUnderTest:
    """The scanner started, what it said, and the hand that holds it."""

    scanner: Scanner
    scan: Callable[[str, str], None]
    damage: Callable[[], None]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]
    refusals: Callable[[], int]
    has_voice: bool = True
    scans: list[Scan] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)


class ScannerContract:
    def test_a_scan_carries_code_symbology_and_time(self, scanner: ScannerUnderTest) -> None:
        before = time.monotonic()

        scanner.scan("9520000000004", "E0")

        until(lambda: scanner.scans)
        scan = scanner.scans[0]
        assert (scan.data, scan.symbology) == ("9520000000004", "E0")
        assert before <= scan.at <= time.monotonic()

    def test_scans_come_in_order_and_none_is_lost(self, scanner: ScannerUnderTest) -> None:
        codes = [f"95200000{number:05d}" for number in range(40)]

        for code in codes:
            scanner.scan(code, "E0")

        until(lambda: len(scanner.scans) == 40)
        assert [scan.data for scan in scanner.scans] == codes

    def test_a_damaged_code_is_reported_and_not_scanned(self, scanner: ScannerUnderTest) -> None:
        scanner.damage()

        until(lambda: scanner.damaged)
        assert not scanner.scans

    def test_unplugging_is_a_state_and_it_comes_back(self, scanner: ScannerUnderTest) -> None:
        scanner.unplug()
        until(lambda: scanner.scanner.state().health is Health.ABSENT)

        scanner.plug_in()

        until(lambda: scanner.scanner.state().health is Health.READY)
        scanner.scan("9520000000004", "E0")
        until(lambda: scanner.scans)

    def test_a_refusal_is_heard_where_there_is_a_voice(self, scanner: ScannerUnderTest) -> None:
        scanner.scanner.refuse_tone()

        until(lambda: scanner.refusals() == (1 if scanner.has_voice else 0))

    def test_closing_twice_is_no_fault(self, scanner: ScannerUnderTest) -> None:
        scanner.scanner.close()
        scanner.scanner.close()
