"""Many orders at once as one integer programme, for HiGHS.

Choose columns (a set of demands from one store) so that every demand is covered, no record
is overdrawn and each store's work costs what its rising load makes it cost. The thing to
get wrong: minutes are not in a column's price. They are priced per store in segments of
f(load), or the solver would pile everything on one idle store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from central_sync.routing.asking import ONE
from central_sync.routing.cost import busy_factor
from central_sync.routing.policy import Policy

_SEGMENTS = 8
_SEGMENT_SECONDS = 600
_UNFILLED = 1e8


class SolverMissing(Exception):
    """The extra `routing` (highspy) is not installed; unclaimed parcels stay where they are."""


@dataclass(frozen=True, slots=True)
class Column:
    """One store's possible part. `covers` are row numbers, `takes` (sku, pieces).

    `price_minor` is everything but the staff's minutes, which `job_seconds` stands for.
    """

    covers: tuple[int, ...]
    store_id: str
    price_minor: int
    job_seconds: int
    takes: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class _Programme:
    """Rows and columns in the making, column by column, as HiGHS takes them."""

    costs: list[float] = field(default_factory=list)
    most: list[float] = field(default_factory=list)
    whole: list[bool] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, cost: float, most: float, entries: Mapping[int, float], whole: bool) -> None:
        self.costs.append(cost)
        self.most.append(most)
        self.whole.append(whole)
        self.starts.append(len(self.rows))
        self.rows += entries
        self.values += entries.values()


def solved(
    columns: Sequence[Column],
    free: Mapping[tuple[str, str], int],
    loads: Mapping[str, tuple[int, int]],
    policy: Policy,
    limit_seconds: float = 10.0,
) -> list[int]:
    """Numbers of the chosen columns; raises SolverMissing.

    `free` is what each record has; `loads` a store's (load, staff) in 1/1024.
    """
    if not columns:
        return []
    covers = sorted({row for column in columns for row in column.covers})
    records = sorted({(c.store_id, sku) for c in columns for sku, _ in c.takes})
    stores = sorted({column.store_id for column in columns})
    row_of: dict[object, int] = {name: at for at, name in enumerate([*covers, *records, *stores])}
    programme = _Programme()
    for column in columns:
        entries: dict[int, float] = {row_of[row]: 1.0 for row in column.covers}
        for sku, pieces in column.takes:
            entries[row_of[column.store_id, sku]] = float(pieces)
        entries[row_of[column.store_id]] = float(column.job_seconds)
        programme.add(float(column.price_minor), 1.0, entries, whole=True)
    for row in covers:
        programme.add(_UNFILLED, 1.0, {row_of[row]: 1.0}, whole=False)
    for store in stores:
        _segments(programme, row_of[store], *loads[store], policy)
    lower = [1.0] * len(covers) + [-np.inf] * len(records) + [0.0] * len(stores)
    upper = [1.0] * len(covers) + [float(free[record]) for record in records] + [0.0] * len(stores)
    values = _run(programme, lower, upper, limit_seconds)
    return [at for at in range(len(columns)) if values[at] > 0.5]


def _segments(programme: _Programme, row: int, load: int, staff: int, policy: Policy) -> None:
    """Seconds of work at the price of the load that they meet; the last has no end."""
    per_second = policy.minute_minor / 60 / ONE
    for number in range(_SEGMENTS):
        middle = (number + 0.5) * _SEGMENT_SECONDS
        meets = load + int(middle * ONE * ONE / (1800 * staff))
        factor = int(busy_factor(np.array([meets], dtype=np.int64), policy)[0])
        is_last = number == _SEGMENTS - 1
        most = np.inf if is_last else float(_SEGMENT_SECONDS)
        programme.add(factor * per_second, most, {row: -1.0}, whole=False)


def _run(
    programme: _Programme, lower: Sequence[float], upper: Sequence[float], limit_seconds: float
) -> Sequence[float]:
    try:
        import highspy
    except ImportError as missing:
        raise SolverMissing from missing
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(programme.costs), len(lower)
    lp.col_cost_ = np.array(programme.costs)
    lp.col_lower_ = np.zeros(len(programme.costs))
    lp.col_upper_ = np.array(programme.most)
    lp.row_lower_, lp.row_upper_ = np.array(lower), np.array(upper)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = np.array([*programme.starts, len(programme.rows)], dtype=np.int32)
    lp.a_matrix_.index_ = np.array(programme.rows, dtype=np.int32)
    lp.a_matrix_.value_ = np.array(programme.values)
    kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
    lp.integrality_ = [kinds[whole] for whole in programme.whole]
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("time_limit", limit_seconds),
        ("mip_rel_gap", 1e-4),
    ):
        solver.setOptionValue(option, value)
    solver.passModel(lp)
    solver.run()
    found: list[float] = list(solver.getSolution().col_value)
    return found or [0.0] * len(programme.costs)
