"""Reads a page of the feed without a model for every row: a catch-up is hundreds of thousands.

Whole columns are checked at once for the shape that FeedPage demands; a page that is not
plainly of it goes to FeedPage, which takes or refuses it as it does everywhere. The thing
to get wrong: writing rows again to hash them where the bytes that came can be hashed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple, Protocol

from central_sync.wire.canonical import canonical
from central_sync.wire.messages import FeedPage

_ROWS_KEY = b', "rows": '


class Change(Protocol):
    """One row of the feed, as messages.FeedRow describes it."""

    @property
    def position(self) -> int: ...
    @property
    def table(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def op(self) -> str: ...
    @property
    def row(self) -> Mapping[str, Any] | None: ...


class Page(Protocol):
    """A page of the feed, as messages.FeedPage describes it."""

    @property
    def scope(self) -> str: ...
    @property
    def rows(self) -> Sequence[Change]: ...
    @property
    def next(self) -> int: ...
    @property
    def more(self) -> bool: ...
    @property
    def is_gone(self) -> bool: ...
    @property
    def sha256(self) -> bytes: ...
    @property
    def fh(self) -> bytes: ...


class PlainChange(NamedTuple):
    position: int
    table: str
    key: str
    op: str
    row: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class PlainPage:
    scope: str
    rows: Sequence[PlainChange]
    next: int
    more: bool
    is_gone: bool
    sha256: bytes
    fh: bytes


# The columns in PlainChange's order, and the types that JSON gives them.
_SHAPE: Mapping[str, frozenset[type]] = {
    "position": frozenset([int]),
    "table": frozenset([str]),
    "key": frozenset([str]),
    "op": frozenset([str]),
    "row": frozenset([dict, type(None)]),
}
_OPS = frozenset(["put", "delete"])
_fields = itemgetter(*_SHAPE)
_op = itemgetter(list(_SHAPE).index("op"))
_change = partial(tuple.__new__, PlainChange)


def read_page(plain: Mapping[str, Any]) -> Page:
    """A page from its parsed JSON. Raises pydantic.ValidationError for what is no FeedPage."""
    changes = _changes(plain.get("rows"))
    if changes is None:
        return FeedPage.model_validate(plain)
    frame = FeedPage.model_validate({**plain, "rows": []})
    return PlainPage(
        scope=frame.scope,
        rows=changes,
        next=frame.next,
        more=frame.more,
        is_gone=frame.is_gone,
        sha256=frame.sha256,
        fh=frame.fh,
    )


def rows_sha256(content: bytes, plain: Mapping[str, Any], expected: bytes) -> bytes:
    """The SHA-256 of the rows of a page as canonical JSON; `content` is the page as it came.

    Central writes rows last and canonical already, so the bytes mostly prove themselves; a
    page that was written again on its way has to be made canonical here.
    """
    begin = content.find(_ROWS_KEY) + len(_ROWS_KEY)
    as_it_came = hashlib.sha256(memoryview(content)[begin:-1]).digest()
    if as_it_came == expected:
        return as_it_came
    return hashlib.sha256(canonical(plain.get("rows", []))).digest()


def _changes(rows: object) -> list[PlainChange] | None:
    """None when a row is not plainly of the shape."""
    if type(rows) is not list or (rows and set(map(type, rows)) != {dict}):
        return None
    try:
        changes: list[PlainChange] = list(map(_change, map(_fields, rows)))
    except KeyError:
        return None
    is_plain = all(
        types.issuperset(map(type, map(itemgetter(at), changes)))
        for at, types in enumerate(_SHAPE.values())
    )
    return changes if is_plain and _OPS.issuperset(map(_op, changes)) else None
