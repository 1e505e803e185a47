"""The drawer beside the register: now or not at all, and what it does by itself is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from central_sync.wire.entries import EntryKind
from hardware.drawers.watch import DrawerWatch
from hardware.errors import Absent, Busy
from hardware.memory.drawer import MemoryDrawer
from pos_client.checkout import drawers
from pos_client.checkout.drawers import DrawerKeeper
from pos_client.checkout.mailbox import Mailbox
from pos_client.register.events import DrawerForced, DrawerLeftOpen, Event
from tests.builders import ANNA, SHOES
from tests.checkout.core_harness import Desk, a_home

SHUT_OFF = Absent("drawer", "it is switched off")
BUSY = Busy("drawer", "a receipt is on its way")


class Heard:
    """Fulfils checkout.drawers.DrawerNews: what the cashier was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def drawer_stuck(self) -> None:
        self.told.append("stuck")

    def drawer_forced(self) -> None:
        self.told.append("forced")

    def drawer_left_open(self, seconds: int) -> None:
        self.told.append("left open")


class Till:
    """A drawer, its keeper, and hands to deliver what it says."""

    def __init__(self, watch: DrawerWatch | None = None) -> None:
        self.drawer = MemoryDrawer()
        self.mailbox = Mailbox()
        self.heard = Heard()
        self.keeper = DrawerKeeper(
            self.drawer, self.mailbox, self.heard, watch or DrawerWatch(kick_seconds=0.05)
        )

    def start(self) -> Till:
        self.keeper.start()
        return self

    def until(self, holds: Callable[[], bool]) -> Till:
        patience = time.monotonic() + 10.0
        while not holds():
            assert time.monotonic() < patience, "it never came to be"
            self.mailbox.deliver()
            time.sleep(0.002)
        return self

    def looks_twice(self) -> Till:
        """The keeper has seen the drawer as it is now."""
        for _ in range(2):
            self.keeper._look()
        self.mailbox.deliver()
        return self


@pytest.fixture
def till(monkeypatch: pytest.MonkeyPatch) -> Iterator[Till]:
    monkeypatch.setattr(drawers, "WATCH_SECONDS", 0.01)
    monkeypatch.setattr(drawers, "BUSY_SECONDS", 0.01)
    made = Till()
    yield made
    made.keeper.stop()
    made.mailbox.close()


def test_a_drawer_opens_once_for_each_asking(till: Till) -> None:
    till.start().keeper.open()
    till.until(lambda: till.drawer.pulses == 1)
    till.looks_twice()
    assert till.heard.told == []


def test_a_pulse_is_given_before_the_paper_that_comes_after_it(till: Till) -> None:
    till.keeper.open()
    till.keeper.pulse_wanted()
    assert till.drawer.pulses == 1
    till.keeper.pulse_wanted()
    assert till.drawer.pulses == 1


def test_a_drawer_that_does_not_open_is_told_and_not_opened_later(till: Till) -> None:
    till.drawer.fail_with(SHUT_OFF)
    till.keeper.open()
    till.start().until(lambda: till.heard.told == ["stuck"]).looks_twice()
    assert till.drawer.pulses == 0


def test_a_busy_line_is_tried_again_while_the_moment_lasts(till: Till) -> None:
    till.drawer.fail_with(BUSY, BUSY)
    till.keeper.open()
    till.start().until(lambda: till.drawer.pulses == 1)
    assert till.heard.told == []


def test_a_drawer_that_could_not_open_in_time_stays_shut(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawers, "PULSE_SECONDS", -1.0)
    till.keeper.open()
    till.start().until(lambda: till.heard.told == ["stuck"])
    assert till.drawer.pulses == 0


def test_a_drawer_opened_without_the_till_is_forced(till: Till) -> None:
    till.looks_twice().drawer.force()
    till.looks_twice()
    assert till.heard.told == ["forced"]


def test_a_jam_asks_for_the_key_and_the_key_is_no_force(till: Till) -> None:
    till.drawer.jam()
    till.start().looks_twice().keeper.open()
    till.until(lambda: till.heard.told == ["stuck"]).drawer.force()
    till.looks_twice().drawer.push_shut()
    till.looks_twice()
    assert till.heard.told == ["stuck"]


def test_a_drawer_left_open_is_told_once() -> None:
    till = Till(DrawerWatch(too_long_seconds=0.0))
    till.keeper.open()
    till.keeper.pulse_wanted()
    till.looks_twice().looks_twice()
    assert till.heard.told == ["left open"]
    till.keeper.stop()
    till.mailbox.close()


@pytest.mark.parametrize(
    ("event", "kind", "said"),
    [
        (DrawerForced(), EntryKind.DRAWER_FORCED, "drawer.forced"),
        (DrawerLeftOpen(61), EntryKind.DRAWER_LEFT_OPEN, "drawer.left_open"),
    ],
)
def test_what_a_drawer_does_by_itself_is_in_the_journal_and_told(
    tmp_path: Path, event: Event, kind: EntryKind, said: str
) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.signs_on(ANNA).opens()
        desk.desk.note(event)
        assert desk.kinds()[-1] == kind
        assert desk.said == said


def test_a_forced_drawer_counts_as_opened_without_a_sale(tmp_path: Path) -> None:
    with Desk(a_home(tmp_path)) as desk:
        desk.desk.note(DrawerForced())
        desk.signs_on(ANNA).opens().scans(SHOES).pays_cash()
        desk.desk.note(DrawerForced())
        desk.closes(cash="1899")
        (z,) = desk.reports(EntryKind.Z_REPORT)
        assert (z.totals.drawer_openings, z.totals.no_sales) == (3, 2)
