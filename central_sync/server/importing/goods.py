"""Rows of deliveries.csv and supplier_invoices.csv, gathered to whole deliveries and invoices.

A delivery's lines may lie in two batches of the reader. The thing to get wrong: telling the
store after the first of them; its task is told once, when the import ends.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from central_sync.server.goods import expected, invoices
from central_sync.server.goods.expected import Expected
from central_sync.server.importing.files import Row


class GoodsLoader:
    """Writes what should come; `finish` asks the stores for it."""

    def __init__(self, connection: Connection, at: str) -> None:
        self._connection, self._at = connection, at
        self._announced: dict[str, None] = {}

    def deliveries(self, rows: Sequence[Row]) -> int:
        changed = 0
        for (store_id, reference), lines in _gathered(rows, "store_id", "reference").items():
            last = lines[-1]
            wanted = Expected(
                delivery_id=expected.announced_id(store_id, reference),
                kind=expected.DELIVERY,
                store_id=store_id,
                from_store_id="",
                supplier=last["supplier"],
                reference=reference,
                expected_on=last["expected_on"],
                state=expected.OPEN,
                lines={row["sku"]: (row["quantity"], 0) for row in lines},
            )
            if expected.announce(self._connection, wanted, self._at):
                self._announced[wanted.delivery_id] = None
                changed += len(lines)
            costs = {row["sku"]: row["cost"] for row in lines}
            if expected.agree_costs(self._connection, wanted.delivery_id, costs):
                invoices.hold_against_goods(self._connection, store_id, reference, self._at)
        return changed

    def invoices(self, rows: Sequence[Row]) -> int:
        changed = 0
        for (supplier, number), lines in _gathered(rows, "supplier", "invoice").items():
            changed += invoices.enter(
                self._connection,
                store_id=lines[0]["store_id"],
                supplier=supplier,
                number=number,
                reference=lines[0]["reference"],
                charged={row["sku"]: row["quantity"] for row in lines},
                costs={row["sku"]: row["cost"] for row in lines},
                at=self._at,
            )
        return changed

    def finish(self) -> None:
        for delivery_id in self._announced:
            expected.ask(self._connection, delivery_id, self._at)


def _gathered(rows: Sequence[Row], *names: str) -> dict[tuple[str, ...], list[Row]]:
    found: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in names), []).append(row)
    return found
