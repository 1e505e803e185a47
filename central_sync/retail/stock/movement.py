"""What moved in or out of a store, and the level that all movements add up to.

Pure. A level is the sum of its movements and nothing else, so it can be made again from
the ledger, byte for byte, in any order of arrival. The thing to get wrong: a count is
not "set to 7" but the difference from what the book said when the shelf was counted;
a sale that arrives late must not be swallowed by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum


class MovementKind(StrEnum):
    """Why goods moved. A pick takes goods off the shelf for an order; a put-back returns them."""

    OPENING = "opening"
    SALE = "sale"
    RETURN = "return"
    GOODS_RECEIVED = "goods_received"
    TRANSFER_OUT = "transfer_out"
    TRANSFER_IN = "transfer_in"
    COUNT = "count"
    ADJUSTMENT = "adjustment"
    PICK = "pick"
    PUT_BACK = "put_back"


_OUT = frozenset((MovementKind.SALE, MovementKind.TRANSFER_OUT, MovementKind.PICK))
_IN = frozenset(
    (
        MovementKind.RETURN,
        MovementKind.GOODS_RECEIVED,
        MovementKind.TRANSFER_IN,
        MovementKind.PUT_BACK,
    )
)


@dataclass(frozen=True, slots=True)
class StockMovement:
    """`delta` is in pieces, negative when they left the shelf; `at` is ISO UTC with Z.

    `movement_id` is its identity: the ledger keeps each once. A movement of a till names
    its journal position (workstation, epoch, sequence); one of central's has none.
    """

    movement_id: str
    store_id: str
    sku: str
    kind: MovementKind
    delta: int
    at: str
    workstation_id: str = ""
    epoch: int = 0
    sequence: int = 0
    reason: str = ""
    order_id: str = ""

    def check(self) -> None:
        """Assert that the sign fits the kind; counts, adjustments and openings go both ways."""
        assert self.kind not in _OUT or self.delta <= 0, f"{self.kind} must take goods out"
        assert self.kind not in _IN or self.delta >= 0, f"{self.kind} must bring goods in"


@dataclass(frozen=True, slots=True)
class Level:
    """One store's figure of one item.

    `as_of` names, per workstation and sorted, the last (epoch, sequence) that `on_hand`
    includes; `moved_at` is the latest movement, `counted_at` the latest count, "" if never.
    """

    store_id: str
    sku: str
    on_hand: int = 0
    as_of: tuple[tuple[str, int, int], ...] = ()
    moved_at: str = ""
    counted_at: str = ""


def applied(level: Level, *movements: StockMovement) -> Level:
    """The level after movements that it does not hold yet (the ledger sees to that)."""
    place = (level.store_id, level.sku)
    assert all((one.store_id, one.sku) == place for one in movements)
    counted = [one.at for one in movements if one.kind is MovementKind.COUNT]
    return replace(
        level,
        on_hand=level.on_hand + sum(one.delta for one in movements),
        as_of=_including(level.as_of, movements),
        moved_at=max([level.moved_at, *(one.at for one in movements)]),
        counted_at=max([level.counted_at, *counted]),
    )


def project(movements: Iterable[StockMovement]) -> dict[tuple[str, str], Level]:
    """All levels from a ledger, by (store, sku); a movement that comes twice counts once."""
    levels: dict[tuple[str, str], Level] = {}
    seen: set[str] = set()
    for movement in movements:
        if movement.movement_id in seen:
            continue
        seen.add(movement.movement_id)
        place = (movement.store_id, movement.sku)
        levels[place] = applied(levels.get(place) or Level(*place), movement)
    return dict(sorted(levels.items()))


def count_delta(counted: int, book_at_counting: int) -> int:
    """What a count moves: the difference from the book at the moment of counting."""
    return counted - book_at_counting


def level_bytes(level: Level) -> bytes:
    """The level's one written form, to hold a rebuild against what is stored."""
    plain = {
        "as_of": [list(position) for position in level.as_of],
        "counted_at": level.counted_at,
        "moved_at": level.moved_at,
        "on_hand": level.on_hand,
        "sku": level.sku,
        "store_id": level.store_id,
    }
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()


def _including(
    as_of: tuple[tuple[str, int, int], ...], movements: Iterable[StockMovement]
) -> tuple[tuple[str, int, int], ...]:
    newest = {who: (epoch, sequence) for who, epoch, sequence in as_of}
    for one in movements:
        if who := one.workstation_id:
            here = (one.epoch, one.sequence)
            newest[who] = max(newest.get(who, here), here)
    return tuple((who, *newest[who]) for who in sorted(newest))
