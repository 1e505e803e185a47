"""The warehouse's timed work: profiles and pledges each quarter hour, demand and forgetting daily.

Called often by whoever does central's timed work; it knows by itself what is due. The thing
to get wrong: doing it all in one transaction, which would hold up every till; or letting a job
that fails keep the others waiting, or come again at once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from central_sync.database.open import Database
from central_sync.server.timestamps import Clock, iso
from central_sync.server.warehouse.demand import learn_demand
from central_sync.server.warehouse.lending import lend
from central_sync.server.warehouse.pulse import learn_profiles, prune

# A job that failed is tried again after so long.
PAUSE_SECONDS = 300
Do = Callable[[Database, str], object]
_log = logging.getLogger(__name__)


class Upkeep:
    """Keeps what was done last; a restart does the day's work once more, which is harmless."""

    def __init__(self, database: Database, now: Clock) -> None:
        self._database, self._now = database, now
        self._jobs = [
            _Job("learning how busy stores are", _in_one(learn_profiles), _quarter),
            _Job("asking stores to lend", lend, _quarter),
            _Job("learning demand", _in_one(learn_demand), _day),
            _Job("forgetting old minutes", _in_one(prune), _day),
        ]

    def run(self) -> int:
        """Do what is due; returns how many jobs were done.

        What a job raises comes out, with the job's name in the log; it rests, and the next call
        does the others.
        """
        at = iso(self._now())
        return sum(self._done(job, at) for job in self._jobs if job.is_due(at))

    def _done(self, job: _Job, at: str) -> bool:
        job.rests_until = iso(self._now() + timedelta(seconds=PAUSE_SECONDS))
        with ExitStack() as on_failure:
            on_failure.callback(
                _log.error, "%s failed; it is tried again after %s", job.name, job.rests_until
            )
            job.do(self._database, at)
            on_failure.pop_all()
        job.did, job.rests_until = job.period(at), ""
        return True


@dataclass(slots=True)
class _Job:
    """Once in each period. `rests_until` is set while it is tried, and stays when it fails."""

    name: str
    do: Do
    period: Callable[[str], str]
    did: str = ""
    rests_until: str = ""

    def is_due(self, at: str) -> bool:
        return self.did != self.period(at) and at >= self.rests_until


def _in_one(work: Callable[[Connection, str], object]) -> Do:
    """As one transaction."""

    def do(database: Database, at: str) -> None:
        with database.atomic() as connection:
            work(connection, at)

    return do


def _quarter(at: str) -> str:
    return f"{at[:13]}:{int(at[14:16]) // 15}"


def _day(at: str) -> str:
    return at[:10]
