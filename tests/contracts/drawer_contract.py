"""What every CashDrawer must do, whatever it hangs on (hardware.ports.CashDrawer).

A test module makes a fixture `drawer` giving a DrawerUnderTest for each kind and
inherits from DrawerContract.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hardware.errors import DeviceError
from hardware.ports import CashDrawer, DrawerPosition, Health, Reason
from tests.hardware.waiting import until


@dataclass(frozen=True, slots=True)
class DrawerUnderTest:
    """The drawer, its pulses, the hands that shut and force it, and what takes it away."""

    drawer: CashDrawer
    pulses: Callable[[], int]
    shut: Callable[[], None]
    force: Callable[[], None]
    jam: Callable[[], None]
    let_go: Callable[[], None]


class DrawerContract:
    def test_one_asking_is_one_pulse(self, drawer: DrawerUnderTest) -> None:
        drawer.drawer.open()
        drawer.drawer.open()

        until(lambda: drawer.pulses() == 2)

    def test_it_is_seen_open_and_shut(self, drawer: DrawerUnderTest) -> None:
        until(lambda: drawer.drawer.position() is DrawerPosition.CLOSED)
        drawer.drawer.open()
        until(lambda: drawer.drawer.position() is DrawerPosition.OPEN)
        assert drawer.drawer.state().reason is Reason.DRAWER_OPEN

        drawer.shut()

        until(lambda: drawer.drawer.position() is DrawerPosition.CLOSED)

    def test_one_that_was_forced_is_seen_open_without_a_pulse(
        self, drawer: DrawerUnderTest
    ) -> None:
        until(lambda: drawer.drawer.position() is DrawerPosition.CLOSED)
        drawer.force()

        until(lambda: drawer.drawer.position() is DrawerPosition.OPEN)
        assert drawer.pulses() == 0

    def test_a_jammed_one_takes_the_pulse_and_stays_shut(self, drawer: DrawerUnderTest) -> None:
        until(lambda: drawer.drawer.position() is DrawerPosition.CLOSED)
        drawer.jam()
        drawer.drawer.open()

        until(lambda: drawer.pulses() == 1)
        assert drawer.drawer.position() is DrawerPosition.CLOSED

    def test_it_becomes_ready_by_itself(self, drawer: DrawerUnderTest) -> None:
        until(lambda: drawer.drawer.state().health is Health.READY)

    def test_one_let_go_of_refuses_and_gives_no_pulse(self, drawer: DrawerUnderTest) -> None:
        drawer.let_go()
        drawer.let_go()

        with pytest.raises(DeviceError):
            drawer.drawer.open()
        assert drawer.pulses() == 0
