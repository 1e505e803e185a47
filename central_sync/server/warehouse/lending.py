"""Asks stores to lend what the rule chooses, from figures that central has; hourly work.

The thing to get wrong: asking a store that is not heard. It cannot agree, and what it agreed
to is left as it is until its lease ends.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from central_sync.database import tables as t
from central_sync.database.open import Database
from central_sync.database.write import chunks, upsert
from central_sync.retail.plain import Unreadable, from_plain, to_plain
from central_sync.retail.stock.available import DEFAULT_RULE as FRESH
from central_sync.retail.stock.lending import (
    Lendable,
    LendingRule,
    choose,
    lease_until,
    steps,
)
from central_sync.server.refused import Refused, invalid
from central_sync.server.timestamps import iso
from central_sync.server.warehouse import pledges, rights
from central_sync.server.warehouse.figures import age_seconds, figures_of_items, heard_at

_SETTING = "lending"
_ITEMS_AT_ONCE = 200
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Asked:
    offered: int
    lifted: int


def lending_rule(connection: Connection) -> LendingRule:
    setting = t.setting.c
    body = connection.execute(select(setting.body).where(setting.name == _SETTING)).scalar()
    return from_plain(LendingRule, json.loads(body)) if body else LendingRule()


def set_lending_rule(
    connection: Connection, wishes: Mapping[str, int | str], author: str, at: str
) -> LendingRule:
    """Change some of the settings; raises Refused 422 for one that is unknown or wrong."""
    known = to_plain(lending_rule(connection))
    unknown = sorted(wishes.keys() - known.keys())
    if unknown:
        raise invalid(f"there is no setting {unknown[0]}; settings are {', '.join(known)}")
    try:
        rule = from_plain(LendingRule, known | dict(wishes))
    except Unreadable as problem:
        raise invalid(str(problem)) from problem
    if any(value < 0 for value in to_plain(rule).values()):
        raise invalid("no setting may be below zero")
    if not 0 < rule.certainty_basis_points < 10_000 or rule.lease_days < 1:
        raise invalid("certainty_basis_points is 1 to 9999, and a lease is a day or more")
    row = {"name": _SETTING, "body": json.dumps(to_plain(rule)), "author": author, "at": at}
    upsert(connection, t.setting, [row])
    return rule


def lend(database: Database, at: str) -> Asked:
    """End what ran out, count late yeses, and ask stores by the rule; a transaction each."""
    with database.atomic() as connection:
        pledges.end_leases(connection, at)
    with database.atomic() as connection:
        pledges.settle_waiting(connection, at)
    with database.reading() as connection:
        rule = lending_rule(connection)
        awake = _awake(connection, at)
        records = list(_lendable(connection, awake, rule, at)) if rule.is_on else []
        known = pledges.listed(connection) if rule.is_on else []
    todo = steps(choose(records, rule), known, awake, at, rule)
    offered = sum(_offer(database, *place, one.quantity, one.reason, rule, at)
                  for place, one in todo.offers.items())  # fmt: skip
    with database.atomic() as connection:
        lifted = pledges.lift(connection, todo.lifts, at, reason="not chosen any more")
    return Asked(offered, lifted)


def _offer(
    database: Database,
    store_id: str,
    sku: str,
    quantity: int,
    reason: str,
    rule: LendingRule,
    at: str,
) -> bool:
    """One store's one item; what has sold meanwhile is looked at the next time."""
    until = lease_until(at, rule)
    try:
        with database.atomic() as connection:
            pledges.offer(connection, store_id, sku, quantity, until, at, reason=reason)
    except Refused as refused:
        _log.info("%s is not asked to lend %s: %s", store_id, sku, refused.detail)
        return False
    return True


def _awake(connection: Connection, at: str) -> set[str]:
    """Stores with tills of which one was heard just now."""
    return {
        store_id
        for store_id, last in heard_at(connection).items()
        if last and age_seconds("store", last, at) <= FRESH.fresh_seconds
    }


def _lendable(
    connection: Connection, awake: set[str], rule: LendingRule, at: str
) -> Iterator[Lendable]:
    wanted = _sold_to_the_web(connection, _before(at, rule.wanted_days))
    today = _sold_to_the_web(connection, _before(at, 1))
    most = sorted(wanted, key=lambda sku: (-wanted[sku], sku))[: rule.most_items]
    for skus in chunks(most, _ITEMS_AT_ONCE):
        prices = _prices(connection, skus)
        for sku, figures in figures_of_items(connection, sorted(prices), at).items():
            for store_id in sorted(awake & figures.keys()):
                yield Lendable(
                    *(store_id, sku, figures[store_id], prices[sku]),
                    *(wanted[sku], today.get(sku, 0)),
                )


def _sold_to_the_web(connection: Connection, since: str) -> dict[str, int]:
    """How often each item was held for an order since, by a reservation's id, which is its time."""
    row = t.reservation.c
    first = rights.new_id(since)[:13]
    rows = connection.execute(
        select(row.sku, func.count().label("times"))
        .where(row.reservation_id >= first, row.state.in_(("hard", "picked")))
        .group_by(row.sku)
    )
    return {one.sku: one.times for one in rows}


def _prices(connection: Connection, skus: Sequence[str]) -> dict[str, int]:
    """Of goods that go by the piece and may be sold."""
    item, price = t.item.c, t.price.c
    rows = connection.execute(
        select(item.sku, price.price_minor)
        .join(t.price, price.sku == item.sku)
        .where(
            item.sku.in_(skus),
            item.kind == "goods",
            item.sold_by == "piece",
            item.is_blocked == 0,
        )
    )
    return {one.sku: one.price_minor for one in rows}


def _before(at: str, days: int) -> str:
    return iso(datetime.fromisoformat(at) - timedelta(days=days))
