"""By when it comes: opening hours, cut-off and transit as one moment that can be kept.

Pure but for its arguments. All arithmetic is in the chain's local time, every answer ISO
UTC. The thing to get wrong: counting a store's night or a Sunday as time in which somebody
could have packed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from central_sync.retail.opening_hours import USUAL_WEEK, Week, is_open
from central_sync.server.orders.rules import OrderRules
from central_sync.server.timestamps import iso

_MOST_DAYS = 60
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Calendar:
    """`week` is the store's own; `zone` the chain's."""

    zone: ZoneInfo
    week: Week = USUAL_WEEK

    def local(self, at: str) -> datetime:
        return datetime.fromisoformat(at).astimezone(self.zone)

    def is_open(self, at: str) -> bool:
        return is_open(self.week, self.local(at))

    def after_open_seconds(self, at: str, seconds: int) -> str:
        """The moment when the store has been open for so long, from `at` on."""
        now, left = self.local(at), timedelta(seconds=seconds)
        for opens, closes in self._days(now):
            begins = max(now, opens)
            if begins + left <= closes:
                return iso(begins + left)
            left -= max(timedelta(0), closes - begins)
        return iso(now + timedelta(days=_MOST_DAYS))

    def open_for(self, at: str) -> timedelta:
        """For how long it has been open today at `at`; zero when it is closed."""
        now = self.local(at)
        opens, closes = next(self._days(now), (now, now))
        return now - opens if opens <= now < closes else timedelta(0)

    def _days(self, now: datetime):  # type: ignore[no-untyped-def]
        for ahead in range(_MOST_DAYS):
            day = now.date() + timedelta(days=ahead)
            opens, closes = self.week[day.weekday()]
            if closes > opens:
                midnight = datetime.combine(day, time(), self.zone)
                yield midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)


def shipped_by(calendar: Calendar, rules: OrderRules, at: str) -> str:
    """End of the day on which a parcel packed by this store is at the customer's door."""
    return _end_of(_delivered(calendar, _packed_on(calendar, rules, at), rules.transit_days))


def collected_by(calendar: Calendar, rules: OrderRules, at: str) -> str:
    """When goods of the collecting store itself are on its shelf."""
    return calendar.after_open_seconds(at, rules.collect_minutes * 60)


def arrived_by(sender: Calendar, receiver: Calendar, rules: OrderRules, at: str) -> str:
    """When goods of another store can be collected: after transit, when the store is open."""
    day = _delivered(sender, _packed_on(sender, rules, at), rules.transit_days)
    return receiver.after_open_seconds(iso(day), rules.collect_minutes * 60)


def held_until(calendar: Calendar, rules: OrderRules, at: str) -> str:
    """How long a parcel waits to be collected: to the end of a day."""
    return _end_of(calendar.local(at) + timedelta(days=rules.hold_days))


def deadline_minutes(calendar: Calendar, rules: OrderRules, at: str) -> int:
    """Minutes until the day's cut-off, or the next day's when it has passed."""
    now = calendar.local(at)
    minute = now.hour * 60 + now.minute
    ahead = rules.cut_off_minute - minute
    return ahead if ahead > 0 else ahead + 24 * 60


def _packed_on(calendar: Calendar, rules: OrderRules, at: str) -> datetime:
    """The day on which the store packs it, at midnight."""
    now = calendar.local(at)
    minute = now.hour * 60 + now.minute
    today = datetime.combine(now.date(), time(), calendar.zone)
    for ahead in range(_MOST_DAYS):
        day = today + timedelta(days=ahead)
        opens, closes = calendar.week[day.weekday()]
        in_time = ahead or minute < min(rules.cut_off_minute, closes)
        if closes > opens and in_time:
            return day
    return today


def _delivered(calendar: Calendar, packed: datetime, transit_days: int) -> datetime:
    """Carriers work from Monday to Friday."""
    day, left = packed, transit_days
    while left > 0:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY
    return day


def _end_of(day: datetime) -> str:
    return iso(day.replace(hour=23, minute=59, second=59, microsecond=0))
