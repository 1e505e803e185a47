"""Every trouble of every device ends in advice of its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import hardware
from hardware.advice import ADVICE, KINDS, Fix, advise, every_advice, fixes
from hardware.ports import DeviceState, Health, Reason
from pos_client.texts import LANGUAGES, words

ROOMS = {
    "printer": "printers",
    "drawer": "drawers",
    "scanner": "scanners",
    "fiscal_unit": "fiscal",
    "payment_terminal": "terminals",
    "customer_display": "displays",
    "scale": "scales",
    "label_printer": "labels",
}
# What PrinterDrawer knows of its printer; and a unit that only its own mapping names.
NOT_TOLD = {("drawer", Reason.PAPER_NEAR_END), ("fiscal_unit", Reason.NOT_CONFIGURED)}


def reasons_in(room: str) -> set[Reason]:
    """Every `Reason.X` that the drivers of a room write."""
    found = set()
    for path in (Path(hardware.__file__).parent / room).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "Reason":
                found.add(Reason[node.attr])
    return found - {Reason.NONE}


@pytest.mark.parametrize("kind", ROOMS)
def test_each_reason_that_a_driver_gives_has_advice_of_its_own(kind: str) -> None:
    told = {each for each in reasons_in(ROOMS[kind]) if (kind, each) not in NOT_TOLD}

    assert told - set(ADVICE[kind]) == set()
    assert set(KINDS.values()) == set(ROOMS) == set(ADVICE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_troubles_have_the_same_sentence(language: str) -> None:
    said = [words(language).say(f"device.advice.{name}") for name in every_advice()]

    assert len(set(said)) == len(said)
    assert words(language).say("fault.no_text") not in said


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_advice_is_longer_than_a_cashier_reads(language: str) -> None:
    assert [
        name for name in every_advice() if len(words(language).say(f"device.advice.{name}")) > 120
    ] == []


@pytest.mark.parametrize("kind", ROOMS)
def test_every_state_of_every_device_leads_to_a_sentence_or_to_peace(kind: str) -> None:
    known = set(every_advice())
    for health in Health:
        for reason in Reason:
            name = advise(kind, DeviceState(health, reason))
            assert not name or name in known


def test_a_device_that_is_ready_needs_no_advice() -> None:
    assert advise("printer", DeviceState(Health.READY)) == ""
    assert advise("scale", DeviceState(Health.OPENING)) == ""


def test_a_drawer_on_a_printer_sends_to_the_printer() -> None:
    out_of_paper = DeviceState(Health.BLOCKED, Reason.PAPER_OUT)

    assert advise("drawer", out_of_paper) == "drawer.by_printer"
    assert advise("printer", out_of_paper) == "printer.paper_out"


def test_what_is_down_can_only_be_tried_again() -> None:
    assert fixes("printer", DeviceState(Health.ABSENT)) == (Fix.TRY_AGAIN,)
    assert Fix.TEST_PRINT in fixes("printer", DeviceState(Health.WARNING, Reason.PAPER_NEAR_END))


def test_a_jammed_drawer_is_tried_by_another_pulse() -> None:
    jammed = DeviceState(Health.BLOCKED, Reason.DRAWER_JAM)

    assert fixes("drawer", jammed) == (Fix.OPEN_DRAWER,)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fix_has_a_name_and_an_outcome(language: str) -> None:
    said = words(language)

    assert all(said.has(f"device.fix.{fix.value}") for fix in Fix)
    assert all(said.has(f"device.done.{fix.value}") for fix in Fix if fix is not Fix.OPEN_DRAWER)
    assert all(said.has(f"device.name.{name}") for name in KINDS)


def test_a_device_that_is_away_is_looked_for_at_its_cable() -> None:
    silent = DeviceState(Health.ABSENT, Reason.NO_ANSWER)

    assert advise("payment_terminal", silent) == "payment_terminal.absent"
