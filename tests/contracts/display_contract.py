"""What every LineDisplay must do (hardware.ports.LineDisplay); see printer_contract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hardware.ports import Health, LineDisplay
from tests.hardware.waiting import until


@dataclass(slots=True)
class DisplayUnderTest:
    """`rows` is what a customer reads."""

    display: LineDisplay
    rows: Callable[[], tuple[str, str]]
    unplug: Callable[[], None]
    plug_in: Callable[[], None]


def shows(display: DisplayUnderTest, top: str, bottom: str) -> None:
    """Wait until exactly this is read."""
    wanted = (top.ljust(20), bottom.ljust(20))
    until(lambda: display.rows() == wanted)


class DisplayContract:
    def test_two_lines_are_read_in_swedish(self, display: DisplayUnderTest) -> None:
        display.display.show("Räksmörgås     129,00", "SUMMA 1\u00a0129,00 ÅÄÖé")

        until(lambda: display.rows()[1] == "SUMMA 1 129,00 ÅÄÖé ")
        assert display.rows()[0] == "Räksmörgås     129,0"

    def test_the_latest_wins(self, display: DisplayUnderTest) -> None:
        for number in range(1000):
            display.display.show(f"Vara {number}", f"SUMMA {number},00")

        shows(display, "Vara 999", "SUMMA 999,00")

    def test_a_shorter_text_leaves_nothing_behind(self, display: DisplayUnderTest) -> None:
        display.display.show("Loafer svart  1999,00", "SUMMA       1 999,00")
        until(lambda: display.rows()[1].endswith("1 999,00"))

        display.display.show("Tack!", "")

        shows(display, "Tack!", "")

    def test_a_name_cannot_command_the_display(self, display: DisplayUnderTest) -> None:
        display.display.show("Sko\x1b@\x0c\x1f\x43\x01X", "\x00\r\nY")

        until(lambda: "X" in display.rows()[0])
        assert display.rows()[0] == "Sko@CX".ljust(20) or display.rows()[0] == "SkoaCX".ljust(20)
        assert display.rows()[1].strip() == "Y"

    def test_an_unplugged_display_comes_back_with_the_latest(
        self, display: DisplayUnderTest
    ) -> None:
        display.display.show("Vara 1", "SUMMA 1,00")
        display.unplug()
        until(lambda: display.display.state().health is Health.ABSENT)

        display.display.show("Vara 2", "SUMMA 2,00")
        display.plug_in()

        until(lambda: display.display.state().health is Health.READY)
        shows(display, "Vara 2", "SUMMA 2,00")

    def test_a_closed_display_takes_wishes_in_vain(self, display: DisplayUnderTest) -> None:
        display.display.show("Vara 1", "SUMMA 1,00")
        shows(display, "Vara 1", "SUMMA 1,00")

        display.display.close()
        display.display.close()

        display.display.show("nothing", "happens")
        assert display.display.state().health is Health.DISABLED
