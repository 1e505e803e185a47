"""A card terminal on a bad network: what the till believes is what the bank did.

The network of `test_terminal_simulation`, which loses and delays, here also doubles requests,
lets them arrive in another order, replays earlier answers, flips bits and cuts power. The
judge is the terminal's bank. The sealed envelope is spoilt by itself as well, for it is the
only check that a message has.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from hardware.emulators.terminal import Nothing, Silence, Wait
from hardware.errors import Absent, Lost, Stalled
from hardware.terminals.envelope import Envelope, SealBroken
from hardware.terminals.http import Line, Place
from hardware.terminals.json_skin import JsonSkin
from hardware.terminals.nexo import Message, Sale, Unreadable, status
from hardware.terminals.nexo_terminal import NexoTerminal
from tests.hardware.fuzz.bad_wire import BadWire, Mischief, seeded
from tests.hardware.terminals.test_terminal_simulation import (
    KEY,
    World,
    a_day,
    a_world,
    charged_twice,
    resolved,
)

TROUBLES = (
    "absent", "request lost", "request late", "request twice", "reply lost", "reply late",
    "reply torn", "reply flipped", "reply replayed", "reboot",
)  # fmt: skip
ENVELOPES = 3_000


@dataclass(slots=True)
class BadNetwork:
    """Connects a driver to the emulated terminal of `world`."""

    world: World
    earlier: list[bytes] = field(default_factory=list)

    def connect(self, _place: Place) -> Line:
        if self.world.luck.random() < 0.06:
            self.world.met["absent"] += 1
            raise Absent("nexo", "no answer")
        return BadExchange(self)


class BadExchange:
    """See `http.Line`."""

    def __init__(self, network: BadNetwork) -> None:
        self._network = network
        self._world = network.world

    def exchange(self, _path: str, _type: str, body: bytes, timeout_seconds: float) -> bytes:
        world = self._world
        world.sleep(0.05)
        trouble = world.luck.choice(TROUBLES[1:]) if world.luck.random() < 0.5 else "none"
        world.met[trouble] += 1
        if trouble == "request lost":
            raise Lost("nexo", "the line broke")
        if trouble in ("request late", "request twice"):
            # Late ones may overtake each other.
            world.on_the_way.append((world.now + world.luck.uniform(0.1, 4.5), body))
        if trouble == "request late":
            raise Lost("nexo", "the line broke")
        if trouble == "reboot":
            world.core.reboot()
        said = world.core.hear(self._read(body), world.now)
        if trouble == "reply lost" or isinstance(said, Silence):
            raise Lost("nexo", "the line broke")
        if trouble == "reply late" or isinstance(said, Wait):
            world.sleep(timeout_seconds)
            raise Stalled("nexo", "no answer in time")
        assert not isinstance(said, Nothing)
        return self._on_the_way_back(trouble, world.skin.encode(said))

    def close(self) -> None:
        """Nothing is held."""

    def _read(self, body: bytes) -> Message:
        """By a reader that keeps no nonces: a doubled request would just be refused."""
        is_sealed = not self._world.core.dialect.needs_login
        skin = JsonSkin(Envelope((KEY,))) if is_sealed else self._world.skin
        return skin.decode(body)

    def _on_the_way_back(self, trouble: str, data: bytes) -> bytes:
        luck, earlier = self._world.luck, self._network.earlier
        earlier.append(data)
        place = luck.randrange(len(data))
        match trouble:
            case "reply torn":
                return data[:place]
            case "reply flipped" if self._world.core.dialect.needs_login:
                # Plain HTTP has TCP's checksums and no other: what they let by is believed.
                return data[:place]
            case "reply flipped":
                return (
                    data[:place] + bytes([data[place] ^ 1 << luck.randrange(8)]) + data[place + 1 :]
                )
            case "reply replayed":
                return luck.choice(earlier)
        return data


@pytest.mark.parametrize("skin", ["sealed", "plain"])
@pytest.mark.parametrize("seed", range(2))
def test_what_the_till_believes_paid_is_what_the_bank_charged(seed: int, skin: str) -> None:
    with seeded(seed):
        world, driver = a_world(seed, skin, faults=0.0)
        _put_on_a_bad_network(driver, world)

        paid = a_day(world, driver, resolved)

        assert charged_twice(world) == set()
        assert set(world.core.bank.standing) == paid
        assert world.met.total() - world.met["none"] > 350, world.met
        assert set(TROUBLES) <= set(world.met)


def _put_on_a_bad_network(driver: NexoTerminal, world: World) -> None:
    driver._connect = BadNetwork(world).connect


@pytest.mark.parametrize("seed", range(2))
def test_a_spoilt_envelope_is_never_believed(seed: int) -> None:
    met: Counter[Mischief] = Counter()
    with seeded(seed) as luck:
        message = status(Sale("till1", "P-1"), "Z000000001", "A000000001", "Payment")
        whole = JsonSkin(Envelope((KEY,))).encode(message)
        for number in range(ENVELOPES):
            spoilt = _spoilt(whole, luck, met)
            try:
                believed = JsonSkin(Envelope((KEY,))).decode(spoilt)
            except (SealBroken, Unreadable):
                continue
            assert believed == message, number
    assert met.total() == ENVELOPES


def _spoilt(whole: bytes, luck: random.Random, met: Counter[Mischief]) -> bytes:
    """By a wire, or by somebody who knows what an envelope looks like."""
    if luck.random() < 0.5:
        wire = BadWire(luck, (Mischief.FLIP, Mischief.LOSE_BYTE, Mischief.TRUNCATE), rate=100)
        wire.carry(whole, 0.0)
        met += wire.met
        return wire.take(0.0)
    met[Mischief.FLIP] += 1
    tree: dict[str, Any] = json.loads(whole)
    sealed = tree["SaleToPOIRequest"]
    part = luck.choice([sealed, sealed["SecurityTrailer"], sealed["MessageHeader"]])
    name = luck.choice([key for key, value in part.items() if isinstance(value, str)])
    place = luck.randrange(len(part[name]))
    part[name] = part[name][:place] + luck.choice("AQgw09+/=z") + part[name][place + 1 :]
    return json.dumps(tree).encode()
