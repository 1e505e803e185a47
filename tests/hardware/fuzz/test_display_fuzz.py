"""A customer display on a bad line: it shows the wrong thing for half a minute at most."""

from __future__ import annotations

import pytest

from hardware.displays.dialects import CD5220, DMD
from hardware.displays.painter import HEAL_SECONDS, PAINT_SECONDS, Painter
from hardware.emulators.display import EmulatedDisplay
from tests.hardware.fuzz.bad_wire import BadWire, Mischief, enough, seeded

DIALECTS = {"cd5220": CD5220, "dmd": DMD}
KINDS = tuple(kind for kind in Mischief if kind is not Mischief.DELAY)
ROUNDS = 120
WISHES = 25
WORDS = ("Räksmörgås", "SUMMA 129,00", "Åtta ärtor", "{}[]", "€ 10", "", "x" * 30)


@pytest.mark.parametrize("name", list(DIALECTS))
@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_display_was_told_it_is_right_after_one_healing(name: str, seed: int) -> None:
    with seeded(seed) as luck:
        charset = DIALECTS[name].charset
        painter, core, now = Painter(DIALECTS[name]), EmulatedDisplay(name), 0.0
        wire = BadWire(luck, KINDS, rate=70)
        for number in range(ROUNDS):
            wire.rate = 70
            for _ in range(WISHES):
                wanted = (luck.choice(WORDS), f"{luck.choice(WORDS)} {number}")
                painter.want(*wanted)
                now += luck.choice((0.05, PAINT_SECONDS))
                wire.carry(painter.paint(now), now)
                while data := wire.take(now):
                    core.feed(data, now)
                if luck.random() < 0.02:
                    core.power_cycle()
            wire.rate = 0
            wire.clear()
            now += HEAL_SECONDS
            core.feed(painter.paint(now), now)

            assert core.rows == tuple(charset.fit(row, 20) for row in wanted), number
        enough(wire.met, ROUNDS * 8, KINDS)
