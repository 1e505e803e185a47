"""What the printer driver does when things go wrong, on real sockets and ptys."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from hardware.drivers import open_printer
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import PtyPrinter, TcpPrinter
from hardware.errors import Absent, Busy, DeviceError, Lost, Refused, Stalled
from hardware.ports import DeviceState, Health, Printer, Reason
from hardware.printers.dialogue import Patience
from hardware.printers.driver import EscposPrinter, Setting
from hardware.printers.encoder import encode
from hardware.printers.profiles import EPSON
from hardware.transports.tcp import TcpTransport
from tests.hardware.papers import a_line, a_receipt
from tests.hardware.waiting import until

HURRIED = Setting(
    patience=Patience(status_seconds=0.2, write_seconds=0.4, barrier_seconds=0.5, watch_seconds=0.1)
)
Wire = TcpPrinter | PtyPrinter


@pytest.fixture(params=["tcp", "pty"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    kind = TcpPrinter if request.param == "tcp" else PtyPrinter
    with kind(EmulatedPrinter()) as wire:
        yield wire


@pytest.fixture
def tcp() -> Iterator[TcpPrinter]:
    with TcpPrinter(EmulatedPrinter(), receive_buffer_bytes=2048) as wire:
        yield wire


@pytest.fixture
def printer(wire: Wire) -> Iterator[Printer]:
    driver = open_printer(wire.address)
    yield driver
    driver.close()


def hurried(port: int) -> EscposPrinter:
    return EscposPrinter("test", TcpTransport("test", "127.0.0.1", port), HURRIED)


def a_free_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_a_refused_port_is_absent_and_nothing_was_written() -> None:
    driver = open_printer(f"escpos+tcp://127.0.0.1:{a_free_port()}")

    with pytest.raises(Absent) as trouble:
        driver.print(a_line("x"))

    assert trouble.value.bytes_written == 0
    assert driver.state().health is Health.ABSENT
    driver.close()


def test_a_printer_that_appears_later_becomes_ready_by_itself() -> None:
    port = a_free_port()
    driver = hurried(port)
    until(lambda: driver.state().health is Health.ABSENT)

    with TcpPrinter(EmulatedPrinter(), port=port):
        until(lambda: driver.state().health is Health.READY)
        driver.print(a_line("x"))
    driver.close()


@pytest.mark.parametrize(
    ("fault", "reason"), [("paper_out", Reason.PAPER_OUT), ("cover_open", Reason.COVER_OPEN)]
)
def test_a_blocked_printer_gets_not_one_byte_of_the_receipt(
    wire: Wire, printer: Printer, fault: str, reason: Reason
) -> None:
    setattr(wire.printer.faults, fault, True)

    with pytest.raises(Refused) as trouble:
        printer.print(a_receipt())

    assert trouble.value.bytes_written == 0
    assert printer.state() == DeviceState(Health.BLOCKED, reason)
    setattr(wire.printer.faults, fault, False)
    time.sleep(0.1)
    assert not wire.printer.papers


def test_a_jammed_cutter_is_a_fault(wire: Wire, printer: Printer) -> None:
    wire.printer.faults.cutter_jam = True

    with pytest.raises(Refused, match="cutter"):
        printer.print(a_receipt())

    assert printer.state() == DeviceState(Health.FAULT, Reason.CUTTER_JAM)


def test_paper_near_its_end_is_a_warning_and_prints(wire: Wire, printer: Printer) -> None:
    wire.printer.faults.paper_near_end = True

    printer.print(a_receipt())

    assert printer.state() == DeviceState(Health.WARNING, Reason.PAPER_NEAR_END)
    assert len(wire.printer.papers) == 1


def test_a_drawer_is_never_kicked_while_the_printer_is_blocked(
    wire: Wire, printer: Printer
) -> None:
    wire.printer.faults.paper_out = True

    with pytest.raises(Refused):
        printer.open_drawer()

    wire.printer.faults.paper_out = False
    time.sleep(0.1)
    assert wire.printer.pulses == 0


def test_the_drawer_opens_by_the_real_time_pulse(wire: Wire, printer: Printer) -> None:
    printer.open_drawer()

    until(lambda: wire.printer.real_time_pulses == 1)
    assert wire.printer.mechanism.pulses == 0


def test_a_clone_gets_the_older_pulse(tcp: TcpPrinter) -> None:
    driver = open_printer(f"{tcp.address}?profile=generic")

    driver.open_drawer()

    until(lambda: tcp.printer.mechanism.pulses == 1)
    driver.close()


def test_the_drawer_does_not_wait_behind_a_receipt(tcp: TcpPrinter) -> None:
    setting = Setting(patience=Patience(barrier_seconds=3.0, drawer_seconds=0.1))
    driver = EscposPrinter("test", TcpTransport("test", "127.0.0.1", tcp.port), setting)
    until(lambda: driver.state().health is Health.READY)
    stuck = threading.Thread(target=_ignore_trouble, args=(driver,))
    tcp.printer.faults.deaf = True
    stuck.start()
    time.sleep(0.05)

    with pytest.raises((Busy, Stalled)):
        driver.open_drawer()

    tcp.printer.faults.deaf = False
    stuck.join()
    time.sleep(0.1)
    assert tcp.printer.pulses == 0
    driver.close()


def _ignore_trouble(driver: EscposPrinter) -> None:
    try:
        driver.print(a_receipt())
    except DeviceError:
        return


def test_a_printer_that_never_answers_is_a_warning_and_still_prints(
    wire: Wire, printer: Printer
) -> None:
    wire.printer.faults.silent = True

    printer.print(a_receipt())

    assert printer.state() == DeviceState(Health.WARNING, Reason.NO_ANSWER)
    until(lambda: len(wire.printer.papers) == 1)


def test_paper_that_ends_within_a_receipt_is_stalled_with_all_its_bytes(
    tcp: TcpPrinter,
) -> None:
    driver, receipt = hurried(tcp.port), a_receipt(lines=30)
    tcp.printer.faults.paper_lasts_bytes = 900

    with pytest.raises(Stalled, match="out of paper") as trouble:
        driver.print(receipt)

    assert trouble.value.bytes_written == len(encode(receipt, EPSON))
    assert driver.state() == DeviceState(Health.BLOCKED, Reason.PAPER_OUT)
    driver.close()


def test_a_printer_without_paper_is_never_told_as_gone(tcp: TcpPrinter) -> None:
    listens_long = Setting(patience=replace(HURRIED.patience, watch_seconds=2.0))
    driver = EscposPrinter("test", TcpTransport("test", "127.0.0.1", tcp.port), listens_long)
    told: set[DeviceState] = set()
    until(lambda: driver.state().health is Health.READY)
    time.sleep(0.7)  # its watcher listens by now, most often
    tcp.printer.faults.paper_lasts_bytes = 900

    with pytest.raises(Stalled):
        driver.print(a_receipt(lines=30))
    for _ in range(40):
        told.add(driver.state())
        time.sleep(0.005)

    assert told == {DeviceState(Health.BLOCKED, Reason.PAPER_OUT)}
    driver.close()


def test_a_job_whose_taking_is_not_confirmed_is_stalled(tcp: TcpPrinter) -> None:
    driver, receipt = hurried(tcp.port), a_receipt()
    tcp.printer.faults.forgetful = True

    with pytest.raises(Stalled, match="did not say") as trouble:
        driver.print(receipt)

    assert trouble.value.bytes_written == len(encode(receipt, EPSON))
    driver.close()


def test_a_printer_known_to_forget_may_be_used_without_the_question(tcp: TcpPrinter) -> None:
    driver = open_printer(f"{tcp.address}?barrier=no")
    tcp.printer.faults.forgetful = True

    driver.print(a_receipt())

    until(lambda: len(tcp.printer.papers) == 1)
    driver.close()


@pytest.mark.parametrize("after", [400, 700, 1_000])
def test_a_reset_within_a_receipt_is_lost_and_says_that_paper_may_exist(after: int) -> None:
    receipt = a_receipt(lines=30)
    with TcpPrinter(EmulatedPrinter()) as wire:
        wire.printer.faults.reset_after_bytes = after
        driver = EscposPrinter(
            "test",
            TcpTransport("test", "127.0.0.1", wire.port),
            Setting(patience=Patience(watch_seconds=60)),
        )

        with pytest.raises(Lost) as trouble:
            driver.print(receipt)

        assert 0 < trouble.value.bytes_written <= len(encode(receipt, EPSON))
        assert wire.printer.taken == after
        driver.close()


def test_a_black_hole_ends_at_the_deadline_and_counts_what_left() -> None:
    """It accepts and never reads: without a deadline this "prints" in 18 ms."""
    document = a_receipt(lines=3_000)
    whole = len(encode(document, EPSON))
    with TcpPrinter(EmulatedPrinter(), receive_buffer_bytes=2048) as wire:
        wire.printer.faults.deaf = True
        driver = hurried(wire.port)
        begun = time.monotonic()

        with pytest.raises(Stalled) as trouble:
            driver.print(document)

        assert time.monotonic() - begun < 30
        assert 0 < trouble.value.bytes_written < whole
        driver.close()


def test_what_was_not_sent_never_prints_later() -> None:
    with TcpPrinter(EmulatedPrinter(), receive_buffer_bytes=2048) as wire:
        wire.printer.faults.deaf = True
        driver = hurried(wire.port)
        with pytest.raises(Stalled) as trouble:
            driver.print(a_receipt(lines=3_000))
        driver.close()

        wire.printer.faults.deaf = False

        time.sleep(0.3)
        assert wire.printer.taken <= trouble.value.bytes_written + 100
        assert not wire.printer.papers


def test_a_pty_that_nobody_reads_ends_at_the_deadline() -> None:
    with PtyPrinter(EmulatedPrinter()) as wire:
        wire.printer.faults.deaf = True
        driver = open_printer(f"{wire.address}?baud=3000000")

        with pytest.raises(Stalled) as trouble:
            driver.print(a_receipt(lines=3_000))

        assert 0 < trouble.value.bytes_written < len(encode(a_receipt(lines=3_000), EPSON))
        driver.close()


def test_a_printer_that_was_switched_off_and_on_prints_the_next_receipt(tcp: TcpPrinter) -> None:
    driver = hurried(tcp.port)
    driver.print(a_line("one"))
    tcp.hang_up()

    driver.print(a_line("two"))

    assert [paper.text() for paper in tcp.printer.papers] == ["one\n", "two\n"]
    driver.close()


def test_a_serial_port_serves_one_program() -> None:
    with PtyPrinter(EmulatedPrinter()) as wire:
        first = open_printer(wire.address)
        first.print(a_line("x"))
        second = open_printer(wire.address)

        with pytest.raises(Busy):
            second.print(a_line("y"))

        state = second.state()
        assert (state.health, state.reason) == (Health.BLOCKED, Reason.BUSY_OTHER_OWNER)
        assert "another program" in state.detail
        second.close()
        first.close()


def test_a_file_in_no_folder_is_absent(tmp_path: Path) -> None:
    driver = open_printer(f"escpos+file://{tmp_path}/nowhere/paper.bin")

    with pytest.raises(Absent) as trouble:
        driver.print(a_line("x"))

    assert trouble.value.bytes_written == 0
    driver.close()


def test_opening_and_asking_for_the_state_never_wait() -> None:
    begun = time.monotonic()
    # An address that swallows every packet (RFC 5737).
    driver = open_printer("escpos+tcp://192.0.2.1:9100")
    driver.state()
    driver.close()

    assert time.monotonic() - begun < 10
