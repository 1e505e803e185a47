"""Order lines as the router sees them: pieces of one item that one store should have.

Lines of the same item are one demand, so that the last piece is not counted for both. The
thing to get wrong: a quantity that no single store has is divided before planning, and
the parts of it may never come from the same store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from central_sync.routing.asking import Demand, Inputs, Wanted
from central_sync.routing.cost import fillable


def demands_of(wanted: Sequence[Wanted]) -> tuple[Demand, ...]:
    """One demand an item, in the order of the lines."""
    found: dict[str, Demand] = {}
    for line in wanted:
        before = found.get(line.sku) or Demand(line.sku, 0, 0, ())
        found[line.sku] = Demand(
            line.sku,
            before.quantity + line.quantity,
            max(before.margin_minor, line.margin_minor),
            (*before.lines, (line.line, line.quantity)),
        )
    return tuple(found.values())


def divided(inputs: Inputs) -> Inputs:
    """The same inputs with every demand that no store can fill alone in parts that some can.

    A part is what the best supplied stores have; what is in no store stays a part of its own,
    which nobody fits.
    """
    whole = fillable(inputs)
    if all(whole):
        return inputs
    demands: list[Demand] = []
    rows: list[int] = []
    for row, demand in enumerate(inputs.demands):
        parts = [demand] if whole[row] else _parts(inputs, row)
        demands += parts
        rows += [row] * len(parts)
    return replace(
        inputs,
        demands=tuple(demands),
        free=inputs.free[rows],
        missed_bp=inputs.missed_bp[rows],
        nil_bp=inputs.nil_bp[rows],
    )


def _parts(inputs: Inputs, row: int) -> list[Demand]:
    demand = inputs.demands[row]
    held = np.where(inputs.dropped == 0, inputs.free[row], 0)
    left, sizes = demand.quantity, []
    for size in sorted(held[held > 0].tolist(), reverse=True):
        if left:
            sizes.append(min(left, size))
            left -= sizes[-1]
    return _cut(demand, [*sizes, left] if left else sizes)


def _cut(demand: Demand, sizes: Sequence[int]) -> list[Demand]:
    """Parts of these sizes; each says which pieces of which lines it is."""
    queue = list(demand.lines)
    parts = []
    for size in sizes:
        lines, need = [], size
        while need:
            number, pieces = queue.pop(0)
            now = min(need, pieces)
            lines.append((number, now))
            need -= now
            if pieces > now:
                queue.insert(0, (number, pieces - now))
        parts.append(Demand(demand.sku, size, demand.margin_minor, tuple(lines)))
    return parts
