"""What people in stores do with their tasks, on the till's own decisions.

The thing to get wrong: taking from a shelf what is not there. `world` says what is.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.retail.orders import commands
from central_sync.server.orders import ledger
from central_sync.server.orders.identities import collect_code
from pos_client.register import commands as till_commands
from pos_client.register.tasks import ACCEPTED, OFFERED, PACKED, PICKING, Task
from tests.chain_day.chain import Chain
from tests.chain_day.counter import Counterside


class Staff:
    def __init__(self, chain: Chain) -> None:
        self.chain = chain
        self.rng, self.world, self.room = chain.rng, chain.world, chain.room

    def work(self) -> None:
        """Somebody in a store sees to one of its tasks."""
        till = self.chain.some_till()
        if till.is_up:
            till.down()
        tasks = till.tasks()
        if tasks and self.rng.random() >= self.chain.climate.lazy:
            self.see_to(till, self.rng.choice(tasks), is_calm=False)

    def see_to(self, till: Counterside, task: Task, *, is_calm: bool) -> None:
        if task.parcel_id in self.world.gone and task.kind == "pick":
            return  # it has left this store; whoever reads the list knows that
        match task.kind:
            case "pick":
                self._pick(till, task, is_calm=is_calm)
            case "collect":
                self._hand_out(till, task, is_calm=is_calm)
            case "transfer_in":
                if self.world.gone.get(task.parcel_id):
                    sender = self.world.gone[task.parcel_id]
                    if not self._say(till, till_commands.PutOnShelf(task.task_id, "A1")):
                        self.world.moved(task.parcel_id, sender, till.store_id)
            case "put_back":
                if not self._say(till, till_commands.EndTask(task.task_id)):
                    for line in task.lines:
                        key = (task.order_id, line.line)
                        self.world.back_on_shelf(till.store_id, task.parcel_id, key, line.quantity)
            case "refund":
                self._pay_back(till, task)
            case "call_customer" if task.task_id.endswith("/gone"):
                # The customer has it: what becomes of it is between them.
                self._say(till, till_commands.EndTask(task.task_id))
            case "call_customer" if is_calm:
                self._call(till, task)
            case "count" if is_calm:
                self._count(till, task)

    def _pick(self, till: Counterside, task: Task, *, is_calm: bool) -> None:
        if task.state == OFFERED:
            if not is_calm and self.rng.random() < self.chain.climate.rejects:
                self._say(till, till_commands.RejectTask(task.task_id, "no_time"))
            else:
                self._say(till, till_commands.AcceptTask(task.task_id))
        elif task.state in (ACCEPTED, PICKING) and task.pieces_left:
            self._fetch(till, task)
        elif task.state in (ACCEPTED, PICKING):
            self._say(till, till_commands.PackTask(task.task_id, is_sure=True))
        elif task.state == PACKED:
            self._send_off(till, task)

    def _fetch(self, till: Counterside, task: Task) -> None:
        """One piece: from the box if it lies there already, else off the shelf if it is there."""
        line = next(line for line in task.lines if line.left)
        key = (task.order_id, line.line)
        box = self.world.in_box(till.store_id, task.parcel_id)
        is_there = box[key] > line.picked
        picked = till_commands.PickGoods(task.task_id, line.sku, is_sure=True)
        if is_there:
            self._say(till, picked)
        elif self.world.shelf[till.store_id, line.sku]:
            if not self._say(till, picked):
                assert self.world.fetch(till.store_id, task.parcel_id, key, line.sku)
        else:
            missed = till_commands.MissGoods(task.task_id, line.line, "not_found", is_sure=True)
            self._say(till, missed)
            self.world.unseen[till.store_id, line.sku] = 0

    def _send_off(self, till: Counterside, task: Task) -> None:
        if task.mode == "collect" and task.collect_store_id == till.store_id:
            self._say(till, till_commands.PutOnShelf(task.task_id, "A1"))
            return
        if self._say(till, till_commands.HandOverTask(task.task_id, "")):
            return
        self.world.gone[task.parcel_id] = till.store_id
        if task.mode == "ship":
            box = self.world.in_box(till.store_id, task.parcel_id)
            self.world.given_to_customer(task.parcel_id, till.store_id, Counter(+box))

    def _hand_out(self, till: Counterside, task: Task, *, is_calm: bool) -> None:
        if is_calm or self.rng.random() < 0.4:
            return  # nobody has come
        box = self.world.in_box(till.store_id, task.parcel_id)
        wanted = {line.line: line.quantity - line.collected for line in task.lines}
        if any(box[task.order_id, line] < count for line, count in wanted.items()):
            return  # handed out at the other till, which has not been heard
        shop = till.register.shop
        right = collect_code(self.room.secret, task.parcel_id)
        shop.told[task.task_id] = replace(shop.told[task.task_id], code_hash=right)
        if not self._say(till, till_commands.HandOut(task.task_id, right)):
            got = Counter({(task.order_id, line): count for line, count in wanted.items()})
            self.world.given_to_customer(task.parcel_id, till.store_id, got)

    def _pay_back(self, till: Counterside, task: Task) -> None:
        """The refund that central asks for, in cash, as a receipt that names its key."""
        if till.register.shop.rights.get(task.refund_key) is not None:
            return
        with self.room.database.reading() as connection:
            order = ledger.find(connection, task.order_id).order
        refund = next(one for one in order.refunds if one.refund_key == task.refund_key)
        if refund.paid_at or not till.is_up:
            return
        self.chain.give_money(till, order, refund.line, refund.amount_minor, refund.refund_key)

    def _call(self, till: Counterside, task: Task) -> None:
        """The customer does not want to wait: it is cancelled at the till, as far as it can be."""
        for line in task.lines:
            said = commands.CancelPieces(line.line, line.quantity, "customer")
            self.chain.speak(till, task.order_id, said)
        self.chain.note(f"called the customer: {task.order_id[-6:]}")

    def _count(self, till: Counterside, task: Task) -> None:
        if any(other.unsent for other in self.chain.tills if other.store_id == till.store_id):
            return
        with self.room.database.reading() as connection:
            level = t.stock_level.c
            rows = connection.execute(
                select(level.sku, level.on_hand).where(level.store_id == till.store_id)
            )
            book = {row.sku: row.on_hand for row in rows}
        counted = {line.sku: self.world.shelf[till.store_id, line.sku] for line in task.lines}
        for sku in counted:
            self.world.unseen[till.store_id, sku] = 0
        till.counts(task.task_id, counted, book)

    def _say(self, till: Counterside, command: till_commands.Command) -> str:
        refusal = till.do(command, self.chain.clock.at)
        name = type(command).__name__
        outcome = f" refused {refusal}" if refusal else ""
        task_id = getattr(command, "task_id", "")[-13:]
        self.chain.note(f"{name}{outcome}: {task_id} by {till.journal.workstation_id}")
        return refusal
