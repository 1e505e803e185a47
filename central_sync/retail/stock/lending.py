"""Which pieces a store is asked to lend to the web: a rule over figures that central has.

Pure, whole numbers. Lent are goods of which a store has few, that are dear, or that everybody
wants at once (a drop); of them what walk-ins are not likely to ask for while a line is down.
The thing to get wrong: lending everything. What the web does not sell is left to the store,
and thick stock needs no pledge: its guarded figure is safe (order-routing, section 5).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from central_sync.retail.stock.available import Figure, poisson_quantile
from central_sync.retail.stock.pledge import Pledge, PledgeState

Place = tuple[str, str]
_ITEM_THOUSANDTHS = 1000


@dataclass(frozen=True, slots=True)
class LendingRule:
    """A chain's settings. `is_on` 0 chooses nothing; what was lent runs out by itself.

    `thin_upto` pieces on the shelf are few, `dear_from_minor` is a dear price, and an item sold
    to the web `dropped_from` times within a day is a drop. Only what was sold to the web
    `wanted_from` times in `wanted_days` is lent. `cover_days` of walk-in demand stay on the
    floor, with `certainty_basis_points`; of a drop half the shelf is lent at least.
    """

    is_on: int = 1
    thin_upto: int = 3
    dear_from_minor: int = 100_000
    dropped_from: int = 20
    wanted_from: int = 2
    wanted_days: int = 28
    cover_days: int = 1
    certainty_basis_points: int = 9000
    lease_days: int = 3
    most_per_store: int = 200
    most_items: int = 2_000


@dataclass(frozen=True, slots=True)
class Lendable:
    """One item in one store that is heard. `wanted`: how often the web bought it anywhere."""

    store_id: str
    sku: str
    figure: Figure
    price_minor: int
    wanted: int
    wanted_today: int = 0


@dataclass(frozen=True, slots=True)
class Chosen:
    """`reason`: thin, dear or dropped."""

    quantity: int
    reason: str


DEFAULT_RULE = LendingRule()


def choose(records: Iterable[Lendable], rule: LendingRule = DEFAULT_RULE) -> dict[Place, Chosen]:
    """What to lend, per store the most valuable first; by place."""
    worth: dict[str, list[tuple[int, str, Chosen]]] = {}
    for record in records:
        chosen = lend_of(record, rule)
        if chosen is not None:
            value = -chosen.quantity * record.price_minor * record.wanted
            worth.setdefault(record.store_id, []).append((value, record.sku, chosen))
    return {
        (store_id, sku): chosen
        for store_id, found in sorted(worth.items())
        for _, sku, chosen in sorted(found, key=lambda one: one[:2])[: rule.most_per_store]
    }


def lend_of(record: Lendable, rule: LendingRule = DEFAULT_RULE) -> Chosen | None:
    """How many pieces of one record, and why; None for none."""
    figure = record.figure
    reason = _reason(record, rule) if rule.is_on else ""
    if not reason:
        return None
    walk_ins = poisson_quantile(
        figure.demand_thousandths * rule.cover_days,
        _ITEM_THOUSANDTHS,
        rule.certainty_basis_points,
    )
    quantity = figure.on_hand - max(figure.minimum, walk_ins)
    if reason == "dropped":
        quantity = max(quantity, figure.on_hand // 2)
    # What is held for orders is the web's already.
    quantity = min(figure.on_hand, max(quantity, figure.reserved))
    return Chosen(quantity, reason) if quantity > 0 else None


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do about it: new offers by place, and pledges to be given back."""

    offers: Mapping[Place, Chosen]
    lifts: tuple[Place, ...]


def steps(
    chosen: Mapping[Place, Chosen],
    known: Iterable[Pledge],
    heard: Iterable[str],
    at: str,
    rule: LendingRule = DEFAULT_RULE,
) -> Steps:
    """Offer what is new, more than before, or half run out; lift what is chosen no more.

    Stores that are not `heard`, and what a person has set (`who`), are left alone.
    """
    offers, lifts, awake = dict(chosen), [], set(heard)
    for pledge in known:
        place = (pledge.store_id, pledge.sku)
        if pledge.state is PledgeState.ENDED:
            continue
        wish = offers.get(place)
        if pledge.who or pledge.store_id not in awake:
            offers.pop(place, None)
        elif wish is None:
            lifts.append(place)
        elif wish.quantity <= pledge.quantity and not _is_half_over(pledge, at, rule):
            del offers[place]
    return Steps(offers, tuple(sorted(lifts)))


def lease_until(at: str, rule: LendingRule = DEFAULT_RULE) -> str:
    """The end of a lease that begins now, ISO UTC."""
    return _shown(datetime.fromisoformat(at) + timedelta(days=rule.lease_days))


def _reason(record: Lendable, rule: LendingRule) -> str:
    if record.figure.on_hand <= 0 or record.wanted < rule.wanted_from:
        return ""
    if record.wanted_today >= rule.dropped_from:
        return "dropped"
    if record.price_minor >= rule.dear_from_minor:
        return "dear"
    return "thin" if record.figure.on_hand <= rule.thin_upto else ""


def _is_half_over(pledge: Pledge, at: str, rule: LendingRule) -> bool:
    half = datetime.fromisoformat(at) + timedelta(hours=12 * rule.lease_days)
    return pledge.lease_until < _shown(half)


def _shown(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
