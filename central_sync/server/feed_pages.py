"""Pages of the feed as tills read them: from a cursor on, in order, proving themselves.

A page leaves out what it changes again itself: its end is central's state at `next` all the
same, and a price that moved ten times travels once. The thing to get wrong: leaving out
across pages, so that a till stands between two of them at a state that never was.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, select

from central_sync.database.tables import feed
from central_sync.database.trip import read_on
from central_sync.server.feed import Place, Scope, is_followable, places
from central_sync.wire.canonical import canonical
from central_sync.wire.messages import FeedPage

LARGEST_PAGE_ROWS = 20_000
# Of tasks and sealed customers so many bytes fill a page before its rows do.
LARGEST_PAGE_BYTES = 8_000_000
# A page looks at so many positions for each of its rows, where they are changed again.
_WINDOW = 4
# What is told to every listener at once: a price or some, never an import.
_SMALL_POSITIONS = 50
SMALL_PAGE_BYTES = 16_384

# An encoder made for every string would cost more than the rest of a row.
_quoted = json.JSONEncoder(ensure_ascii=False).encode

_COLUMNS = (
    *(feed.c.position, feed.c.table_name, feed.c.row_key),
    *(feed.c.op, feed.c.row, feed.c.fh),
)
# Made once: to build a statement costs as much as to run it.
_AFTER = (
    select(*_COLUMNS)
    .where(feed.c.scope == bindparam("of_scope"))
    .where(feed.c.position > bindparam("after"), feed.c.position <= bindparam("upto"))
    .order_by(feed.c.position)
    .limit(bindparam("most"))
    .execution_options(yield_per=2_000)
)


_SINCE = (
    select(*_COLUMNS)
    .where(feed.c.scope == bindparam("of_scope"))
    .where(feed.c.position >= bindparam("since"), feed.c.position <= bindparam("upto"))
    .order_by(feed.c.position)
)


@dataclass(frozen=True, slots=True)
class _Window:
    """The newest row of each key between a cursor and `upto`, as canonical JSON, in order."""

    rows: Sequence[str]
    upto: Place


def page(connection: Connection, scope: str, after: int, limit: int, fh: bytes = b"") -> FeedPage:
    """Rows after a cursor, whose hash is `fh` where it has one (b"" is taken for any)."""
    return FeedPage.model_validate_json(page_json(connection, scope, after, limit, fh))


def page_json(connection: Connection, scope: str, after: int, limit: int, fh: bytes = b"") -> bytes:
    """A FeedPage as it is sent: rows are told in the words they were written in."""
    if not is_followable(connection, scope, Place(after, fh)):
        return _whole(scope, "[]", Place(after), more=False, is_gone=True)
    newest = places(connection, [scope])[scope].newest
    window = _window(connection, scope, after, newest, max(1, min(limit, LARGEST_PAGE_ROWS)))
    rows = f"[{','.join(window.rows)}]"
    more = window.upto.position < newest.position
    return _whole(scope, rows, window.upto, more=more)


def small_page_json(connection: Connection, scope: str, after: Place, now: Scope) -> bytes | None:
    """The FeedPage of all that follows on a place; None when that is much, or nothing sure."""
    newest = now.newest
    if after.position < now.floor.position or not (after.fh and newest.fh):
        return None
    if newest.position - after.position > _SMALL_POSITIONS:
        return None
    asked = {"of_scope": scope, "since": after.position, "upto": newest.position}
    rows = list(connection.execute(_SINCE, asked))
    there = now.floor
    if rows and rows[0].position == after.position:
        there = Place(after.position, rows.pop(0).fh or b"")
    if there != after:
        return None  # not in this history, or no longer known
    window = _folded(rows, newest, _SMALL_POSITIONS)
    content = _whole(scope, f"[{','.join(window.rows)}]", window.upto, more=False)
    return content if window.upto == newest and len(content) <= SMALL_PAGE_BYTES else None


def _window(connection: Connection, scope: str, after: int, newest: Place, limit: int) -> _Window:
    where = {"of_scope": scope, "after": after, "upto": newest.position, "most": limit * _WINDOW}
    return _folded(read_on(connection, _AFTER, **where), newest, limit)


def _folded(rows: Iterable[Any], newest: Place, limit: int) -> _Window:
    """The newest row of each key, until there are as many as fill a page."""
    found: dict[tuple[str, str], str] = {}
    upto, size = newest, 0
    for position, table, key, op, row, fh in rows:
        known = found.pop((table, key), None)
        if known is None and (len(found) >= limit or size > LARGEST_PAGE_BYTES):
            break
        text = _row(position, table, key, op, row, is_canonical=fh is not None)
        found[table, key] = text
        size += len(text)
        upto = Place(position, fh or b"")
    return _Window(list(found.values()), upto)


def _row(
    position: int, table: str, key: str, op: str, row: str | None, *, is_canonical: bool
) -> str:
    """Keys in the order of canonical JSON."""
    value = "null" if row is None else row if is_canonical else _again(row)
    return (
        f'{{"key":{_quoted(key)},"op":"{op}","position":{position},'
        f'"row":{value},"table":{_quoted(table)}}}'
    )


def _again(row: str) -> str:
    """A row from before rows were written in canonical JSON."""
    return canonical(json.loads(row)).decode()


def _whole(scope: str, rows: str, upto: Place, *, more: bool, is_gone: bool = False) -> bytes:
    content = rows.encode()
    frame: dict[str, Any] = {
        "scope": scope,
        "next": upto.position,
        "more": more,
        "is_gone": is_gone,
        "sha256": hashlib.sha256(content).hexdigest(),
        "fh": upto.fh.hex(),
    }
    return json.dumps(frame, ensure_ascii=False).encode()[:-1] + b', "rows": ' + content + b"}"
