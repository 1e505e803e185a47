"""Stock of the chain by item, as columns over the stores that keep it.

What the image of routing stands on. The thing to get wrong: a changed figure changes what
walk-ins are likely to miss; both are kept in step here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from central_sync.routing.asking import Ints
from central_sync.routing.likely import missed, missed_one

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Record:
    """One item in one store. `demand_per_day` of walk-ins; `nil` the chance it is not there."""

    store_id: str
    on_hand: int
    reserved: int = 0
    minimum: int = 0
    demand_per_day: float = 0.0
    nil: float = 0.03


@dataclass(frozen=True, slots=True)
class Lent:
    """At most `pieces` may be held; `until_seconds` 0 while the store has not agreed."""

    pieces: int
    until_seconds: int = 0

    def free(self, promised: int, left: int, reserved: int, now_seconds: int) -> int:
        """Of `left` on the shelf, `promised` by the guarded figure, what may be promised."""
        there = left if self.until_seconds > now_seconds else promised
        return max(0, min(there, self.pieces - reserved))


class Shelf:
    """All stores that keep one item, as columns; `store` holds their numbers, rising.

    `missed_bp` is the chance that walk-ins miss the next piece, kept in step by the image.
    """

    __slots__ = ("demand", "minimum", "missed_bp", "nil_bp", "on_hand", "reserved", "store")

    def __init__(
        self,
        store: Ints,
        on_hand: Ints,
        reserved: Ints,
        minimum: Ints,
        demand: Floats,
        nil_bp: Ints,
        missed_bp: Ints,
    ) -> None:
        self.store, self.on_hand, self.reserved = store, on_hand, reserved
        self.minimum, self.demand, self.nil_bp = minimum, demand, nil_bp
        self.missed_bp = missed_bp

    def at(self, store: int) -> int | None:
        """The row of a store number."""
        found = int(np.searchsorted(self.store, store))
        return found if found < len(self.store) and self.store[found] == store else None


class Shelves:
    """Every item's shelf. Stores are numbered in the order in which they were given."""

    def __init__(self, stores: Sequence[str], horizon_days: float = 7.0) -> None:
        self.stores = tuple(stores)
        self.number = {store: at for at, store in enumerate(self.stores)}
        self.horizon_days = horizon_days
        self.shelves: dict[str, Shelf] = {}
        # Few of the records are lent: by item, and the number of the store.
        self.lent: dict[str, dict[int, Lent]] = {}

    def lend(self, store_id: str, sku: str, lent: Lent | None) -> None:
        """What a store lends of an item, as the database has it; None for nothing."""
        of_item = self.lent.setdefault(sku, {})
        if lent is None:
            of_item.pop(self.number[store_id], None)
        else:
            of_item[self.number[store_id]] = lent
        if not of_item:
            del self.lent[sku]

    def lent_until(self, store_id: str, sku: str) -> int:
        """The second since 1970 until which pieces may be promised, whatever is heard; 0: none."""
        found = self.lent.get(sku, {}).get(self.number.get(store_id, -1))
        return found.until_seconds if found else 0

    def holders(self, sku: str) -> list[str]:
        """Stores with pieces left that nobody has reserved."""
        shelf = self.shelves.get(sku)
        if shelf is None:
            return []
        return [self.stores[number] for number in shelf.store[shelf.on_hand > shelf.reserved]]

    def put(self, sku: str, records: Iterable[Record]) -> None:
        """All that is known of one item; replaces what was there."""
        rows = sorted(records, key=lambda record: self.number[record.store_id])
        on_hand = _whole(row.on_hand for row in rows)
        reserved = _whole(row.reserved for row in rows)
        demand = np.array([row.demand_per_day for row in rows], dtype=np.float64)
        self.shelves[sku] = Shelf(
            _whole(self.number[row.store_id] for row in rows),
            on_hand,
            reserved,
            _whole(row.minimum for row in rows),
            demand,
            _whole(round(row.nil * 10_000) for row in rows),
            self.missed_bp(on_hand - reserved, demand),
        )

    def missed_bp(self, left: Ints, demand_per_day: Floats) -> Ints:
        """What walk-ins would miss of the next piece until the shelf is filled again."""
        return missed(np.maximum(1, left), demand_per_day * self.horizon_days, 1)

    def put_columns(self, sku: str, shelf: Shelf) -> None:
        """The same from columns that are at hand; they are kept, not copied.

        A million records are made ready in one call of `missed_bp`, and cut by item.
        """
        self.shelves[sku] = shelf

    def put_rows(self, rows: Iterable[tuple[str, str, int, int, int, int, int]]) -> None:
        """Every item at once: (sku, store, on hand, reserved, minimum, demand in thousandths
        of a piece a day, nil chance in basis points). Columns are made together, cut by item."""
        known = sorted(rows, key=lambda row: (row[0], self.number[row[1]]))
        if not known:
            return
        skus, stores, *figures = zip(*known, strict=True)
        store = _whole(self.number[one] for one in stores)
        on_hand, reserved, minimum, thousandths, nil_bp = (_whole(column) for column in figures)
        demand: Floats = thousandths / 1000
        missed_bp = self.missed_bp(on_hand - reserved, demand)
        begins = 0
        for sku, of_item in groupby(skus):
            cut = slice(begins, begins + sum(1 for _ in of_item))
            self.shelves[sku] = Shelf(
                store[cut],
                on_hand[cut],
                reserved[cut],
                minimum[cut],
                demand[cut],
                nil_bp[cut],
                missed_bp[cut],
            )
            begins = cut.stop

    def level(self, store_id: str, sku: str, on_hand: int, reserved: int) -> None:
        """Fresh figures of one record, as the database has them."""
        shelf = self.shelves.get(sku)
        row = shelf.at(self.number[store_id]) if shelf else None
        if shelf is None or row is None:
            known = self._records(sku)
            known[store_id] = Record(store_id, on_hand, reserved)
            self.put(sku, known.values())
            return
        shelf.on_hand[row], shelf.reserved[row] = on_hand, reserved
        self._figure_again(shelf, row)

    def replace(
        self,
        store_id: str,
        sku: str,
        on_hand: int,
        reserved: int,
        minimum: int,
        demand_thousandths: int,
        nil_bp: int,
    ) -> None:
        """All that the database has of one record; in the units of `put_rows`."""
        shelf = self.shelves.get(sku)
        row = shelf.at(self.number[store_id]) if shelf else None
        if shelf is None or row is None:
            known = self._records(sku)
            known[store_id] = Record(
                store_id, on_hand, reserved, minimum, demand_thousandths / 1000, nil_bp / 10_000
            )
            self.put(sku, known.values())
            return
        shelf.on_hand[row], shelf.reserved[row] = on_hand, reserved
        shelf.minimum[row], shelf.nil_bp[row] = minimum, nil_bp
        shelf.demand[row] = demand_thousandths / 1000
        self._figure_again(shelf, row)

    def sold(self, store_id: str, sku: str, pieces: int) -> None:
        """A till's sale, or its return when negative, as soon as central hears of it."""
        shelf = self.shelves.get(sku)
        row = shelf.at(self.number[store_id]) if shelf else None
        if shelf is not None and row is not None:
            shelf.on_hand[row] -= pieces
            self._figure_again(shelf, row)

    def hold(self, store: int, sku: str, pieces: int) -> None:
        shelf = self.shelves[sku]
        row = shelf.at(store)
        if row is not None:
            shelf.reserved[row] += pieces
            self._figure_again(shelf, row)

    def _figure_again(self, shelf: Shelf, row: int) -> None:
        left = max(1, int(shelf.on_hand[row]) - int(shelf.reserved[row]))
        shelf.missed_bp[row] = missed_one(left, float(shelf.demand[row]) * self.horizon_days)

    def _records(self, sku: str) -> dict[str, Record]:
        shelf = self.shelves.get(sku)
        if shelf is None:
            return {}
        return {
            self.stores[number]: Record(
                self.stores[number],
                int(shelf.on_hand[row]),
                int(shelf.reserved[row]),
                int(shelf.minimum[row]),
                float(shelf.demand[row]),
                int(shelf.nil_bp[row]) / 10_000,
            )
            for row, number in enumerate(shelf.store.tolist())
        }

    def missed_of(self, shelf: Shelf, has: Ints, quantity: int) -> Ints:
        """For one piece the figures are kept; for more they are worked out."""
        if quantity > 1:
            left = shelf.on_hand[has] - shelf.reserved[has]
            return missed(left, shelf.demand[has] * self.horizon_days, quantity)
        found: Ints = shelf.missed_bp[has]
        return found


def _whole(values: Iterable[int]) -> Ints:
    return np.array(list(values), dtype=np.int64)
