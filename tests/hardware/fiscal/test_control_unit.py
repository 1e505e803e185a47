"""The control unit's driver on a real pty and a real socket: who answers, and how it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hardware.drivers import open_fiscal_unit
from hardware.emulators.fiscal import EmulatedUnit
from hardware.emulators.fiscal_book import FileBook
from hardware.emulators.fiscal_cli import switch_unit_faults
from hardware.emulators.fiscal_serving import HttpUnit, PtyUnit
from hardware.errors import Absent, Misconfigured, Refused
from hardware.fiscal.ledger import FILE_NAME, Damage, Ledger
from hardware.ports import FiscalUnit, Health, Reason
from tests.contracts.fiscal_contract import a_request
from tests.hardware.units import emulated_unit
from tests.hardware.waiting import until

Opener = Callable[[PtyUnit | HttpUnit, str], FiscalUnit]


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Opener]:
    with ExitStack() as open_things:

        def make(wire: PtyUnit | HttpUnit, options: str = "") -> FiscalUnit:
            open_things.enter_context(wire)
            unit = open_fiscal_unit(wire.address + options, tmp_path)
            open_things.callback(unit.close)
            return unit

        yield make


@pytest.mark.parametrize("protocol", ["ccsp", "kd", "xccsp"])
def test_a_unit_that_is_not_the_registers_is_refused(driver: Opener, protocol: str) -> None:
    emulated = EmulatedUnit()
    unit = driver(emulated_unit(protocol, emulated), "?unit=ISCCUSE0000000001")

    with pytest.raises(Refused):
        unit.seal(a_request())

    assert unit.state().health is Health.FAULT
    assert unit.state().reason is Reason.WRONG_DEVICE
    assert emulated.stored == []


def test_the_first_unit_seen_is_the_registers_from_then_on(tmp_path: Path) -> None:
    for unit_id, is_ours in (("FIRSTSE0000000001", True), ("OTHERSE0000000009", False)):
        with emulated_unit("ccsp", EmulatedUnit(unit_id=unit_id)) as wire:
            unit = open_fiscal_unit(wire.address, tmp_path)
            until(lambda unit=unit: unit.state().health is not Health.OPENING)  # type: ignore[misc]
            assert (unit.state().health is Health.READY) is is_ours
            unit.close()


@pytest.mark.parametrize("protocol", ["ccsp", "kd", "xccsp"])
def test_a_memory_that_fills_is_told_before_it_is_full(driver: Opener, protocol: str) -> None:
    emulated = EmulatedUnit(capacity=10)
    unit = driver(emulated_unit(protocol, emulated), "")
    seen = []
    for number in range(10):
        unit.seal(a_request(f"{number:04}"))
        seen.append(unit.state().reason)

    assert seen[:8] == [Reason.NONE] * 8
    assert seen[8:] == [Reason.MEMORY_NEAR_FULL, Reason.MEMORY_FULL]
    with pytest.raises(Refused):
        unit.seal(a_request("one more"))


@pytest.mark.parametrize(
    ("fault", "reason"), [("licence", Reason.LICENCE), ("fatal", Reason.OFFLINE)]
)
def test_a_no_for_good_stands_in_the_state(driver: Opener, fault: str, reason: Reason) -> None:
    emulated = EmulatedUnit()
    unit = driver(emulated_unit("ccsp", emulated), "")
    unit.seal(a_request("a"))
    setattr(emulated.faults, fault, True)

    with pytest.raises(Refused):
        unit.seal(a_request("b"))

    assert (unit.state().health, unit.state().reason) == (Health.FAULT, reason)


def test_a_clock_that_is_wrong_is_a_warning(driver: Opener) -> None:
    emulated = EmulatedUnit()
    emulated.faults.clock_skew = True
    unit = driver(emulated_unit("ccsp", emulated), "")

    until(lambda: unit.state().reason is Reason.CLOCK_SKEW)
    assert unit.state().health is Health.WARNING


def test_a_unit_that_is_not_there_is_absent_and_nothing_is_asked(tmp_path: Path) -> None:
    unit = open_fiscal_unit(f"ccsp+serial://{tmp_path}/nothing", tmp_path)

    with pytest.raises(Absent) as absent:
        unit.seal(a_request())

    assert absent.value.bytes_written == 0
    assert unit.state().health is Health.ABSENT
    unit.close()


def test_two_programs_do_not_share_a_ledger(driver: Opener, tmp_path: Path) -> None:
    driver(emulated_unit("ccsp"), "").seal(a_request())

    second = driver(emulated_unit("ccsp"), "")

    until(lambda: second.state().reason is Reason.BUSY_OTHER_OWNER)


def test_a_seal_outlives_till_and_unit(tmp_path: Path) -> None:
    book = tmp_path / "book.jsonl"

    def seal() -> object:
        with emulated_unit("ccsp", EmulatedUnit(FileBook(book))) as wire:
            unit = open_fiscal_unit(wire.address, tmp_path)
            sealed = unit.seal(a_request())
            unit.close()
            return sealed

    assert seal() == seal()
    assert len(FileBook(book).read()) == 1


def test_a_server_that_asks_for_a_password_gets_the_right_one(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hemlig\n")
    with HttpUnit(EmulatedUnit(), user="till", password="hemlig") as wire:
        right = open_fiscal_unit(f"{wire.address}?user=till&password-file={secret}", tmp_path)
        assert right.seal(a_request()).unit_id
        right.close()
        wrong = open_fiscal_unit(f"{wire.address}?user=till", tmp_path / "other")
        with pytest.raises(Refused, match="password"):
            wrong.seal(a_request())
        wrong.close()


@pytest.mark.parametrize(
    "address",
    [
        "xccsp+http://unit.example.com/xccsp",
        "ccsp+serial:///dev/ttyUSB0?ledger=here.jsonl",
        "xccsp+https://unit.example.com/xccsp?password-file=/does/not/exist",
        "kd+serial:///dev/ttyUSB0?speed=9600",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(address: str, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        open_fiscal_unit(address, tmp_path)


def test_a_unit_without_a_place_for_its_ledger_is_refused() -> None:
    with pytest.raises(Misconfigured, match="ledger"):
        open_fiscal_unit("ccsp+serial:///dev/ttyUSB0")


def test_damage_inside_a_ledger_is_not_guessed_over(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    ledger = Ledger(path)
    for unit_id in ("A", "B", "C"):
        ledger.know_unit(unit_id)
    ledger.close()
    path.write_bytes(path.read_bytes().replace(b'"B"', b'"X"'))

    with pytest.raises(Damage):
        Ledger(path)


def test_faults_are_typed_while_the_emulator_runs() -> None:
    emulated, said = EmulatedUnit(), list[str]()

    switch_unit_faults(
        emulated, ["full", "nak 7", "version 1", "nonsense", "", "list"], said.append
    )

    assert emulated.faults.full
    assert (emulated.faults.nak, emulated.version) == (7, 1)
    assert '"nonsense" is none of' in said[3]
    switch_unit_faults(emulated, ["ok"], said.append)
    assert said[-1] == "faults: none; 0 receipts stored"
