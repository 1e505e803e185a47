"""Each fault of a printer, a drawer and a line, on real wires: its own state, its own count."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from hardware.document import Checkpoint, Cut, Document, Text
from hardware.drivers import open_printer
from hardware.emulators.drawer import EmulatedDrawer
from hardware.emulators.mechanism import Mechanism
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import PtyPrinter, TcpPrinter
from hardware.errors import DeviceError, Lost, Refused, Stalled
from hardware.ports import DrawerPosition, Health, Reason
from hardware.printers.dialogue import Patience
from hardware.printers.driver import EscposPrinter, Setting
from hardware.printers.profiles import EPSON, named
from hardware.transports.tcp import TcpTransport
from tests.hardware.papers import a_checked_receipt, a_line, a_receipt
from tests.hardware.waiting import until

HURRIED = Patience(status_seconds=0.3, write_seconds=0.6, barrier_seconds=1.0, watch_seconds=0.1)


@pytest.fixture
def tcp() -> Iterator[TcpPrinter]:
    with TcpPrinter(EmulatedPrinter()) as wire:
        yield wire


@pytest.fixture
def driver(tcp: TcpPrinter) -> Iterator[EscposPrinter]:
    driver = driven(tcp)
    until(lambda: driver.state().health is Health.READY)
    yield driver
    driver.close()


def driven(tcp: TcpPrinter, profile: str = EPSON.name) -> EscposPrinter:
    setting = Setting(named(profile), HURRIED)
    return EscposPrinter("test", TcpTransport("test", "127.0.0.1", tcp.port), setting)


@pytest.mark.parametrize(
    ("fault", "health", "reason"),
    [
        ("paper_out", Health.BLOCKED, Reason.PAPER_OUT),
        ("cover_open", Health.BLOCKED, Reason.COVER_OPEN),
        ("offline", Health.BLOCKED, Reason.OFFLINE),
        ("overheated", Health.BLOCKED, Reason.OVERHEATED),
        ("cutter_jam", Health.FAULT, Reason.CUTTER_JAM),
        ("broken", Health.FAULT, Reason.OFFLINE),
        ("paper_near_end", Health.WARNING, Reason.PAPER_NEAR_END),
        ("silent", Health.WARNING, Reason.NO_ANSWER),
    ],
)
def test_each_trouble_is_seen_by_itself_and_passes_by_itself(
    tcp: TcpPrinter, driver: EscposPrinter, fault: str, health: Health, reason: Reason
) -> None:
    setattr(tcp.printer.faults, fault, True)
    until(lambda: (driver.state().health, driver.state().reason) == (health, reason))

    setattr(tcp.printer.faults, fault, False)
    until(lambda: driver.state().health is Health.READY)


def test_a_trouble_is_pushed_before_anybody_asks(tcp: TcpPrinter) -> None:
    setting = Setting(patience=Patience(watch_seconds=300))
    driver = EscposPrinter("test", TcpTransport("test", "127.0.0.1", tcp.port), setting)
    until(lambda: driver.state().health is Health.READY)

    tcp.printer.faults.cover_open = True

    until(lambda: driver.state().reason is Reason.COVER_OPEN)
    driver.close()


@pytest.mark.parametrize(
    ("ends_at", "passed"),
    [
        ("Storgatan", []),
        ("BETALA", ["header"]),
        ("Moms 25", ["header"]),
        ("cut", ["header", "body"]),
    ],
)
def test_paper_that_ends_within_a_receipt_leaves_proof_of_how_far_it_came(
    tcp: TcpPrinter, driver: EscposPrinter, ends_at: str, passed: list[str]
) -> None:
    tcp.printer.faults.paper_ends_before_cut = ends_at == "cut"
    tcp.printer.faults.paper_ends_at = None if ends_at == "cut" else ends_at
    told: list[str] = []

    with pytest.raises(Stalled, match="out of paper"):
        driver.print(a_checked_receipt(lines=5), told.append)

    assert told == passed
    assert driver.state().reason is Reason.PAPER_OUT


def test_the_rest_of_a_receipt_does_not_come_out_with_the_new_roll(
    tcp: TcpPrinter, driver: EscposPrinter
) -> None:
    tcp.printer.faults.paper_lasts_lines = 4
    with pytest.raises(Stalled):
        driver.print(a_checked_receipt(lines=20))

    tcp.printer.faults.paper_out = False
    until(lambda: driver.state().health is Health.READY)
    driver.print(a_line("next"))

    (paper,) = tcp.printer.papers
    assert paper.text().count("1 299,00") < 20
    assert paper.rows()[-1].text() == "next"


def test_what_a_process_before_us_left_waiting_is_thrown_away(tcp: TcpPrinter) -> None:
    tcp.printer.faults.paper_out = True
    with socket.create_connection(("127.0.0.1", tcp.port)) as dead:
        dead.sendall(b"\x1b@half a receipt\n")
        until(lambda: tcp.printer.taken > 10)
    tcp.printer.faults.paper_out = False
    tcp.printer.faults.cover_open = True
    driver = driven(tcp)
    until(lambda: driver.state().reason is Reason.COVER_OPEN)

    with pytest.raises(Refused):
        driver.print(a_line("x"))

    assert not tcp.printer.papers
    driver.close()


def test_an_overheated_printer_is_waited_for(tcp: TcpPrinter) -> None:
    setting = Setting(patience=Patience(barrier_seconds=30))
    driver = EscposPrinter("test", TcpTransport("test", "127.0.0.1", tcp.port), setting)
    until(lambda: driver.state().health is Health.READY)
    tcp.printer.faults.overheats_at = "hot"
    document = Document((Text("cold"), Checkpoint("cold"), Text("hot"), Cut(), Checkpoint("hot")))
    told: list[str] = []
    job = threading.Thread(target=driver.print, args=(document, told.append))
    job.start()

    until(lambda: tcp.printer.faults.overheated and told == ["cold"])
    tcp.printer.faults.overheated = False
    job.join()

    assert told == ["cold", "hot"]
    driver.close()


@pytest.mark.parametrize("kind", [TcpPrinter, PtyPrinter])
def test_a_power_cut_in_the_middle_proves_only_what_came_before_it(
    kind: type[TcpPrinter | PtyPrinter],
) -> None:
    with kind(EmulatedPrinter()) as wire:
        driver = open_printer(f"{wire.address}?patience=1")
        until(lambda: driver.state().health is Health.READY)
        wire.printer.faults.reboot_after_bytes = 260
        told: list[str] = []

        with pytest.raises((Stalled, Lost)):
            driver.print(a_checked_receipt(lines=5), told.append)

        assert told in ([], ["header"])
        assert not wire.printer.papers
        driver.close()


def test_a_burst_of_news_between_question_and_answer_is_no_answer(
    tcp: TcpPrinter, driver: EscposPrinter
) -> None:
    tcp.printer.faults.burst = True

    driver.print(a_checked_receipt())

    assert driver.state().health is Health.READY


def test_answers_that_come_late_are_not_taken_for_those_to_later_questions(
    tcp: TcpPrinter, driver: EscposPrinter
) -> None:
    tcp.printer.faults.cover_open = True
    until(lambda: driver.state().reason is Reason.COVER_OPEN)

    tcp.printer.faults.late_ticks = 2
    seen = {driver.state().reason for _ in range(20) if _pause(tcp)}

    assert seen <= {Reason.COVER_OPEN, Reason.NO_ANSWER}


def _pause(tcp: TcpPrinter) -> bool:
    """Until the emulator has lived through one more tick."""
    before = tcp.printer.ticks
    until(lambda: tcp.printer.ticks > before)
    return True


def test_a_lost_answer_is_a_warning_that_passes(tcp: TcpPrinter, driver: EscposPrinter) -> None:
    tcp.printer.faults.lose_replies = 1
    until(lambda: tcp.printer.faults.lose_replies == 0)

    until(lambda: driver.state().health is Health.READY)
    driver.print(a_line("x"))


def test_sensors_that_contradict_each_other_are_not_believed(
    tcp: TcpPrinter, driver: EscposPrinter
) -> None:
    tcp.printer.faults.stuck_bits = 0x20

    until(lambda: driver.state().reason is Reason.NO_ANSWER)
    assert "contradict" in driver.state().detail


@pytest.mark.parametrize("profile", ["epson", "bixolon", "xprinter"])
def test_a_printer_without_echo_confirms_by_its_status(profile: str) -> None:
    device = EmulatedPrinter()
    device.faults.no_echo = device.faults.no_clear = True
    with TcpPrinter(device) as wire:
        driver = driven(wire, profile)
        told: list[str] = []

        driver.print(a_checked_receipt(), told.append)
        driver.print(a_checked_receipt(), told.append)

        assert told == ["header", "body", "cut"] * 2
        driver.close()


def test_a_write_only_printer_prints_and_proves_nothing() -> None:
    device = EmulatedPrinter()
    device.faults.silent = True
    with TcpPrinter(device) as wire:
        driver = driven(wire)
        told: list[str] = []

        driver.print(a_checked_receipt(), told.append)

        until(lambda: device.papers)
        assert (told, driver.confirms) == ([], False)
        driver.close()


def test_a_clone_that_wakes_up_in_chinese_prints_swedish_over_the_wire() -> None:
    with TcpPrinter(EmulatedPrinter(mechanism=Mechanism(chinese=True))) as wire:
        driver = driven(wire, "xprinter")

        driver.print(a_line("Räksmörgås"))

        assert wire.printer.papers[0].rows()[0].text() == "Räksmörgås"
        driver.close()


def test_a_printer_that_reads_a_byte_at_a_time_prints_it_all(
    tcp: TcpPrinter, driver: EscposPrinter
) -> None:
    tcp.printer.faults.slow_reader = True

    driver.print(a_line("x" * 30))

    assert tcp.printer.papers[0].rows()[0].text() == "x" * 30


def test_a_printer_that_stalls_and_goes_on_in_time_prints_the_receipt_once() -> None:
    with TcpPrinter(EmulatedPrinter(), receive_buffer_bytes=2048) as wire:
        patience = Patience(write_seconds=30, barrier_seconds=30, status_seconds=30)
        driver = EscposPrinter(
            "test", TcpTransport("test", "127.0.0.1", wire.port), Setting(patience=patience)
        )
        until(lambda: driver.state().health is Health.READY)
        wire.printer.faults.deaf = True
        job = threading.Thread(target=driver.print, args=(a_receipt(),))
        job.start()
        wire.printer.faults.deaf = False
        job.join()

        assert len(wire.printer.papers) == 1
        driver.close()


@pytest.mark.parametrize("after", range(1, 700, 60))
def test_a_reset_at_any_byte_never_counts_more_than_was_sent(after: int) -> None:
    with TcpPrinter(EmulatedPrinter()) as wire:
        wire.printer.faults.reset_after_bytes = after
        driver = driven(wire)
        with contextlib.suppress(DeviceError):
            driver.print(a_receipt(lines=30))
            pytest.fail("a line that was cut printed a whole receipt")
        assert wire.printer.taken <= after
        driver.close()


def test_an_idle_line_that_was_hung_up_is_made_anew(tcp: TcpPrinter, driver: EscposPrinter) -> None:
    driver.print(a_line("one"))
    tcp.hang_up()

    driver.print(a_line("two"))

    assert len(tcp.printer.papers) == 2


@pytest.mark.parametrize("wire", [TcpPrinter, PtyPrinter])
def test_a_drawer_without_a_learned_switch_is_unknown(wire: type[TcpPrinter | PtyPrinter]) -> None:
    with wire(EmulatedPrinter()) as line:
        printer = open_printer(line.address)
        drawer = printer.drawer()
        drawer.open()

        until(lambda: line.printer.drawer.is_open)
        assert drawer.position() is DrawerPosition.UNKNOWN
        printer.close()


def test_the_level_of_a_switch_can_be_learned(tcp: TcpPrinter, driver: EscposPrinter) -> None:
    drawer = driver.drawer()
    until(lambda: drawer.level is False)

    tcp.printer.drawer.force()

    until(lambda: drawer.level is True)


def test_a_pulse_never_reaches_the_neighbours_drawer(tcp: TcpPrinter) -> None:
    tcp.printer.drawer = EmulatedDrawer(connector=0)
    driver = driven(tcp)

    driver.drawer().open()

    until(lambda: tcp.printer.drawer.pulses == 1)
    assert tcp.printer.drawer.neighbour_pulses == 0
    driver.close()


def test_a_drawer_movement_is_pushed_before_anybody_asks(tcp: TcpPrinter) -> None:
    setting = Setting(patience=Patience(watch_seconds=300), drawer_open=True)
    driver = EscposPrinter("test", TcpTransport("test", "127.0.0.1", tcp.port), setting)
    drawer = driver.drawer()
    until(lambda: drawer.position() is DrawerPosition.CLOSED)

    tcp.printer.drawer.force()

    until(lambda: drawer.position() is DrawerPosition.OPEN)
    driver.close()


def test_a_kick_while_paper_is_out_is_refused_and_never_comes_later(
    tcp: TcpPrinter, driver: EscposPrinter
) -> None:
    tcp.printer.faults.paper_out = True

    with pytest.raises(Refused):
        driver.drawer().open()

    tcp.printer.faults.paper_out = False
    driver.print(a_line("x"))
    assert tcp.printer.pulses == 0


def test_a_line_that_breaks_in_a_job_is_lost(tcp: TcpPrinter, driver: EscposPrinter) -> None:
    tcp.printer.faults.reset_after_bytes = tcp.printer.taken + 400

    with pytest.raises(Lost):
        driver.print(a_receipt(lines=30))
