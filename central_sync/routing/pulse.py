"""How busy a store is now, read off what its tills send: counts per store, never per person.

Minutes of work per minute, decayed over ten minutes, by the staff that is signed on; as
word of it ages it gives way to what this store is usually like at this hour. The thing to
get wrong: silence. A store that sends "nothing happened" is idle; one that sends nothing
is unknown, and its last figure fades into its profile, never into zero.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

DECAY_SECONDS = 600
QUARTERS = 96
SLOTS = 7 * QUARTERS


@dataclass(frozen=True, slots=True)
class StoreEvents:
    """What one store did since its last word. Lines and documents, no names."""

    receipts: int = 0
    returns: int = 0
    inbound_lines: int = 0
    orders_made: int = 0
    invoices_checked: int = 0


@dataclass(frozen=True, slots=True)
class MinutesPerEvent:
    """Fitted per store from its own days; these are where it starts (order-routing section 6)."""

    receipt: float = 2.2
    a_return: float = 3.0
    inbound_line: float = 0.7
    order_made: float = 4.0
    invoice_checked: float = 3.0

    def work(self, events: StoreEvents) -> float:
        """Minutes of one person's work."""
        return (
            self.receipt * events.receipts
            + self.a_return * events.returns
            + self.inbound_line * events.inbound_lines
            + self.order_made * events.orders_made
            + self.invoice_checked * events.invoices_checked
        )


@dataclass(frozen=True, slots=True)
class Pulse:
    """`work` is persons kept busy, as of `heard_at` (seconds); `staff` who could do it."""

    work: float = 0.0
    heard_at: float = -math.inf
    staff: int = 1


USUAL_MINUTES = MinutesPerEvent()


def heard(
    pulse: Pulse,
    events: StoreEvents,
    staff: int,
    at: float,
    minutes: MinutesPerEvent = USUAL_MINUTES,
) -> Pulse:
    """The pulse after a store's word at `at`; a word that came late moves no clock back."""
    if at < pulse.heard_at:
        return pulse
    faded = pulse.work * fading(at - pulse.heard_at)
    added = minutes.work(events) * 60 / DECAY_SECONDS
    return Pulse(faded + added, at, max(1, staff))


def fading(age_seconds: float) -> float:
    """How much a figure of this age still says: 1 now, 37 % after ten minutes."""
    return math.exp(-max(0.0, age_seconds) / DECAY_SECONDS)


def busyness(pulse: Pulse, usual: float, at: float) -> float:
    """Share of the staff's time that is taken, blended by age with what is usual."""
    trust = fading(at - pulse.heard_at)
    return trust * pulse.work / pulse.staff + (1 - trust) * usual


def slot(weekday: int, minute: int) -> int:
    """Which quarter hour of the week; Monday is 0, `minute` counts from local midnight."""
    return weekday * QUARTERS + minute // 15


def with_observation(profile: Sequence[float], at_slot: int, seen: float) -> tuple[float, ...]:
    """A profile that learns: an eighth of each new week's figure."""
    learnt = list(profile)
    learnt[at_slot] += (seen - learnt[at_slot]) / 8
    return tuple(learnt)


def staff_on_hand(open_tills: int, devices: int, work_of_28_days: Sequence[float]) -> int:
    """People that could pick: signed on tills and devices; unknown, as many as a busy day needs.

    The 95th percentile of four weeks' work stands in when nobody is signed on; at least one.
    """
    if open_tills + devices:
        return open_tills + devices
    ordered = sorted(work_of_28_days)
    usual = ordered[len(ordered) * 95 // 100] if ordered else 1.0
    return max(1, math.ceil(usual))
