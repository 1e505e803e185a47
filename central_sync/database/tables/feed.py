"""The way down: absolute states of master rows, in commit order, per scope.

A cursor below `floor` is too old: what it lacks was never, or is no longer, written
as rows, and only a snapshot helps. `fh` is a position's hash, over it and all before it,
NULL where it was given before there were hashes: a cursor whose hash is another one comes
from another history.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from central_sync.database.tables.metadata import METADATA, text, whole

feed_scope = Table(
    "feed_scope",
    METADATA,
    text("scope", primary_key=True),
    whole("position", server_default="0"),
    whole("floor", server_default="0"),
    Column("fh", LargeBinary),
    Column("floor_fh", LargeBinary),
)

feed = Table(
    "feed",
    METADATA,
    text("scope", primary_key=True),
    whole("position", primary_key=True, autoincrement=False),
    text("table_name"),
    text("row_key"),
    text("op"),
    Column("row", Text),
    text("at"),
    Column("fh", LargeBinary),
)

Index("ix_feed_scope_at", feed.c.scope, feed.c.at)
