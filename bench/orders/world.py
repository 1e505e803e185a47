"""A chain on an invented map, and one day of walk-ins, busyness and orders in it.

All from a seed: towns with sizes, stores near them, thin stock (over half of the records
hold one piece), busy curves with a lunch and an evening top, deliveries and invoices,
12 % wrong records, 12 % of stores without network for a while. The thing to get wrong:
the router sees what is believed, a minute late; the score is made on what is true.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from central_sync.routing import Image, Site
from central_sync.routing.pulse import QUARTERS
from central_sync.routing.shelves import Shelf

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MINUTES = 600
OPENS = 600
TOWNS = 90
LINES = (0.55, 0.25, 0.13, 0.07)


@dataclass(frozen=True, slots=True)
class Order:
    number: int
    minute: int
    latitude: float
    longitude: float
    items: tuple[int, ...]


@dataclass(slots=True)
class World:
    """Records are flat arrays sorted by item and store; `first[i]` is where item i begins."""

    sites: list[Site]
    staff: Floats
    busy: Floats
    heard: NDArray[np.bool_]
    first: Ints
    store: Ints
    believed: Ints
    true: Ints
    demand: Floats
    margin_minor: Ints
    sales: list[Ints]
    orders: list[list[Order]]

    def image(self) -> tuple[Image, Ints]:
        """A fresh image, and the flat column of what it believes to be on hand."""
        image = Image(self.sites)
        on_hand = self.believed.copy()
        reserved = np.zeros_like(on_hand)
        minimum = np.zeros_like(on_hand)
        nil_bp = np.full_like(on_hand, 600)
        missed_bp = image.missed_bp(on_hand, self.demand)
        for item in range(len(self.first) - 1):
            rows = slice(int(self.first[item]), int(self.first[item + 1]))
            image.put_columns(
                f"i{item}",
                Shelf(self.store[rows], on_hand[rows], reserved[rows], minimum[rows],
                      self.demand[rows], nil_bp[rows], missed_bp[rows]),
            )  # fmt: skip
        return image, on_hand


def make_world(seed: int, stores: int, items: int, orders: int) -> World:
    chance = np.random.default_rng(seed)
    size = 1 / np.arange(1, TOWNS + 1) ** 0.8
    town = np.stack([55.4 + 8.5 * chance.beta(1.2, 2.6, TOWNS), chance.uniform(11.5, 18.5, TOWNS)])
    at_town = chance.choice(TOWNS, stores, p=size / size.sum())
    staff = np.clip(np.rint(chance.normal(1.8, 0.6, stores) + 2 * size[at_town]), 1, 8)
    place = town[:, at_town] + chance.normal(0, 0.06, (2, stores))
    busy, usual = _busyness(chance, stores, size[at_town])
    sites = [
        Site(f"s{at}", float(place[0, at]), float(place[1, at]), ((OPENS, OPENS + MINUTES),) * 7,
             profile=tuple(usual[at]))
        for at in range(stores)
    ]  # fmt: skip
    first, store, believed, demand = _stock(chance, stores, items, size[at_town])
    wrong = chance.random(len(believed)) < 0.12
    true = np.maximum(0, believed + wrong * chance.choice([-1, -1, 1], len(believed)))
    return World(
        sites=sites,
        staff=staff,
        busy=busy,
        heard=_heard(chance, stores),
        first=first,
        store=store,
        believed=believed,
        true=true,
        demand=demand,
        margin_minor=chance.integers(1_250, 10_000, items),
        sales=_sales(chance, demand),
        orders=_orders(chance, orders, np.add.reduceat(demand, first[:-1]), town, size),
    )


def _busyness(chance: np.random.Generator, stores: int, town: Floats) -> tuple[Floats, Floats]:
    """Share of staff taken, per store and minute; and what is usual per quarter of the week."""
    minute = np.arange(MINUTES)
    curve = (
        0.5
        + 0.5 * np.exp(-(((minute - 150) / 45) ** 2))
        + 0.8 * np.exp(-(((minute - 420) / 70) ** 2))
    )
    level = chance.uniform(0.35, 0.75, stores) + 0.35 * town
    usual = level[:, None] * curve[None, :]
    busy = usual.copy()
    for at in range(stores):
        for _ in range(chance.poisson(1.5)):
            begins = chance.integers(0, MINUTES - 60)
            busy[at, begins : begins + chance.integers(20, 90)] += chance.uniform(0.3, 0.8)
    busy += chance.normal(0, 0.05, busy.shape)
    week = np.zeros((stores, 7, QUARTERS))
    week[:, :, OPENS // 15 : (OPENS + MINUTES) // 15] = usual.reshape(stores, 1, -1, 15).mean(3)
    return np.clip(busy, 0, 1.5), week.reshape(stores, -1)


def _stock(
    chance: np.random.Generator, stores: int, items: int, town: Floats
) -> tuple[Ints, Ints, Ints, Floats]:
    popular = chance.pareto(1.6, items) + 0.3
    share = np.clip(0.11 * popular**0.35, 0.01, 0.9)
    held = [np.flatnonzero(chance.random(stores) < share[item]) for item in range(items)]
    first = np.concatenate([[0], np.cumsum([len(each) for each in held])]).astype(np.int64)
    store = np.concatenate(held).astype(np.int64)
    item = np.repeat(np.arange(items), np.diff(first))
    demand = popular[item] * (0.5 + town[store])
    demand *= 0.11 * len(store) / demand.sum()
    believed = chance.geometric(1 / (1.4 + np.minimum(4, 4 * demand)))
    return first, store, believed.astype(np.int64), demand


def _heard(chance: np.random.Generator, stores: int) -> NDArray[np.bool_]:
    heard = np.ones((stores, MINUTES), dtype=bool)
    for at in np.flatnonzero(chance.random(stores) < 0.12):
        begins = chance.integers(0, MINUTES - 30)
        heard[at, begins : begins + chance.integers(5, 180)] = False
    return heard


def _sales(chance: np.random.Generator, demand: Floats) -> list[Ints]:
    """Records sold from, minute by minute."""
    pieces = chance.poisson(demand)
    record = np.repeat(np.arange(len(demand)), pieces)
    minute = chance.integers(0, MINUTES, len(record))
    order = np.argsort(minute, kind="stable")
    ends = np.searchsorted(minute[order], np.arange(1, MINUTES))
    return list(np.split(record[order], ends))


def _orders(
    chance: np.random.Generator, count: int, demand: Floats, town: Floats, size: Floats
) -> list[list[Order]]:
    """Bought as walk-ins buy; one in twenty is after one of twenty limited drops."""
    items = len(demand)
    share = demand / demand.sum()
    drops = chance.choice(items, 20, replace=False)
    at_town = chance.choice(len(size), count, p=size / size.sum())
    place = town[:, at_town] + chance.normal(0, 0.12, (2, count))
    minutes = np.sort(chance.integers(0, MINUTES, count))
    lines = chance.choice(4, count, p=LINES) + 1
    bought = chance.choice(items, int(lines.sum()), p=share)
    found: list[list[Order]] = [[] for _ in range(MINUTES)]
    ends = np.cumsum(lines)
    for number in range(count):
        chosen = bought[ends[number] - lines[number] : ends[number]].tolist()
        if chance.random() < 0.05:
            chosen[0] = int(chance.choice(drops))
        found[minutes[number]].append(
            Order(number, int(minutes[number]), float(place[0, number]), float(place[1, number]),
                  tuple(dict.fromkeys(chosen)))
        )  # fmt: skip
    return found
