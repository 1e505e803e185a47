"""Entering another epoch: what forked is said again there, byte for byte, and nothing is lost.

The receipts keep their ids and printed numbers, so central knows again what it has; the old
entries stay where they are. The thing to get wrong: doing it beside a running register. It is
one durable act of the core, or of sync while it holds the core's lock.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from central_sync.engine.epochs import Order
from central_sync.engine.plan import Fork
from central_sync.retail.journal import GENESIS
from central_sync.wire.entries import EntryBody
from pos_client.register.state import Register
from pos_client.storage.journal import Content, JournalHead, Sign, append, append_content

Tell = Callable[[dict[str, Any]], EntryBody]


@dataclass(frozen=True, slots=True)
class CarriedOn:
    """The head to write after from now on, and how many entries were said again."""

    head: JournalHead
    entries: int


def carry_on(
    connection: sqlite3.Connection, head: JournalHead, order: Order, tell: Tell, sign: Sign
) -> CarriedOn:
    """Enter the epoch of the order and say there what forked, in the caller's transaction.

    `tell` makes the entry that names the epoch before and why; one for each fork.
    """
    count = 0
    if head.epoch != order.epoch:
        head = JournalHead(order.epoch, 0, GENESIS)
    for fork in order.forks:
        left = _above(connection, fork)
        entry = tell(_payload(fork, order, len(left)))
        head = append(connection, head, entry, sign)
        _note(connection, fork, head, len(left))
        _move_stock(connection, fork, head)
        for content in left:
            head = append_content(connection, head, content, sign)
        count += len(left)
    return CarriedOn(head, count)


def retold(connection: sqlite3.Connection, payload: dict[str, Any], head: JournalHead) -> None:
    """What entering left behind beside its entry, from that entry alone. Raises KeyError."""
    common = bytes.fromhex(payload["common_hash"])
    fork = Fork(payload["why"], payload["from_epoch"], payload["common_sequence"], common)
    _note(connection, fork, head, payload["entries"])
    _move_stock(connection, fork, head)


def state_in(state: Register, order: Order) -> Register:
    """The register in its new epoch: no number is ever printed twice."""
    return replace(
        state,
        next_number=max(state.next_number, order.first_number),
        next_z_number=max(state.next_z_number, order.next_z_number),
    )


def _above(connection: sqlite3.Connection, fork: Fork) -> list[Content]:
    rows = connection.execute(
        """
        SELECT entry_id, kind, at, body FROM journal
         WHERE epoch = :epoch AND sequence > :sequence
         ORDER BY sequence
        """,
        {"epoch": fork.epoch, "sequence": fork.sequence},
    ).fetchall()
    return [Content(*row) for row in rows]


def _payload(fork: Fork, order: Order, entries: int) -> dict[str, Any]:
    return {
        "from_epoch": fork.epoch,
        "common_sequence": fork.sequence,
        "common_hash": fork.hash.hex(),
        "why": fork.why,
        "entries": entries,
        "first_number": order.first_number,
        "next_z_number": order.next_z_number,
    }


def _note(connection: sqlite3.Connection, fork: Fork, head: JournalHead, entries: int) -> None:
    connection.execute(
        """
        INSERT INTO carried_on (from_epoch, above, into_epoch, into_sequence, entries)
        VALUES (:from_epoch, :above, :into_epoch, :into_sequence, :entries)
        """,
        {
            "from_epoch": fork.epoch,
            "above": fork.sequence,
            "into_epoch": head.epoch,
            "into_sequence": head.sequence,
            "entries": entries,
        },
    )


def _move_stock(connection: sqlite3.Connection, fork: Fork, head: JournalHead) -> None:
    """Central's stock names the entries that it includes: these are included by their new ones."""
    connection.execute(
        """
        UPDATE stock_movement SET epoch = :into, sequence = sequence + :offset
         WHERE epoch = :epoch AND sequence > :above
        """,
        {
            "into": head.epoch,
            "offset": head.sequence - fork.sequence,
            "epoch": fork.epoch,
            "above": fork.sequence,
        },
    )
