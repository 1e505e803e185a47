from __future__ import annotations

from hardware.emulators.printer import EmulatedPrinter
from hardware.emulators.switching import switch_faults


def said_to(printer: EmulatedPrinter, *lines: str) -> list[str]:
    said: list[str] = []
    switch_faults(printer, lines, said.append)
    return said


def test_a_fault_is_turned_on_and_off_by_its_name() -> None:
    printer = EmulatedPrinter()

    assert said_to(printer, "paper_out", "", "paper_out") == ["faults: paper_out", "faults: none"]


def test_a_fault_may_have_a_measure() -> None:
    printer = EmulatedPrinter()

    said = said_to(printer, "paper_lasts_lines=3", "paper_ends_at=ATT BETALA")

    assert said[-1] == "faults: paper_lasts_lines=3, paper_ends_at=ATT BETALA"


def test_the_drawer_is_moved_by_hand() -> None:
    printer = EmulatedPrinter()

    assert said_to(printer, "drawer_forced", "drawer_jammed")[-1] == "faults: drawer_jammed"
    assert printer.drawer.is_open
    assert said_to(printer, "ok", "drawer_shut")[-1] == "faults: none"
    assert not printer.drawer.is_open


def test_a_word_that_is_none_is_answered_with_the_words_that_are() -> None:
    (said,) = said_to(EmulatedPrinter(), "paper_lasts_lines=many")

    assert "paper_out" in said
    assert "drawer_shut" in said
