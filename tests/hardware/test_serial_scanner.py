from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hardware.drivers import open_scanner
from hardware.emulators.scanner import EmulatedScanner
from hardware.ports import Health, Reason, Scan, Scanner
from tests.hardware.waiting import until


class Listener:
    def __init__(self, address: str) -> None:
        self.scanner: Scanner = open_scanner(address)
        self.scans: list[Scan] = []
        self.damaged: list[str] = []
        self.scanner.start(self.scans.append, self.damaged.append)

    def until_ready(self) -> Listener:
        until(lambda: self.scanner.state().health is Health.READY)
        return self


@pytest.fixture
def device(tmp_path: Path) -> Iterator[EmulatedScanner]:
    with EmulatedScanner(tmp_path / "scanner") as device:
        yield device


@pytest.fixture
def listener(device: EmulatedScanner) -> Iterator[Listener]:
    listener = Listener(device.address).until_ready()
    yield listener
    listener.scanner.close()


def test_half_a_code_before_the_cable_was_pulled_is_damaged(
    device: EmulatedScanner, listener: Listener
) -> None:
    device.send(b"95200")
    until(device.is_read)
    device.unplug()

    until(lambda: listener.damaged == ["95200"])
    device.plug_in()
    listener.until_ready()
    device.scan("9520000000004")
    until(lambda: [scan.data for scan in listener.scans] == ["9520000000004"])


def test_a_code_that_is_read_in_portions_is_whole(
    device: EmulatedScanner, listener: Listener
) -> None:
    for portion in (b"]E0", b"95200", b"00000004", b"\r"):
        device.send(portion)
        until(device.is_read)

    until(lambda: [scan.data for scan in listener.scans] == ["9520000000004"])
    assert not listener.damaged


def test_a_refusal_is_two_beeps_and_an_acceptance_none(
    device: EmulatedScanner, listener: Listener
) -> None:
    listener.scanner.accept_tone()
    listener.scanner.refuse_tone()

    assert device.beeps(within_seconds=2.0) == 2


def test_a_tone_to_a_scanner_that_is_away_is_no_fault(
    device: EmulatedScanner, listener: Listener
) -> None:
    device.unplug()
    until(lambda: listener.scanner.state().health is Health.ABSENT)

    listener.scanner.refuse_tone()


def test_a_scanner_that_appears_later_is_found_by_itself(tmp_path: Path) -> None:
    listener = Listener(f"serial://{tmp_path}/scanner")
    until(lambda: listener.scanner.state().health is Health.ABSENT)

    with EmulatedScanner(tmp_path / "scanner"):
        listener.until_ready()
        listener.scanner.close()


def test_a_scanner_held_by_another_program_says_so(
    device: EmulatedScanner, listener: Listener
) -> None:
    second = Listener(device.address)

    until(lambda: second.scanner.state().health is not Health.OPENING)

    state = second.scanner.state()
    assert (state.health, state.reason) == (Health.BLOCKED, Reason.BUSY_OTHER_OWNER)
    second.scanner.close()


def test_the_number_of_an_ended_pty_is_not_taken_for_the_scanner() -> None:
    """The next terminal gets the number, and it is somebody else's."""
    first = EmulatedScanner()
    time.sleep(0.05)  # Two terminals made within one tick of the kernel look like one.
    listener = Listener(first.address).until_ready()
    first.unplug()
    until(lambda: listener.scanner.state().health is Health.ABSENT)
    others = [EmulatedScanner()]
    while others[-1].path != first.path and len(others) < 20:
        others.append(EmulatedScanner())

    time.sleep(1.0)

    assert listener.scanner.state().health is Health.ABSENT
    listener.scanner.close()
    for other in others:
        other.close()


def test_prefix_and_suffix_are_as_the_address_says(tmp_path: Path) -> None:
    with EmulatedScanner(tmp_path / "s", prefix=b"\x02", suffix="tab", aim=False) as device:
        listener = Listener(f"{device.address}?prefix=%02&suffix=tab").until_ready()
        device.scan("9520000000004")

        until(lambda: listener.scans)
        assert (listener.scans[0].data, listener.scans[0].symbology) == ("9520000000004", "")
        listener.scanner.close()


def test_closing_never_waits(device: EmulatedScanner, listener: Listener) -> None:
    begun = time.monotonic()

    listener.scanner.close()

    assert time.monotonic() - begun < 10
