"""Stores, stock and load in memory: what the router looks at, fed by the ledgers.

Disposable: it can be thrown away and built again from the database, whose conditional
update stays the guard. The thing to get wrong: an assignment counts from the moment it is
made (`assign`), or every order of the same minute goes to the same idle store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from central_sync.routing.asking import ONE, Ask, Demand, Dropped, Inputs, Ints, Moment, Plan
from central_sync.routing.demand import demands_of
from central_sync.routing.likely import guards
from central_sync.routing.policy import Policy
from central_sync.routing.pulse import DECAY_SECONDS, SLOTS, Pulse, slot
from central_sync.routing.shelves import Shelf, Shelves

Floats = NDArray[np.float64]
_EARTH_METRES = 6_371_000.0
_NEVER_OPEN = 8 * 24 * 60
_CROWD_CAP = 1.5
_LOAD_MINUTES = 30
# What was given out fades within about half a minute. It is a burst in full from so much work of
# each on the average, in half hours, and so many seconds in all: some fifty parcels.
_BURST_SECONDS = 30
_BURST_LEAST = 0.2
_BURST_WHOLE = 18_000


@dataclass(frozen=True, slots=True)
class Site:
    """A store or warehouse as routing knows it.

    `opening` per weekday from Monday: (opens, closes) in minutes from local midnight,
    (0, 0) when closed. `profile` is the usual busyness per quarter hour of the week.
    """

    store_id: str
    latitude: float
    longitude: float
    opening: tuple[tuple[int, int], ...] = ((600, 1140),) * 7
    can_ship: bool = True
    daily_cap: int = 0
    ship_minor: int = 5_500
    profile: tuple[float, ...] = ()


class Image(Shelves):
    """What is believed now. Not for two threads at once; a process has its own."""

    def __init__(self, sites: Sequence[Site], horizon_days: float = 7.0) -> None:
        super().__init__([site.store_id for site in sites], horizon_days)
        count = len(sites)
        self._latitude = np.radians(np.array([site.latitude for site in sites]))
        self._longitude = np.radians(np.array([site.longitude for site in sites]))
        self._cosine = np.cos(self._latitude)
        self._opening = np.array([site.opening for site in sites], dtype=np.int64)
        self._ships = np.array([site.can_ship for site in sites], dtype=bool)
        self._cap = np.array([site.daily_cap or 1 << 30 for site in sites], dtype=np.int64)
        self._ship_minor = np.array([site.ship_minor for site in sites], dtype=np.int64)
        self._profile = np.array([site.profile or (0.5,) * SLOTS for site in sites])
        self._work = np.zeros(count)
        self._staff = np.ones(count)
        self._staff_units = np.full(count, ONE, dtype=np.int64)
        self._heard = np.full(count, -1e12)
        self._names = np.array(self.stores, dtype=object)
        self._waits: tuple[tuple[int, int], Ints] = ((-1, -1), np.zeros(count, dtype=np.int64))
        self.queue_seconds = np.zeros(count, dtype=np.int64)
        self._given_seconds = np.zeros(count)
        self._given_at = 0
        self._parcels_today = np.zeros(count, dtype=np.int64)
        self._cool_until = np.zeros(count, dtype=np.int64)
        self._last_chosen = np.zeros(count, dtype=np.int64)
        self._chosen = 0
        self._mark = np.zeros(count, dtype=bool)
        self._position = np.zeros(count, dtype=np.int64)

    def hear(self, store_id: str, pulse: Pulse) -> None:
        """A store's word: its pulse, and with it that the store is alive."""
        at = self.number[store_id]
        self._work[at], self._heard[at] = pulse.work, pulse.heard_at
        self._staff[at] = pulse.staff
        self._staff_units[at] = pulse.staff * ONE

    def hear_all(self, work: Floats, staff: Floats, heard_at: Floats) -> None:
        """The words of all stores at once, in their order."""
        self._work[:], self._staff[:], self._heard[:] = work, staff, heard_at
        self._staff_units[:] = staff * ONE

    def cool_down(self, store_id: str, until_seconds: int) -> None:
        self._cool_until[self.number[store_id]] = until_seconds

    def new_day(self) -> None:
        self._parcels_today[:] = 0

    def sent_today(self, store_id: str, parcels: int) -> None:
        """How many parcels a store has had today, as the database has it."""
        self._parcels_today[self.number[store_id]] = parcels

    def queue(self, store_id: str, seconds: int) -> None:
        """Pick work that waits in a store, offers included, as the database has it."""
        self.queue_seconds[self.number[store_id]] = seconds

    def assign(self, plan: Plan) -> None:
        """Count a plan from now on: stock held, work waiting, whose turn it was."""
        for parcel in plan.parcels:
            at = self.number[parcel.store_id]
            self._chosen += 1
            self._last_chosen[at] = self._chosen
            self._parcels_today[at] += 1
            self._given_seconds[at] += parcel.job_seconds
        self.put_down(plan)

    def unassign(self, plan: Plan) -> None:
        """Undo a plan that was not committed or was turned down."""
        for parcel in plan.parcels:
            at = self.number[parcel.store_id]
            self._parcels_today[at] -= 1
            self._given_seconds[at] = max(0.0, self._given_seconds[at] - parcel.job_seconds)
        self.lift(plan)

    def put_down(self, plan: Plan) -> None:
        """The holds and the work of a plan."""
        self._weigh(plan, 1)

    def lift(self, plan: Plan) -> None:
        """The same taken off again."""
        self._weigh(plan, -1)

    def _weigh(self, plan: Plan, sign: int) -> None:
        for parcel in plan.parcels:
            at = self.number[parcel.store_id]
            work = int(self.queue_seconds[at]) + sign * parcel.job_seconds
            self.queue_seconds[at] = max(0, work)
            for _, sku, pieces in parcel.lines:
                self.hold(at, sku, sign * pieces)

    def look(self, ask: Ask, policy: Policy, moment: Moment) -> Inputs:
        """Everything that a decision on this order may depend on, and nothing else."""
        demands = demands_of(ask.wanted)
        shelves = [self.shelves.get(demand.sku) for demand in demands]
        stores = self._holders(shelves)
        self._position[stores] = np.arange(len(stores))
        free, missed_bp, nil_bp = self._stock(demands, shelves, stores, moment, policy)
        self._pass_over(ask, demands, stores, free)
        metres = self._metres(ask, stores)
        opens = self._opens_seconds(stores, moment)
        silent = np.minimum(moment.seconds - self._heard[stores], 1e9).astype(np.int64)
        inputs = Inputs(
            at=moment.seconds,
            demands=demands,
            stores=tuple(self._names[stores]),
            metres=metres,
            load=self._load(stores, moment),
            staff=self._staff_units[stores],
            queue_seconds=self.queue_seconds[stores],
            opens_seconds=opens,
            ship_minor=self._ship_minor[stores],
            silent_seconds=silent,
            last_chosen=self._last_chosen[stores],
            dropped=self._dropped(ask, policy, moment, stores, metres, opens),
            free=free,
            missed_bp=missed_bp,
            nil_bp=nil_bp,
            crowd=self._crowd(),
            burst=self._burst(stores, moment),
            deadline_seconds=ask.deadline_minutes * 60,
            most_parcels=ask.most_parcels or policy.hard.most_parcels,
        )
        return inputs

    def _holders(self, shelves: Sequence[Shelf | None]) -> Ints:
        """Numbers of the stores that have anything of these items."""
        mark = self._mark
        for shelf in shelves:
            if shelf is not None:
                mark[shelf.store[shelf.on_hand > shelf.reserved]] = True
        found = np.flatnonzero(mark)
        mark[found] = False
        return found

    def _stock(
        self,
        demands: Sequence[Demand],
        shelves: Sequence[Shelf | None],
        stores: Ints,
        moment: Moment,
        policy: Policy,
    ) -> tuple[Ints, Ints, Ints]:
        shape = (len(demands), len(stores))
        free, missed_bp, nil_bp = (np.zeros(shape, dtype=np.int64) for _ in range(3))
        fresh_seconds = 2 * policy.hard.heartbeat_seconds
        for row, (demand, shelf) in enumerate(zip(demands, shelves, strict=True)):
            if shelf is None:
                continue
            left = shelf.on_hand - shelf.reserved
            has = np.flatnonzero(left > 0)
            numbers = shelf.store[has]
            at = self._position[numbers]
            age = moment.seconds - self._heard[numbers]
            promised = left[has] - shelf.minimum[has]
            if (age > fresh_seconds).any():
                promised = promised - guards(shelf.demand[has], age, fresh_seconds)
            free[row, at] = np.maximum(0, promised)
            for number, lent in self.lent.get(demand.sku, {}).items():
                held = shelf.at(number)
                if held is not None and left[held] > 0:
                    place = (row, self._position[number])
                    there, reserved = int(left[held]), int(shelf.reserved[held])
                    free[place] = lent.free(int(free[place]), there, reserved, moment.seconds)
            missed_bp[row, at] = self.missed_of(shelf, has, demand.quantity)
            nil_bp[row, at] = shelf.nil_bp[has]
        return free, missed_bp, nil_bp

    def _pass_over(self, ask: Ask, demands: Sequence[Demand], stores: Ints, free: Ints) -> None:
        """What a store said no to, or did not find, it is not asked for again."""
        for line, store_id in ask.passed_over:
            column = np.flatnonzero(stores == self.number.get(store_id, -1))
            for row, demand in enumerate(demands):
                if any(number == line for number, _ in demand.lines):
                    free[row, column] = 0

    def _metres(self, ask: Ask, stores: Ints) -> Ints:
        """Great-circle distance (haversine)."""
        latitude, longitude = np.radians(ask.latitude), np.radians(ask.longitude)
        up = np.sin((self._latitude[stores] - latitude) / 2)
        across = np.sin((self._longitude[stores] - longitude) / 2)
        part = up * up + np.cos(latitude) * self._cosine[stores] * across * across
        found: Ints = (2 * _EARTH_METRES * np.arcsin(np.sqrt(part))).astype(np.int64)
        return found

    def _load(self, stores: Ints, moment: Moment) -> Ints:
        """Busyness blended by the age of the last word, and own work waiting, in 1/1024."""
        age = np.maximum(0.0, moment.seconds - self._heard[stores])
        trust = np.exp(-age / DECAY_SECONDS)
        usual = self._profile[stores, slot(moment.weekday, moment.minute)]
        staff = self._staff[stores]
        load = trust * self._work[stores] / staff + (1 - trust) * usual
        load += self.queue_seconds[stores] / (60 * _LOAD_MINUTES * staff)
        found: Ints = (load * ONE).astype(np.int64)
        return found

    def _burst(self, stores: Ints, moment: Moment) -> Ints:
        """What was given out a moment ago, as a multiple of the chain's mean, in 1/1024."""
        passed = moment.seconds - self._given_at
        if passed > 0:
            self._given_seconds *= np.exp(-passed / _BURST_SECONDS)
            self._given_at = moment.seconds
        given = self._given_seconds / (60 * _LOAD_MINUTES * self._staff)
        share = min(1.0, float(self._given_seconds.sum()) / _BURST_WHOLE)
        times = share / max(_BURST_LEAST, float(given.mean()))
        found: Ints = (given[stores] * (ONE * times)).astype(np.int64)
        return found

    def _crowd(self) -> int:
        queues = self.queue_seconds / (60 * _LOAD_MINUTES * self._staff)
        return int(np.minimum(queues, _CROWD_CAP).mean() * ONE)

    def _opens_seconds(self, stores: Ints, moment: Moment) -> Ints:
        """0 for a store that is open; else the seconds until it opens, within a week."""
        when = (moment.weekday, moment.minute)
        if self._waits[0] != when:
            self._waits = (when, self._all_waits(moment))
        found: Ints = self._waits[1][stores]
        return found

    def _all_waits(self, moment: Moment) -> Ints:
        hours = self._opening[:, moment.weekday]
        is_open = (hours[:, 0] <= moment.minute) & (moment.minute < hours[:, 1])
        waits = np.zeros(len(is_open), dtype=np.int64)
        for at in np.flatnonzero(~is_open).tolist():
            waits[at] = 60 * _minutes_to_open(self._opening[at], moment)
        return waits

    def _dropped(
        self, ask: Ask, policy: Policy, moment: Moment, stores: Ints, metres: Ints, opens: Ints
    ) -> Ints:
        """The hard rules; a store that breaks several is told by the last of them."""
        dropped = np.zeros(len(stores), dtype=np.int64)
        dropped[opens > ask.deadline_minutes * 60] = Dropped.CLOSED
        dropped[~self._ships[stores]] = Dropped.CANNOT_SHIP
        if policy.hard.most_km:
            dropped[metres > policy.hard.most_km * 1000] = Dropped.TOO_FAR
        dropped[self._parcels_today[stores] >= self._cap[stores]] = Dropped.DAY_FULL
        dropped[self._cool_until[stores] > moment.seconds] = Dropped.COOLING_DOWN
        for store_id in ask.not_from:
            at = self.number.get(store_id)
            if at is not None:
                dropped[stores == at] = Dropped.LEFT_OUT
        return dropped


def _minutes_to_open(opening: Ints, moment: Moment) -> int:
    for ahead in range(8):
        opens, closes = opening[(moment.weekday + ahead) % 7].tolist()
        wait = ahead * 24 * 60 + opens - moment.minute
        if closes > opens and wait >= 0:
            return int(wait)
    return _NEVER_OPEN
