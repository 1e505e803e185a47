"""Holds a day against what was true: every order ended, money is goods, shelves are books."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import CustomerOrder, Mode, is_finished, pieces
from central_sync.server.orders import auditing
from central_sync.server.warehouse.rebuild import rebuild
from central_sync.wire.tasks import TaskBody
from tests.chain_day.chain import Chain
from tests.chain_day.world import PRICE_MINOR


class Broken(AssertionError):
    """A promise of the chain was not kept."""


class Judge:
    """Raises Broken."""

    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.world, self.room = chain.world, chain.room

    def audit(self) -> None:
        with self.room.database.reading() as connection:
            broken = auditing.audit(connection, self.room.timestamp())
            wrong = rebuild(connection, self.room.timestamp(), check=True).wrong
        if broken or wrong:
            raise Broken(f"{broken} {wrong}")

    def judge(self) -> None:
        self.audit()
        faults = [fault for order_id in self.chain.orders for fault in self._faults(order_id)]
        faults += self.world.left_over()
        faults += self._shelf_faults()
        faults += [f"{till.store_id} has the open task {task.task_id}"
                   for till in self.chain.tills for task in till.tasks()]  # fmt: skip
        if faults:
            raise Broken("; ".join(faults))

    def _faults(self, order_id: str) -> list[str]:
        order = self.chain.order(order_id)
        if not order.order_id:
            return [f"order {order_id[-6:]} was paid and never came"]
        name, gone = f"order {order_id[-6:]}", self._gone(order_id)
        found = [] if is_finished(order) else [f"{name} is not finished: {self._where(order)}"]
        worth = 0
        for line in order.lines:
            got = self.world.got[order_id, line.line]
            if line.is_carried:
                # What went though it was called off is not paid: a person was asked to call.
                worth += PRICE_MINOR * (got - gone[line.line])
                told = pieces(order, line).delivered + gone[line.line]
                if told != got:
                    found.append(f"{name}/{line.line}: {told} delivered, the customer has {got}")
        captured = self.world.paid[order_id] - self.world.repaid[order_id]
        fees = sum(line.gross_minor for line in order.lines if line.mode is Mode.FEE)
        # The fee follows the goods: it is kept once something was sent.
        was_sent = worth or any(line.returned for line in order.lines)
        may_keep = {worth, worth + fees} if was_sent else {0}
        if captured not in may_keep:
            found.append(f"{name}: {captured} captured for goods worth {worth}")
        return found

    def _gone(self, order_id: str) -> Counter[int]:
        """Pieces of each line that a store sent before it heard that they were called off."""
        row = t.store_task.c
        with self.room.database.reading() as connection:
            asked = select(row.body).where(
                row.order_id == order_id, row.task_id.endswith("/gone", autoescape=True)
            )
            bodies = [TaskBody.model_validate_json(one) for one in connection.scalars(asked)]
        found: Counter[int] = Counter()
        for body in bodies:
            found.update({line.line: line.quantity for line in body.lines})
        return found

    def _where(self, order: CustomerOrder) -> str:
        lines = [f"{line.line}: {pieces(order, line)} {line.escalated}" for line in order.lines]
        unpaid = [refund.refund_key[-8:] for refund in order.refunds if not refund.paid_at]
        parcels = [(one.store_id, one.state.value) for one in order.parcels]
        return f"{lines} {parcels} refunds {unpaid}"

    def _shelf_faults(self) -> list[str]:
        with self.room.database.reading() as connection:
            level = t.stock_level.c
            rows = connection.execute(select(level.store_id, level.sku, level.on_hand)).all()
        return [
            f"{row.store_id} has {self.world.shelf[row.store_id, row.sku]} {row.sku}, "
            f"the book {row.on_hand}"
            for row in rows
            if row.on_hand - self.world.shelf[row.store_id, row.sku]
            != self.world.unseen[row.store_id, row.sku]
        ]
