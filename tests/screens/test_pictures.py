"""Every page as a picture at both sizes, drawn by the real application.

A change here is looked at before it is accepted: `make snapshots`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from pos_client.register.view import DeviceView, Level, Message
from pos_client.screens.app import TillApp
from pos_client.screens.keys import ENTER, Key
from tests.builders import MAGAZINE, SHOES, SOCKS, a_register, a_shoe_shop, an_open_register, gtin
from tests.screens.core_twin import CALM, NOON, CoreTwin, Register, a_core, f
from tests.screens.test_devices import ALL as ALL_TROUBLED
from tests.screens.test_stock_page import (
    BORAS,
    HERE,
    MOLNDAL,
    WAREHOUSE,
    a_shop_with_sizes,
    told,
)

SMALL, LARGE = (80, 24), (120, 40)
Compare = Callable[..., bool]


class Stage:
    """An application in front of a twin; `act` types and scans before the picture."""

    def __init__(self, twin: CoreTwin, language: str = "sv") -> None:
        self.twin = twin
        self.app = TillApp(twin.path, now=lambda: NOON, language=language)
        self._acts: list[str | Key] = []

    def act(self, *acts: str | Key) -> Stage:
        """Keys are pressed; codes are scanned; other strings are typed."""
        self._acts += acts
        return self

    async def play(self, pilot: Pilot[Any]) -> None:
        await self._until(lambda: self.app.till.is_connected)
        for act in self._acts:
            await self._one(act)
            await self._until(lambda: not self.app.till.is_busy)
        await pilot.pause(0.1)

    async def _one(self, act: str | Key) -> None:
        if isinstance(act, Key):
            self.app.take_keys([act], self._now())
        elif len(act) == 13 and act.isdigit():
            self.app.take_paste(act, self._now())
        else:
            for character in act:
                self.app.take_keys([Key(character, character)], self._now())
                await asyncio.sleep(0.035)
        await asyncio.sleep(0.035)
        self.app.draw()

    def _now(self) -> float:
        return self.app.till.monotonic()

    async def _until(self, is_true: Callable[[], bool]) -> None:
        for _ in range(500):
            if is_true():
                return
            await asyncio.sleep(0.01)
        raise AssertionError("the application never came so far")


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def stage(tmp_path: Path, register: Register) -> Iterator[Stage]:
    with a_core(tmp_path / "core.sock", register) as twin:
        yield Stage(twin)


def shows(snap_compare: Compare, stage: Stage, size: tuple[int, int], *acts: str | Key) -> None:
    before: Callable[[Pilot[Any]], Awaitable[None]] = stage.act(*acts).play
    assert snap_compare(stage.app, terminal_size=size, run_before=before)


BASKET = ("2*", SHOES, SOCKS, "10", f(8), "1", MAGAZINE)

PAGES: dict[str, tuple[str | Key, ...]] = {
    "sale": BASKET,
    "search": ("lö",),
    "tender": (*BASKET, "500", f(9)),
    "approval": (SHOES, "40", f(8), "1"),
    "returns": (SHOES, SOCKS, f(10), f(6), "1-1-1", ENTER, "1"),
    "menu": (f(1),),
    "count": (f(1), "2", "2", ENTER, "3", ENTER),
    "change": (SHOES, "1000", f(9)),
}


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("page", PAGES)
def test_page(snap_compare: Compare, stage: Stage, page: str, size: tuple[int, int]) -> None:
    shows(snap_compare, stage, size, *PAGES[page])


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("is_live", [True, False], ids=["live", "last_known"])
def test_stock(
    snap_compare: Compare, stage: Stage, register: Register, is_live: bool, size: tuple[int, int]
) -> None:
    register.driver = an_open_register(a_shop_with_sizes())
    register.chain_stock = told(HERE, BORAS, WAREHOUSE, MOLNDAL, is_live=is_live)
    shows(snap_compare, stage, size, SHOES, f(4), "43", ENTER)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
@pytest.mark.parametrize("page", ["delivery", "ordered"])
def test_an_order(
    snap_compare: Compare, stage: Stage, register: Register, page: str, size: tuple[int, int]
) -> None:
    register.driver = an_open_register(a_shop_with_sizes())
    register.chain_stock = told(HERE, BORAS, WAREHOUSE, MOLNDAL)
    acts: list[str | Key] = [SHOES, f(4), "43", ENTER, f(9), "0701234567", ENTER, "Eva Borg", ENTER]
    if page == "ordered":
        acts += ["Storgatan 1", ENTER, "41119", ENTER, "Göteborg", f(12)]
    shows(snap_compare, stage, size, *acts)


def test_reasons(snap_compare: Compare, stage: Stage) -> None:
    shows(snap_compare, stage, SMALL, SHOES, "10", f(8))


def test_price_check(snap_compare: Compare, stage: Stage) -> None:
    shows(snap_compare, stage, SMALL, f(5), SOCKS)


def test_parked(snap_compare: Compare, stage: Stage) -> None:
    shows(snap_compare, stage, LARGE, SHOES, f(7), SOCKS, f(7), f(7))


def test_x_report(snap_compare: Compare, stage: Stage) -> None:
    shows(snap_compare, stage, SMALL, f(1), "1")


def test_refusal(snap_compare: Compare, stage: Stage) -> None:
    shows(snap_compare, stage, SMALL, SHOES, gtin(99))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x40"])
def test_devices(
    snap_compare: Compare, stage: Stage, register: Register, size: tuple[int, int]
) -> None:
    status = replace(CALM, devices=ALL_TROUBLED, prints_on=0, waiting_prints=2)
    register.around = replace(register.around, status=status)
    shows(snap_compare, stage, size, f(1), "8")


def test_trouble_in_the_status_row(snap_compare: Compare, stage: Stage, register: Register) -> None:
    status = replace(
        CALM,
        is_online=False,
        offline_since="2026-11-22T11:33:00Z",
        outbox=14,
        oldest_unsent_seconds=1_620,
        price_age_seconds=5_000,
        printer=DeviceView("blocked", "paper_out"),
        waiting_prints=2,
    )
    register.around = replace(register.around, status=status)
    shows(snap_compare, stage, LARGE, SHOES)


def test_print_question(snap_compare: Compare, stage: Stage, register: Register) -> None:
    register.asks_about_print()
    shows(snap_compare, stage, SMALL)


def test_fault(snap_compare: Compare, stage: Stage, register: Register) -> None:
    message = Message("storage.disk_error", Level.FAULT)
    register.around = replace(register.around, is_faulty=True, message=message)
    shows(snap_compare, stage, SMALL)


def test_completing(snap_compare: Compare, stage: Stage, register: Register) -> None:
    register.driver = an_open_register(a_shoe_shop().silent_unit())
    shows(snap_compare, stage, SMALL, SHOES, f(10))


def test_sign_on(snap_compare: Compare, stage: Stage, register: Register) -> None:
    register.driver = a_register()
    shows(snap_compare, stage, SMALL, "1001", ENTER, "123")


def test_open_day(snap_compare: Compare, stage: Stage, register: Register) -> None:
    register.driver = a_register().signs_on()
    shows(snap_compare, stage, SMALL, "1500")
