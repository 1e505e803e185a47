"""`spindel hardware emulate terminal`, as a person runs it and types to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hardware.drivers import open_terminal
from hardware.emulators.terminal_words import obey
from hardware.errors import Misconfigured
from hardware.ports import CardOutcome
from tests.contracts.terminal_contract import a_payment
from tests.hardware.terminals.lanes import plain_lane
from tests.hardware.test_hardware_commands import line, run, running


@pytest.mark.e2e
@pytest.mark.parametrize("skin", [(), ("--plain",)])
def test_an_emulated_terminal_takes_payments_and_typed_faults(
    tmp_path: Path, skin: tuple[str, ...]
) -> None:
    keys = str(tmp_path / "keys")
    with running("emulate", "terminal", "--port", "0", "--keys", keys, *skin) as emulator:
        driver = open_terminal(line(emulator.stdout).split()[1])
        assert driver.pay(a_payment("A000000001")).outcome is CardOutcome.APPROVED
        assert emulator.stdin is not None
        emulator.stdin.write("decline\n")
        emulator.stdin.flush()
        while "the next request: decline" not in line(emulator.stdout):
            pass

        assert driver.pay(a_payment("A000000002")).outcome is CardOutcome.DECLINED
        driver.close()


@pytest.mark.e2e
def test_a_stranger_at_the_terminals_address_is_not_paid_at(tmp_path: Path) -> None:
    options = ("--port", "0", "--keys", str(tmp_path), "--certificate-for", "V400m-9999")
    with running("emulate", "terminal", *options) as emulator:
        driver = open_terminal(line(emulator.stdout).split()[1])

        with pytest.raises(Misconfigured, match="V400m-1234"):
            driver.pay(a_payment())
        driver.close()


@pytest.mark.e2e
def test_a_terminal_on_a_port_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    keys = str(tmp_path / "keys")
    said = run("emulate", "terminal", "--host", "192.0.2.1", "--keys", keys, code=1).stderr

    assert "name another" in said
    assert said.count("\n") == 1


@pytest.mark.e2e
def test_the_command_explains_itself_with_an_example() -> None:
    said = run("emulate", "terminal", "--help").stdout

    assert "Example: spindel hardware emulate terminal" in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("partial 5000", "the next request: partial 5000"),
        ("in_progress 600", "the next request: in_progress 600"),
        ("tap", "the cardholder pays"),
        ("tamper mac", "tampered with"),
        ("empty", "its log is empty"),
        ("restart", "restarted"),
        ("off_by -100", "differ by -100"),
        ("condition Maintenance", "Maintenance"),
        ("bank", "nothing"),
        ("ok", "approved again"),
        ("explode", "is not known; the next request: approve, decline"),
        ("partial much", "is not known"),
        ("tamper", "is not known"),
    ],
)
def test_a_typed_word_is_obeyed_or_explained(typed: str, said: str) -> None:
    with plain_lane() as lane:
        assert said in obey(lane.server, typed)


def test_a_typed_part_is_what_the_bank_takes() -> None:
    with plain_lane() as lane:
        obey(lane.server, "partial 5000")

        assert lane.driver.pay(a_payment()).approved_minor == 5_000
        assert obey(lane.server, "bank") == "sale-1: 5000"
