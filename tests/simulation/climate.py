"""The weather of one seed: what may happen in its world, and how often.

Each kind of trouble is left out of many seeds, so that every other one is seen alone as well
(swarm testing). The thing to get wrong: all of everything always; then nothing gets far.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tests.simulation.disk import Disk, Weather
from tests.simulation.network import NetWeather


@dataclass(slots=True)
class Climate:
    """What a seed's world may do; each is left out of many seeds, so that it shows alone."""

    tills: int = 1
    steps: int = 40
    power: float = 0.0
    kills: float = 0.0
    fuses: float = 0.0
    restores: float = 0.0
    clocks: float = 0.0
    revokes: float = 0.0
    outages: float = 0.0
    is_newer: bool = False
    poison: float = 0.0
    lost_masters: float = 0.0
    till_restores: float = 0.0
    clones: float = 0.0
    enrolments: float = 0.0
    trims: float = 0.0
    is_central_newer: bool = False
    rot: float = 0.0


def climate(rng: random.Random) -> Climate:
    def some(chance: float, least: float, most: float) -> float:
        return rng.uniform(least, most) if rng.random() < chance else 0.0

    return Climate(
        tills=rng.choice((1, 1, 2, 3)),
        steps=rng.randint(25, 70),
        power=some(0.6, 0.3, 1.5),
        kills=some(0.5, 0.3, 1.5),
        fuses=some(0.7, 0.5, 3),
        restores=some(0.3, 0.5, 1.5),
        clocks=some(0.25, 0.2, 0.8),
        revokes=some(0.15, 0.2, 0.8),
        outages=some(0.4, 0.2, 0.8),
        is_newer=rng.random() < 0.15,
        till_restores=some(0.25, 0.8, 2.5),
        clones=some(0.15, 0.3, 1.0),
        enrolments=some(0.15, 0.4, 1.2),
        trims=some(0.3, 0.5, 2.0),
        is_central_newer=rng.random() < 0.15,
        poison=some(0.15, 0.05, 0.3),
        lost_masters=some(0.2, 0.1, 0.4),
        rot=some(0.1, 0.2, 0.6),
    )


def net_weather(rng: random.Random) -> NetWeather:
    def some(chance: float, most: float) -> float:
        return rng.uniform(0.02, most) if rng.random() < chance else 0.0

    return NetWeather(
        lost=some(0.5, 0.3),
        answer_lost=some(0.5, 0.3),
        doubled=some(0.5, 0.5),
        late=some(0.4, 0.4),
        old_answer=some(0.3, 0.3),
        torn=some(0.3, 0.2),
        flipped=some(0.3, 0.3),
        captive=some(0.1, 0.2),
        busy=some(0.2, 0.2),
        meanwhile=some(0.7, 0.5),
    )


def spoil(rng: random.Random, tills: list[Disk], central: Disk) -> None:
    """Some disks refuse now and then; one in some seeds says that it has what it has not."""
    for disk in [*tills, central]:
        if rng.random() < 0.15:
            disk.weather = Weather(
                write_fails=rng.choice((0.0, 0.01)),
                sync_fails=rng.choice((0.0, 0.03)),
                full=rng.choice((0.0, 0.02)),
                read_fails=rng.choice((0.0, 0.0, 0.002)),
            )
    if rng.random() < 0.1:
        rng.choice([*tills, central]).weather.sync_lies = rng.choice((0.02, 0.2, 1.0))
