"""Thousands of payments through driver and emulated terminal in pretend time, no socket.

The driver is the real one with its real bytes; only the line is a fake that loses,
delays, doubles and spoils. The till here is the shortest that keeps the port's rules.
The judge is the terminal's bank: never charged twice, never charged and dropped.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from hardware.emulators.terminal import EmulatedTerminal, Silence, Wait
from hardware.emulators.terminal_fate import Fate, Step
from hardware.emulators.terminal_replies import JSON_DIALECT, XML_DIALECT
from hardware.errors import Absent, DeviceError, Lost, Stalled
from hardware.ports import CardAnswer, CardOutcome, CardRequest
from hardware.terminals.dialogue import Dialogue
from hardware.terminals.envelope import Envelope, derive
from hardware.terminals.http import Line, Place
from hardware.terminals.json_skin import JsonSkin
from hardware.terminals.nexo import Message, Sale
from hardware.terminals.nexo_terminal import NexoTerminal
from hardware.terminals.skin import Skin
from hardware.terminals.xml_skin import XmlSkin

POI = "V400m-1234"
KEY = derive("lane", 1, "a passphrase for tests")
# Left out is what only a person resolves: an empty log, an answer that is always wrong.
FOR_PEOPLE = (Fate.SLOW, Fate.ABORT_LOSES, Fate.FORGET, Fate.WRONG_AMOUNT)
FATES = [
    *[Step(Fate.APPROVE)] * 12,
    *(Step(fate) for fate in Fate if fate not in FOR_PEOPLE),
    Step(Fate.IN_PROGRESS, asks=0, seconds=60),
]


@dataclass(slots=True)
class World:
    """Seconds that only the till and the line pass, a terminal, and luck."""

    core: EmulatedTerminal
    skin: Skin
    luck: random.Random
    faults: float
    now: float = 0.0
    on_the_way: list[tuple[float, bytes]] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        due = [one for one in self.on_the_way if one[0] <= self.now]
        self.on_the_way = [one for one in self.on_the_way if one[0] > self.now]
        for at, data in sorted(due):
            self.core.hear(self.skin.decode(data), at)

    def connect(self, _place: Place) -> Line:
        if self.luck.random() < self.faults / 4:
            self.met["absent"] += 1
            raise Absent("nexo", "no answer")
        return FaultyLine(self)


class FaultyLine:
    """One exchange, as a bad network makes it."""

    def __init__(self, world: World) -> None:
        self._world = world

    def exchange(self, _path: str, _type: str, body: bytes, timeout_seconds: float) -> bytes:
        world = self._world
        world.sleep(0.05)
        trouble = self._trouble()
        world.met[trouble] += 1
        if trouble == "request lost":
            raise Lost("nexo", "the line broke")
        if trouble == "request late":
            world.on_the_way.append((world.now + world.luck.uniform(0.1, 4.5), body))
            raise Lost("nexo", "the line broke")
        said = world.core.hear(world.skin.decode(body), world.now)
        if trouble == "reply lost" or isinstance(said, Silence):
            raise Lost("nexo", "the line broke")
        if trouble == "reply late" or isinstance(said, Wait):
            world.sleep(timeout_seconds)
            raise Stalled("nexo", "no answer in time")
        assert isinstance(said, Message)
        data = world.skin.encode(said)
        return data if trouble != "reply spoiled" else data[: len(data) // 2]

    def _trouble(self) -> str:
        if self._world.luck.random() >= self._world.faults:
            return "none"
        return self._world.luck.choice(
            ["request lost", "request late", "reply lost", "reply late", "reply spoiled"]
        )

    def close(self) -> None:
        """Nothing is held."""


def a_world(seed: int, skin_name: str, faults: float) -> tuple[World, NexoTerminal]:
    def skin() -> Skin:
        return JsonSkin(Envelope((KEY,))) if skin_name == "sealed" else XmlSkin()

    dialect = JSON_DIALECT if skin_name == "sealed" else XML_DIALECT
    world = World(EmulatedTerminal(POI, dialect=dialect), skin(), random.Random(seed), faults)
    driver = NexoTerminal(
        Place("nexo", "nowhere", 1, POI),
        Dialogue(skin(), Sale("till1", POI)),
        connect=world.connect,
        sleep=world.sleep,
    )
    return world, driver


def asked(driver: NexoTerminal, world: World, service_id: str) -> CardAnswer:
    """Ask until somebody answers."""
    while True:
        try:
            return driver.status(service_id)
        except DeviceError:
            world.sleep(2)


def believed_at_once(driver: NexoTerminal, world: World, service_id: str) -> CardOutcome:
    """A careless till: not found is not paid."""
    while True:
        outcome = asked(driver, world, service_id).outcome
        if outcome not in (CardOutcome.IN_PROGRESS, CardOutcome.BUSY):
            return outcome
        world.sleep(2)


def resolved(driver: NexoTerminal, world: World, service_id: str) -> CardOutcome:
    """The port's rule: in progress is waited for; not found counts when settled, asked twice."""
    while True:
        outcome = asked(driver, world, service_id).outcome
        if outcome in (CardOutcome.IN_PROGRESS, CardOutcome.BUSY):
            world.sleep(2)
            continue
        if outcome is not CardOutcome.NOT_FOUND:
            return outcome
        while True:
            try:
                driver.settle()
                break
            except DeviceError:
                world.sleep(2)
        if asked(driver, world, service_id).outcome is CardOutcome.NOT_FOUND:
            return CardOutcome.NOT_FOUND


Resolve = Callable[[NexoTerminal, World, str], CardOutcome]


def sold(
    driver: NexoTerminal, world: World, number: int, ids: itertools.count[int], resolve: Resolve
) -> bool:
    """One sale: tried until it is paid or the card is declined; True when paid."""
    while True:
        request = CardRequest(
            f"A{next(ids):09}", f"sale-{number}", "2026-11-22T13:32:00Z", 19_900, "SEK"
        )
        try:
            outcome = driver.pay(request).outcome
        except DeviceError:
            outcome = resolve(driver, world, request.service_id)
        if outcome in (CardOutcome.BUSY, CardOutcome.IN_PROGRESS):
            outcome = resolve(driver, world, request.service_id)
        if outcome is CardOutcome.APPROVED:
            return True
        if outcome in (CardOutcome.DECLINED, CardOutcome.ABORTED):
            return False


def a_day(world: World, driver: NexoTerminal, resolve: Resolve) -> set[str]:
    """The sales that the till believes paid."""
    ids, paid = itertools.count(1), set()
    for number in range(150):
        world.core.expect_nothing()
        world.core.expect(world.luck.choice(FATES))
        if sold(driver, world, number, ids, resolve):
            paid.add(f"sale-{number}")
    world.sleep(1_000)
    return paid


def charged_twice(world: World) -> set[str]:
    return {sale for sale, count in world.core.bank.standing.items() if count > 1}


@pytest.mark.parametrize("skin", ["sealed", "plain"])
@pytest.mark.parametrize("seed", [1, 2])
def test_no_sale_is_charged_twice_or_charged_and_dropped(seed: int, skin: str) -> None:
    world, driver = a_world(seed, skin, faults=0.35)

    paid = a_day(world, driver, resolved)

    assert charged_twice(world) == set()
    assert set(world.core.bank.standing) == paid
    assert len(world.met) >= 6, world.met


def test_a_till_that_does_not_settle_is_caught_charging_twice() -> None:
    world, driver = a_world(1, "sealed", faults=0.35)

    a_day(world, driver, believed_at_once)

    assert charged_twice(world)
