"""What central forgets, and when: answers, ended quotes, sent messages, closed tasks, addresses.

Facts (journals, receipts, orders, ledgers, decisions) are never touched. The thing to get
wrong: one transaction over all of it, which would hold up every till. Each step takes a few
thousand rows at most, and what is left is taken the next time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, select, tuple_, update

from central_sync.database import tables as t
from central_sync.server import feed, people
from central_sync.server.orders import following, quoting
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.timing import later

DAY_SECONDS = 86_400
AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class Retention:
    """Days after which things are forgotten. An idempotency key's answer is kept for one.

    A parcel's sealed labels are kept as what never went out (`message_dead`); an order's
    address until nobody may complain any more (konsumentköplagen 2022:260: three years).
    """

    quote: int = 30
    message_sent: int = 30
    message_dead: int = 90
    word_done: int = 30
    word_refused: int = 365
    task_closed: int = 14
    order_closed: int = 90
    note: int = 60
    feed: int = 45
    boot: int = 90
    address: int = 3 * 366


def tidy(room: OrderRoom, keeps: Retention = Retention()) -> dict[str, int]:
    """Forget what is due; how much of each was. Every step is a transaction of its own."""
    at = room.timestamp()
    following.forget_old_answers(room)
    done = {"holds": quoting.end_expired(room, at)}
    for name, step in _STEPS.items():
        with room.database.atomic() as connection:
            done[name] = step(connection, keeps, at)
    done["feed_rows"] = _feed_rows(room, keeps, at)
    return done


def _feed_rows(room: OrderRoom, keeps: Retention, at: str) -> int:
    """Rows of the feed older than the oldest cursor that is followed; who is older gets a file."""
    before = _before(at, keeps.feed)
    with room.database.reading() as connection:
        is_old = (
            select(t.feed.c.at)
            .where(t.feed.c.scope == t.feed_scope.c.scope, t.feed.c.at < before)
            .exists()
        )
        scopes = list(connection.execute(select(t.feed_scope.c.scope).where(is_old)).scalars())
    gone = 0
    for scope in scopes:
        with room.database.atomic() as connection:
            gone += feed.trim(connection, scope, before, 0, AT_ONCE)
    return gone


def _quotes(connection: Connection, keeps: Retention, at: str) -> int:
    row = t.quote.c
    before = _before(at, keeps.quote)
    return _delete(connection, t.quote, row.quote_id, (row.state != "open", row.ends_at < before))


def _messages(connection: Connection, keeps: Retention, at: str) -> int:
    row = t.outgoing.c
    is_short = (row.state == "sent") & (row.kind != "label")
    short = is_short & (row.made_at < _before(at, keeps.message_sent))
    # A packed parcel may wait long for its carrier: its label is kept as what never went out.
    long = (row.state != "waiting") & (row.made_at < _before(at, keeps.message_dead))
    return _delete(connection, t.outgoing, row.outgoing_id, (short | long,))


def _words(connection: Connection, keeps: Retention, at: str) -> int:
    row = t.order_inbox.c
    done = (row.state == "done") & (row.at < _before(at, keeps.word_done))
    refused = (row.state == "refused") & (row.at < _before(at, keeps.word_refused))
    return _delete(connection, t.order_inbox, row.inbox_id, (done | refused,))


def _notes(connection: Connection, keeps: Retention, at: str) -> int:
    row = t.note.c
    return _delete(connection, t.note, row.note_id, (row.received_at < _before(at, keeps.note),))


def _boots(connection: Connection, keeps: Retention, at: str) -> int:
    """Starts of computers long ago, but those that a fork names; a till starts every morning."""
    row, fork = t.workstation_boot.c, t.fork.c
    is_named = (
        select(fork.fork_id)
        .where(fork.workstation_id == row.workstation_id)
        .where((fork.boot_id == row.boot_id) | (fork.other_boot_id == row.boot_id))
        .exists()
    )
    found = connection.execute(
        select(row.workstation_id, row.boot_id)
        .where(row.last_seen_at < _before(at, keeps.boot), ~is_named)
        .limit(AT_ONCE)
    ).all()
    _each([tuple(one) for one in found], lambda part: connection.execute(
        delete(t.workstation_boot).where(tuple_(row.workstation_id, row.boot_id).in_(part))
    ))  # fmt: skip
    return len(found)


def _tasks(connection: Connection, keeps: Retention, at: str) -> int:
    return _off_the_tills(connection, t.store_task, "task", "task_id", at, keeps.task_closed)


def _orders(connection: Connection, keeps: Retention, at: str) -> int:
    """The stores' own copies; the order itself stays."""
    days = keeps.order_closed
    return _off_the_tills(connection, t.store_order, "customer_order", "order_id", at, days)


def _off_the_tills(
    connection: Connection, table: Table, name: str, key: str, at: str, days: int
) -> int:
    """Take closed rows from the tills, and whom they name out of the feed's past."""
    row = table.c
    found = connection.execute(
        select(row.store_id, row[key])
        .where(row.closed_at != "", row.closed_at < _before(at, days))
        .order_by(row.store_id, row[key])
        .limit(AT_ONCE)
    ).all()
    scopes = {store_id: feed.store_scope(store_id) for store_id, _ in found}
    feed.lock_scopes(connection, scopes.values())
    past = t.feed.c
    for store_id, row_key in found:
        is_it = (past.scope == scopes[store_id], past.table_name == name, past.row_key == row_key)
        connection.execute(update(t.feed).where(*is_it).values(op="delete", row=None))
    keys = [tuple(one) for one in found]
    _each(keys, lambda part: connection.execute(
        delete(table).where(tuple_(row.store_id, row[key]).in_(part))
    ))  # fmt: skip
    gone = [feed.Change(scopes[store_id], name, row_key, None, "delete")
            for store_id, row_key in found]  # fmt: skip
    feed.append(connection, gone, at)
    return len(found)


def _addresses(connection: Connection, keeps: Retention, at: str) -> int:
    """Of orders that ended long ago, and of no other order since."""
    row, other = t.customer_order.c, t.customer_order.alias().c
    before = _before(at, keeps.address)
    still_needed = select(other.order_id).where(
        other.address_id == row.address_id, (other.state != "done") | (other.changed_at >= before)
    )
    ids = connection.execute(
        select(row.address_id)
        .join(t.address, t.address.c.address_id == row.address_id)
        .where(row.state == "done", row.changed_at < before, t.address.c.erased_at == "")
        .where(~still_needed.exists())
        .distinct()
        .limit(AT_ONCE)
    ).scalars()
    found = list(ids)
    for address_id in found:
        people.erase_address(connection, address_id, at)
    return len(found)


_STEPS: dict[str, Callable[[Connection, Retention, str], int]] = {
    "quotes": _quotes,
    "messages": _messages,
    "words": _words,
    "notes": _notes,
    "boots": _boots,
    "tasks": _tasks,
    "orders_on_tills": _orders,
    "addresses": _addresses,
}


def _delete(connection: Connection, table: Table, key: Any, where: Iterable[Any]) -> int:
    found = list(connection.execute(select(key).where(*where).limit(AT_ONCE)).scalars())
    _each(found, lambda part: connection.execute(delete(table).where(key.in_(part))))
    return len(found)


def _each(keys: list[Any], act: Callable[[list[Any]], Any]) -> None:
    """A statement holds so many parameters and no more."""
    for at in range(0, len(keys), 400):
        act(keys[at : at + 400])


def _before(at: str, days: int) -> str:
    return later(at, -days * DAY_SECONDS)
