from __future__ import annotations

from hardware.emulators.line import PtyLine
from hardware.emulators.line_cli import obey_lines, switched
from hardware.emulators.scale_dialog06 import EmulatedDialog06
from hardware.emulators.scale_platform import Faults


def test_a_typed_fault_is_turned_on_set_and_mended() -> None:
    faults = Faults()

    assert switched("deaf", faults) == "faults: deaf=True"
    assert switched("late_seconds 0.5", faults) == "faults: deaf=True, late_seconds=0.5"
    assert switched("ok", faults) == "faults: none"


def test_an_unknown_command_names_what_may_be_typed() -> None:
    faults = Faults()

    assert "loses_acks" in switched("explode", faults)
    assert "is no float" in switched("late_seconds soon", faults)


def test_typed_lines_reach_the_device_while_it_runs() -> None:
    core = EmulatedDialog06()
    said: list[str] = []

    def put(command: str) -> str | None:
        if not command.isdecimal():
            return None
        core.platform.put(int(command))
        return "put"

    with PtyLine(core) as line:
        obey_lines(
            ["452\n", "\n", "deaf\n", "unplug\n", "plug\n"], line, core.faults, put, said.append
        )

    assert said == ["put", "faults: deaf=True", "unplugged", "plugged"]
    assert core.platform.grams == 452
