"""What a chain has decided about orders: fees, times, promises; and the live routing policy.

One value each, changed as a whole by a command, the same for web shop and till. The thing
to get wrong: routing policies are versions that are never edited, a change is a new one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlalchemy import Connection, bindparam, insert, select

from central_sync.database import tables as t
from central_sync.database.trip import Reply, Trip
from central_sync.database.write import upsert
from central_sync.retail.orders import Parcel
from central_sync.retail.plain import Unreadable, from_plain, to_plain
from central_sync.routing import DEFAULT_POLICY, LEAST_BUSY_COMPLETE, NEAREST_COMPLETE, Policy
from central_sync.server.refused import invalid, not_found

BUILT_IN = {
    policy.version: policy for policy in (DEFAULT_POLICY, NEAREST_COMPLETE, LEAST_BUSY_COMPLETE)
}
_ORDERS, _ROUTING = "orders", "routing"
_SETTING = select(t.setting.c.body).where(t.setting.c.name == bindparam("setting"))


@dataclass(frozen=True, slots=True)
class OrderRules:
    """Times in seconds, minutes or days as named; fees in minor units, VAT included.

    `cut_off_minute` of the local day: what is ordered later is packed the next open day.
    `free_from_minor` 0: shipping is never free. `hold_days`: how long a collection waits.
    `store_cap`: parcels that a store gets in a day at most, 0 for no limit.
    `accept_seconds` and `seen_seconds` are open time in which a store answers, from the offer and
    from when somebody saw it; `collect_accept_seconds` is that of a store in which the goods lie
    and the customer collects them: any other would have to send them there first. By default it
    is twice what the customer is promised, and still before the cut-off for a morning's order.
    """

    quote_seconds: int = 600
    quote_most_seconds: int = 1_800
    quotes_per_till: int = 20
    quotes_per_key: int = 20_000
    accept_seconds: int = 300
    seen_seconds: int = 120
    collect_accept_seconds: int = 4 * 3_600
    cut_off_minute: int = 15 * 60
    transit_days: int = 2
    collect_minutes: int = 120
    hold_days: int = 7
    fee_name: str = "Frakt"
    fee_minor: int = 4_900
    free_from_minor: int = 50_000
    fee_tax_group: str = "standard"
    most_parcels: int = 4
    store_cap: int = 0

    def answered_within(self, parcel: Parcel) -> int:
        """Seconds of open time that the stores have which a parcel is offered to."""
        return self.collect_accept_seconds if parcel.is_collected_here else self.accept_seconds


def order_rules(connection: Connection) -> OrderRules:
    return _rules(_setting(connection, _ORDERS))


def ask_order_rules(trip: Trip) -> Reply:
    """The same in a trip; `read_order_rules` reads what it answers."""
    return trip.ask(_SETTING, setting=_ORDERS)


def read_order_rules(asked: Reply) -> OrderRules:
    return _rules(asked.rows[0].body if asked.rows else "")


@lru_cache(maxsize=16)
def _rules(body: str) -> OrderRules:
    return from_plain(OrderRules, json.loads(body)) if body else OrderRules()


def set_order_rules(
    connection: Connection, changes: dict[str, int | str], author: str, at: str
) -> OrderRules:
    """Change some of the rules; raises Refused 422 for one that is unknown or wrong."""
    known = to_plain(order_rules(connection))
    unknown = sorted(changes.keys() - known.keys())
    if unknown:
        raise invalid(f"there is no rule {unknown[0]}; rules are {', '.join(known)}")
    try:
        rules = from_plain(OrderRules, known | changes)
    except Unreadable as problem:
        raise invalid(str(problem)) from problem
    if any(isinstance(value, int) and value < 0 for value in to_plain(rules).values()):
        raise invalid("no rule may be below zero")
    _set(connection, _ORDERS, json.dumps(to_plain(rules)), author, at)
    return rules


def policies(connection: Connection) -> dict[str, Policy]:
    """Every policy by version, those that come with the program first."""
    rows = connection.execute(
        select(t.routing_policy.c.version, t.routing_policy.c.body).order_by(
            t.routing_policy.c.made_at
        )
    )
    return BUILT_IN | {version: from_plain(Policy, json.loads(body)) for version, body in rows}


def live_policy(connection: Connection) -> Policy:
    version = _setting(connection, _ROUTING) or DEFAULT_POLICY.version
    return policy_of(connection, version)


def policy_of(connection: Connection, version: str) -> Policy:
    """Raises Refused 404."""
    if version in BUILT_IN:
        return BUILT_IN[version]
    body = connection.execute(
        select(t.routing_policy.c.body).where(t.routing_policy.c.version == version)
    ).scalar()
    if body is None:
        raise not_found(f"there is no routing policy {version}")
    return from_plain(Policy, json.loads(body))


def read_policy(plain: object, version: str = "") -> Policy:
    """A policy from its plain form; what is left out is as in the default. Raises Refused 422."""
    if not isinstance(plain, dict):
        raise invalid("a policy is an object of names and numbers")
    base = to_plain(DEFAULT_POLICY)
    unknown = sorted(plain.keys() - base.keys())
    if unknown:
        raise invalid(f"a policy has no {unknown[0]}; it has {', '.join(base)}")
    hard = plain.get("hard", {})
    if not isinstance(hard, dict):
        raise invalid("hard is an object of names and numbers")
    try:
        policy = from_plain(Policy, base | plain | {"hard": base["hard"] | hard})
    except Unreadable as problem:
        raise invalid(str(problem)) from problem
    return replace(policy, version=version) if version else policy


def add_policy(connection: Connection, policy: Policy, author: str, at: str) -> None:
    """Keep a new version; raises Refused 422 when the version is taken by another."""
    known = policies(connection).get(policy.version)
    if known == policy:
        return
    if known is not None:
        raise invalid(f"policy {policy.version} is another already; choose a new version")
    body = json.dumps(to_plain(policy))
    connection.execute(
        insert(t.routing_policy).values(
            version=policy.version, body=body, author=author, made_at=at
        )
    )


def set_live_policy(connection: Connection, version: str, author: str, at: str) -> Policy:
    """Route by this version from now on; raises Refused 404."""
    policy = policy_of(connection, version)
    _set(connection, _ROUTING, version, author, at)
    return policy


def _setting(connection: Connection, name: str) -> str:
    found = connection.execute(_SETTING, {"setting": name}).scalar()
    return found or ""


def _set(connection: Connection, name: str, body: str, author: str, at: str) -> None:
    upsert(connection, t.setting, [{"name": name, "body": body, "author": author, "at": at}])
