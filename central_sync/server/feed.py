"""The feed: master rows as absolute states, in commit order, per scope.

No FastAPI in here. The thing to get wrong: positions from a sequence. On PostgreSQL a
later number can be committed before an earlier one, and a till that reads between them
skips a row for ever; so a scope's row is locked from the first position to the commit.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Connection, func, insert, select, update

from central_sync.database.tables import feed, feed_scope
from central_sync.database.write import insert_missing
from central_sync.wire.canonical import canonical
from central_sync.wire.messages import FeedPage, FeedRow

CHAIN = "chain"
CHANNEL = "spindel_feed"
LARGEST_PAGE_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Change:
    """One row's new state, or with `op` "delete" its end; `row` has master.db's columns."""

    scope: str
    table: str
    key: str
    row: Mapping[str, Any] | None
    op: Literal["put", "delete"] = "put"


def store_scope(store_id: str) -> str:
    return f"store:{store_id}"


def lock_scopes(connection: Connection, scopes: Iterable[str]) -> dict[str, int]:
    """Hold these scopes until the commit, always in one order; returns their positions."""
    wanted = sorted(set(scopes))
    positions = _locked(connection, wanted)
    missing = [scope for scope in wanted if scope not in positions]
    if missing:
        insert_missing(connection, feed_scope, [{"scope": scope} for scope in missing])
        positions = _locked(connection, wanted)
    return positions


def _locked(connection: Connection, scopes: Sequence[str]) -> dict[str, int]:
    """Rows are locked in the order in which they are sorted."""
    if not scopes:
        return {}
    rows = connection.execute(
        select(feed_scope.c.scope, feed_scope.c.position)
        .where(feed_scope.c.scope.in_(scopes))
        .order_by(feed_scope.c.scope)
        .with_for_update()
    )
    return {row.scope: row.position for row in rows}


def append(connection: Connection, changes: Sequence[Change], at: str) -> None:
    """Give each change the next position of its scope, in the order given."""
    if not changes:
        return
    positions = lock_scopes(connection, (change.scope for change in changes))
    rows = []
    for change in changes:
        positions[change.scope] += 1
        rows.append(
            {
                "scope": change.scope,
                "position": positions[change.scope],
                "table_name": change.table,
                "row_key": change.key,
                "op": change.op,
                "row": None if change.row is None else json.dumps(change.row, ensure_ascii=False),
                "at": at,
            }
        )
    connection.execute(insert(feed), rows)
    for scope, position in positions.items():
        _set(connection, scope, position=position)
    if CHAIN in positions and connection.dialect.name == "postgresql":
        # Sent at the commit. Not for each store: every NOTIFY queues for one lock.
        connection.execute(select(func.pg_notify(CHANNEL, CHAIN)))


def raise_floor(connection: Connection, scopes: Iterable[str]) -> None:
    """So much changed that no rows were written: every cursor of these scopes is too old."""
    for scope, position in lock_scopes(connection, scopes).items():
        _set(connection, scope, position=position + 1, floor=position + 1)


def positions(connection: Connection, scopes: Sequence[str]) -> dict[str, int]:
    """The newest position of each scope; 0 for one that never had a change."""
    rows = connection.execute(
        select(feed_scope.c.scope, feed_scope.c.position).where(feed_scope.c.scope.in_(scopes))
    )
    return dict.fromkeys(scopes, 0) | {row.scope: row.position for row in rows}


def floors(connection: Connection, scopes: Sequence[str]) -> dict[str, int]:
    """The oldest cursor of each scope that can still be followed."""
    rows = connection.execute(
        select(feed_scope.c.scope, feed_scope.c.floor).where(feed_scope.c.scope.in_(scopes))
    )
    return dict.fromkeys(scopes, 0) | {row.scope: row.floor for row in rows}


def page(connection: Connection, scope: str, after: int, limit: int) -> FeedPage:
    """Rows after a cursor, in order. Gone: below the floor, or from a history that is not ours."""
    newest = positions(connection, [scope])[scope]
    if after < floors(connection, [scope])[scope] or after > newest:
        return _page(scope, [], after, more=False, is_gone=True)
    found = connection.execute(
        select(feed.c.position, feed.c.table_name, feed.c.row_key, feed.c.op, feed.c.row)
        .where(feed.c.scope == scope, feed.c.position > after, feed.c.position <= newest)
        .order_by(feed.c.position)
        .limit(max(1, min(limit, LARGEST_PAGE_ROWS)))
    )
    rows = [
        FeedRow(position=position, table=table, key=key, op=op, row=json.loads(row or "null"))
        for position, table, key, op, row in found
    ]
    upto = rows[-1].position if rows else newest
    return _page(scope, rows, upto, more=upto < newest)


def _page(
    scope: str, rows: list[FeedRow], upto: int, *, more: bool, is_gone: bool = False
) -> FeedPage:
    digest = hashlib.sha256(canonical([row.model_dump(mode="json") for row in rows])).digest()
    return FeedPage(scope=scope, rows=rows, next=upto, more=more, is_gone=is_gone, sha256=digest)


def _set(connection: Connection, scope: str, **values: int) -> None:
    connection.execute(update(feed_scope).where(feed_scope.c.scope == scope).values(**values))
