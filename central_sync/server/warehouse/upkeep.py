"""The warehouse's timed work: profiles and pledges each quarter hour, demand and forgetting daily.

Called often by whoever does central's timed work; it knows by itself what is due. The thing
to get wrong: doing it all in one transaction, which would hold up every till.
"""

from __future__ import annotations

from central_sync.database.open import Database
from central_sync.server.timestamps import Clock, iso
from central_sync.server.warehouse.demand import learn_demand
from central_sync.server.warehouse.lending import lend
from central_sync.server.warehouse.pulse import learn_profiles, prune


class Upkeep:
    """Keeps what was done last; a restart does the day's work once more, which is harmless."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now
        self._quarter = self._day = ""

    def run(self) -> int:
        """Do what is due; returns how many jobs that were."""
        at = iso(self._now())
        day, quarter = at[:10], f"{at[:13]}:{int(at[14:16]) // 15}"
        done = 0
        if quarter != self._quarter:
            with self._database.atomic() as connection:
                learn_profiles(connection, at)
            lend(self._database, at)
            self._quarter, done = quarter, done + 2
        if day != self._day:
            for job in (learn_demand, prune):
                with self._database.atomic() as connection:
                    job(connection, at)
            self._day, done = day, done + 2
        return done
