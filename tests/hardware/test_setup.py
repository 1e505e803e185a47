"""The wizard against emulated devices, and the file it changes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.drivers import open_printer
from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.serving import TcpPrinter
from hardware.setup.asking import Asker, Left
from hardware.setup.candidates import Candidate, found
from hardware.setup.learning import Learner, with_options
from hardware.setup.settings_file import NotUnderstood, changed
from hardware.setup.wizard import Wizard
from hardware.transports.udev import Known, rules

SPINDEL = [sys.executable, "-c", "from pos_client.cli import main; main()", "hardware", "setup"]
FILE = """\
# Kassa 3, vid utgången
[workstation]
language = "sv"   # not English

[devices]
# the old Epson
printer = "escpos+tcp://10.0.0.9"  # by the window
scanner = "serial:///dev/ttyACM0"

[other]
key = 1
"""


class Person:
    """Answers in order; remembers what was said."""

    def __init__(self, *answers: str) -> None:
        self._answers = list(answers)
        self.heard: list[str] = []
        self.asker = Asker(self._read, self.heard.append)

    def _read(self, question: str) -> str:
        self.heard.append(question)
        if not self._answers:
            raise EOFError
        return self._answers.pop(0)


# The file.


def test_a_changed_address_keeps_every_other_line_and_comment() -> None:
    after = changed(FILE, {"printer": "escpos+tcp://10.0.0.8?columns=48", "scale": "memory://"})

    assert 'printer = "escpos+tcp://10.0.0.8?columns=48"  # by the window' in after
    assert after.index("scale = ") < after.index("[other]")
    kept = [row for row in FILE.splitlines() if not row.startswith("printer")]
    assert [row for row in after.splitlines() if row in kept] == kept


def test_a_device_can_be_taken_away() -> None:
    assert "scanner" not in tomllib.loads(changed(FILE, {"scanner": ""}))["devices"]


def test_a_file_without_devices_gets_them() -> None:
    assert tomllib.loads(changed("", {"scale": "a"})) == {"devices": {"scale": "a"}}


def test_a_file_that_is_written_otherwise_is_refused() -> None:
    with pytest.raises(NotUnderstood):
        changed('devices = { printer = "a" }\n', {"printer": "b"})


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_address_is_read_back_as_it_was(address: str) -> None:
    try:
        after = tomllib.loads(changed(FILE, {"scale": address}))
    except NotUnderstood:
        return
    assert after["devices"].get("scale", "") == address


# What this computer sees.


def test_devices_are_found_by_the_systems_own_names(tmp_path: Path) -> None:
    serial = tmp_path / "dev/serial/by-id"
    serial.mkdir(parents=True)
    (tmp_path / "dev/ttyUSB0").touch()
    (serial / "usb-FTDI_X-if00-port0").symlink_to(tmp_path / "dev/ttyUSB0")
    usb = tmp_path / "sys/devices/1-2"
    (usb / "tty").mkdir(parents=True)
    for name, text in {"idVendor": "0403", "idProduct": "6001", "serial": "A1"}.items():
        (usb / name).write_text(f"{text}\n")
    (tmp_path / "sys/class/tty/ttyUSB0").mkdir(parents=True)
    (tmp_path / "sys/class/tty/ttyUSB0/device").symlink_to(usb / "tty")

    seen = [each for each in found(tmp_path / "dev", tmp_path / "sys") if each.way == "serial"]

    assert seen == [
        Candidate(
            "serial",
            str(serial / "usb-FTDI_X-if00-port0"),
            "usb-FTDI_X-if00-port0",
            Known(0x0403, 0x6001, "A1", "1-2", "FTDI_X-if00-port0"),
        )
    ]


def test_a_scanner_that_types_gets_a_rule_for_its_keys() -> None:
    text = rules([Known(0x05E0, 0x1200, types=True)])

    assert 'SUBSYSTEM=="input"' in text
    assert 'MODE="0640"' in text


# The test card.


@pytest.fixture
def wire() -> Iterator[TcpPrinter]:
    with TcpPrinter(EmulatedPrinter()) as wire:
        yield wire


def learned(wire: TcpPrinter, *answers: str) -> tuple[str, Person]:
    person = Person(*answers)
    return Learner(wire.address, open_printer, person.asker).learn(), person


def test_three_scanned_codes_tell_letters_width_and_cutter(wire: TcpPrinter) -> None:
    address, _ = learned(wire, "]C0SPA", "SP42", "SPX", "n")

    assert address == f"{wire.address}?columns=42"


def test_a_code_may_be_typed_short_and_a_wrong_one_is_asked_again(wire: TcpPrinter) -> None:
    address, person = learned(wire, "7310865004703", "b", "48", "x", "")

    assert address == f"{wire.address}?page=53&columns=48"
    assert any("none of the codes" in said for said in person.heard)


def test_a_printer_without_a_cutter_keeps_its_table_of_letters(wire: TcpPrinter) -> None:
    address, _ = learned(wire, "a", "32", "z", "z", "n")

    assert address == f"{wire.address}?columns=32&profile=clone58&page=19"


def test_what_nobody_knows_is_left_to_the_driver(wire: TcpPrinter) -> None:
    address, _ = learned(wire, "", "", "", "n")

    assert address == wire.address


@pytest.mark.parametrize(("inverted", "level"), [(False, "high"), (True, "low")])
def test_the_drawers_switch_is_learned_by_opening_it(
    wire: TcpPrinter, inverted: bool, level: str
) -> None:
    wire.printer.drawer.inverted = inverted

    address, _ = learned(wire, "", "", "", "y", "")

    assert address == f"{wire.address}?drawer_open={level}"


def test_a_drawer_on_the_other_pin_is_found(wire: TcpPrinter) -> None:
    wire.printer.drawer.connector = 1

    address, _ = learned(wire, "", "", "", "y", "", "n")

    assert address == f"{wire.address}?drawer_pin=5&drawer_open=high"


def test_learned_options_take_the_place_of_old_ones_and_no_others() -> None:
    address = with_options("escpos+serial:///dev/x?baud=19200&columns=32", {"columns": "48"})

    assert address == "escpos+serial:///dev/x?baud=19200&columns=48"


# The wizard.


def test_a_candidate_is_chosen_by_its_number_and_leaves_a_rule() -> None:
    known = Known(0x0403, 0x6001, "A1")
    seen = [Candidate("serial", "/dev/serial/by-id/x", "an FTDI cable", known)]
    person = Person("2")

    wizard = Wizard(person.asker, seen)

    assert wizard.run({"fiscal_unit": "fiscal_unit"}, {}) == {
        "fiscal_unit": "kd+serial:///dev/serial/by-id/x"
    }
    assert wizard.known == [known]


def test_enter_keeps_and_a_hyphen_takes_away() -> None:
    now = {"scale": "memory://", "scanner": "memory://"}
    person = Person("", "-")

    wished = Wizard(person.asker, []).run({"scale": "scale", "scanner": "scanner"}, now)

    assert wished == {"scanner": ""}


def test_an_address_that_no_driver_takes_is_asked_again() -> None:
    person = Person("lpt://1", "memory://")

    assert Wizard(person.asker, []).run({"scale": "scale"}, {}) == {"scale": "memory://"}
    assert any("allowed" in said for said in person.heard)


def test_who_leaves_changes_nothing() -> None:
    with pytest.raises(Left):
        Wizard(Person().asker, []).run({"scale": "scale"}, {})


@pytest.mark.e2e
def test_a_script_sets_devices_without_a_question(tmp_path: Path) -> None:
    (tmp_path / "workstation.toml").write_text(FILE)
    arguments = ["--set", "scale=memory://", "--set", "scanner=", "--home", str(tmp_path)]

    shown = subprocess.run(
        [*SPINDEL, *arguments, "--dry-run"], capture_output=True, text=True, check=True
    )
    assert '+scale = "memory://"' in shown.stdout
    assert (tmp_path / "workstation.toml").read_text() == FILE
    subprocess.run([*SPINDEL, *arguments], capture_output=True, check=True)

    devices = tomllib.loads((tmp_path / "workstation.toml").read_text())["devices"]
    assert devices == {"printer": "escpos+tcp://10.0.0.9", "scale": "memory://"}


@pytest.mark.e2e
def test_a_person_sets_up_a_printer_at_a_terminal(tmp_path: Path, wire: TcpPrinter) -> None:
    (tmp_path / "workstation.toml").write_text("[workstation]\n# mine\n")
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [*SPINDEL, "--only", "printer", "--home", str(tmp_path)],
        stdin=theirs, stdout=theirs, stderr=theirs,
    )  # fmt: skip
    os.close(theirs)
    answers = (
        ("Enter: there is none", wire.address),
        ("Print a test card", "y"),
        ("å ä ö", "SPA"),
        ("longest ruler", "SP42"),
        ("paper cut", "SPX"),
        ("cash drawer", "y"),
        ("Shut the drawer", ""),
        ("Write this", "y"),
    )
    try:
        for question, answer in answers:
            said = heard(ours, question)
            assert question in said, said
            os.write(ours, f"{answer}\n".encode())
        assert "Written" in heard(ours, "Written")
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        os.close(ours)

    text = (tmp_path / "workstation.toml").read_text()
    assert f'printer = "{wire.address}?columns=42&drawer_open=high"' in text
    assert "# mine" in text
    assert "å ä ö Å Ä Ö" in "".join(paper.text() for paper in wire.printer.papers)


def heard(terminal: int, until: str) -> str:
    """What the wizard says up to and with this question; all there is when it ends."""
    said = b""
    while until not in said.decode("utf-8", "replace"):
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        if not more:
            break
        said += more
    return said.decode("utf-8", "replace")
