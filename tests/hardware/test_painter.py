from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.displays.charset import CHARSETS, SWEDEN, Charset
from hardware.displays.dialects import CD5220, DMD, TO_DISPLAY, TO_PRINTER
from hardware.displays.driver import PaintedDisplay
from hardware.displays.painter import Painter
from hardware.drivers import open_display
from hardware.emulators.display import EmulatedDisplay
from hardware.emulators.line import PtyLine
from hardware.ports import Health
from tests.hardware.waiting import until

DIALECTS = {"cd5220": CD5220, "dmd": DMD}
texts = st.text(max_size=25)


@given(texts)
@pytest.mark.parametrize("charset", list(CHARSETS.values()), ids=lambda charset: charset.name)
def test_any_text_is_twenty_bytes_without_a_command(charset: Charset, text: str) -> None:
    shown = charset.fit(text, 20)
    sent = charset.encode(shown)

    assert len(shown) == len(sent) == 20
    assert min(sent) >= 0x20


@given(st.lists(st.tuples(texts, texts, st.floats(0, 40)), min_size=1, max_size=15))
@pytest.mark.parametrize("name", list(DIALECTS))
def test_differences_end_in_what_is_wanted(name: str, wishes: list[tuple[str, str, float]]) -> None:
    painter, core = Painter(DIALECTS[name]), EmulatedDisplay(name)
    now = 0.0
    for top, bottom, pause in wishes:
        painter.want(top, bottom)
        core.feed(painter.paint(now), now)
        now += pause

    now += 0.2
    core.feed(painter.paint(now), now)

    charset = DIALECTS[name].charset
    assert core.rows == (charset.fit(wishes[-1][0], 20), charset.fit(wishes[-1][1], 20))
    assert core.unknown == 0


def test_a_changed_digit_costs_a_handful_of_bytes() -> None:
    painter = Painter(CD5220)
    painter.want("Loafer svart  899,00", "SUMMA       1 798,00")
    whole = painter.paint(0.0)
    painter.want("Loafer svart  899,00", "SUMMA       1 799,00")

    difference = painter.paint(1.0)

    assert len(difference) <= 5 < len(whole)


def test_a_thousand_wishes_a_second_are_five_paints() -> None:
    painter = Painter(DMD)
    painted = 0
    for tick in range(1000):
        painter.want(f"Vara {tick}", f"SUMMA {tick},00")
        painted += bool(painter.paint(tick / 1000))

    assert painted == 5


@pytest.mark.parametrize("name", list(DIALECTS))
def test_a_display_that_was_switched_off_heals_within_half_a_minute(name: str) -> None:
    painter, core = Painter(DIALECTS[name]), EmulatedDisplay(name)
    painter.want("Räksmörgås", "SUMMA 129,00")
    core.feed(painter.paint(0.0), 0.0)
    core.power_cycle()
    assert core.rows[0].strip() == ""
    assert painter.due() == 30.0

    core.feed(painter.paint(30.0), 30.0)

    assert core.rows[0] == "Räksmörgås".ljust(20)
    assert core.resets == 2, "healing does not blink: only the start resets"


def test_nothing_is_sent_while_nothing_changes() -> None:
    painter = Painter(CD5220)
    painter.want("a", "b")
    painter.paint(0.0)

    assert painter.paint(29.9) == b""


def test_braces_are_not_shown_as_letters_in_the_swedish_set() -> None:
    core = EmulatedDisplay("cd5220")
    painter = Painter(CD5220)
    painter.want("a{b}c@d", "åäö ÅÄÖ é")

    core.feed(painter.paint(0.0), 0.0)

    assert core.rows == ("a(b)cad".ljust(20), "åäö ÅÄÖ é".ljust(20))
    assert SWEDEN.fit("1 €", 20).startswith("1 E")


def test_a_printer_behind_the_display_gets_none_of_it() -> None:
    core = EmulatedDisplay("dmd")
    painter = Painter(replace(DMD, before=TO_DISPLAY, after=TO_PRINTER))
    painter.want("Hej", "")
    core.feed(painter.paint(0.0), 0.0)

    core.feed(b"receipt\n", 0.0)

    assert core.rows[0] == "Hej".ljust(20)
    assert bytes(core.printer) == b"receipt\n"


def test_a_display_unplugged_again_and_again_loses_nothing_and_raises_nothing() -> None:
    core = EmulatedDisplay("cd5220")
    with PtyLine(core) as first:
        display = open_display(f"cd5220+serial://{first.path}")
        assert isinstance(display, PaintedDisplay)
        until(lambda: display.state().health is Health.READY)
    until(lambda: display.state().health is Health.ABSENT)
    for number in range(1000):
        display.show(f"Vara {number}", "")

    display.close()

    assert display.state().health is Health.DISABLED


def test_a_display_that_takes_nothing_makes_nobody_wait() -> None:
    """Nobody reads the other end: every `show` returns, and closing ends."""
    core = EmulatedDisplay("cd5220")
    line = PtyLine(core)
    display = open_display(f"cd5220+serial://{line.path}")
    for number in range(10_000):
        display.show(f"Vara {number}", "")

    display.close()
    line.close()

    assert core.rows[0].strip() == ""
