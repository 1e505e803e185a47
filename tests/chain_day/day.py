"""A day of a chain from one number: sales, orders, stores that are busy, cut off or dead.

Central is the real one on a pretend clock; stores decide as tills do and are heard when their
line is up. First anything may happen; then lines and tills come back, time goes on, and every
order has to end. The thing to get wrong: helping. In the calm people do their tasks and head
office sees to what was escalated, nobody else touches an order.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.database.open import open_database
from central_sync.retail.basket import ReturnOf
from central_sync.retail.orders import (
    Address,
    CustomerOrder,
    MadeWhere,
    Mode,
    OrderLine,
    Promise,
    commands,
    is_finished,
    pieces,
)
from central_sync.retail.orders.commands import OrderCommand
from central_sync.retail.plain import tagged
from central_sync.retail.transaction import RetailTransaction
from central_sync.server.carriers import FolderCarrier
from central_sync.server.central import Central
from central_sync.server.importing.load import Loader
from central_sync.server.messages import FolderMessenger
from central_sync.server.orders import (
    auditing,
    changing,
    deciding,
    following,
    ledger,
    quotes,
    quoting,
    replanning,
    selling,
    sending,
)
from central_sync.server.orders.identities import collect_code, new_id
from central_sync.server.orders.quotes import Client
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.sending import Outlets
from central_sync.server.refused import Refused
from central_sync.server.settings import CentralSettings
from central_sync.server.snapshot import Snapshots
from central_sync.server.warehouse.rebuild import rebuild
from central_sync.server.warehouse.upkeep import Upkeep
from central_sync.wire.entries import EntryKind
from central_sync.wire.orders import CancelLine, CancelRequest, OrderPayment, OrderRequest
from central_sync.wire.quotes import QuoteLine, QuoteRequest
from central_sync.wire.sealing import KeySet
from pos_client.register import commands as till_commands
from pos_client.register.tasks import ACCEPTED, OFFERED, PACKED, PICKING, Task
from tests.builders import a_shop, an_open_register
from tests.central.office import CHAIN, NOON, Clock, enrolled, item_row, store_row
from tests.central.orders.shop import ANNA, SHOP, MemoryPrivate
from tests.central.warehouse import stock
from tests.chain_day.counter import Counterside
from tests.chain_day.world import PRICE_MINOR, World
from tests.retail.trade import basket_line, cash, closed
from tests.simulation.chance import fixed_key

SKUS = tuple(f"SKU-{number}" for number in range(1, 7))
STEPS = 160
MEAN_SECONDS = 150
CALM_ROUNDS = 60
HOLD_DAYS = 7


class Broken(AssertionError):
    """A promise of the chain was not kept."""


@dataclass(frozen=True, slots=True)
class Climate:
    """How likely what is; a seed leaves some of it out, so that the rest is seen alone."""

    outages: float
    deaths: float
    rejects: float
    lazy: float
    missing: float


class ChainDay:
    """`run` is the whole of it; raises Broken. `template` is a migrated, empty database."""

    def __init__(self, seed: int, template: Path, folder: Path) -> None:
        self.rng = random.Random(seed)
        self.log: list[str] = []
        self.clock = Clock(NOON - timedelta(hours=3))
        self.world = World()
        self.climate = self._climate()
        path = folder / f"central-{seed}.db"
        path.write_bytes(template.read_bytes())
        settings = CentralSettings(folder, f"sqlite:///{path}")
        database = open_database(settings.database_url)
        key = fixed_key(f"central-{seed}")
        snapshots = Snapshots(database, settings.snapshots, key, self.clock)
        keys = KeySet.generate()
        self.central = Central(settings, database, key, snapshots, self.clock, data_keys=keys)
        self.private = MemoryPrivate()
        self.room = OrderRoom(database, self.clock, self.private, b"a secret of central")
        carrier, letters = FolderCarrier(folder / "parcels"), FolderMessenger(folder / "letters")
        self.outlets = Outlets(carrier, letters)
        self.upkeep = Upkeep(database, self.clock)
        self.store_ids = [f"s{number:02d}" for number in range(1, self.rng.randint(4, 6) + 1)]
        self._found()
        self.tills = [self._till(store_id, label) for store_id in self.store_ids for label in "12"]
        self.receipts = 0
        self.orders: list[str] = []
        self.returnable: list[tuple[str, CustomerOrder, int]] = []

    # -- the chain

    def _climate(self) -> Climate:
        def chance(most: float) -> float:
            return self.rng.choice((0.0, most / 2, most))

        return Climate(chance(3.0), chance(1.5), chance(0.4), chance(0.4), chance(0.3))

    def _found(self) -> None:
        with self.central.database.atomic() as connection:
            loader = Loader(connection, self.central.timestamp())
            loader.write("chain", [CHAIN])
            stores = [
                store_row(store_id) | {"latitude": f"{57.0 + 1.3 * at:.4f}"}
                for at, store_id in enumerate(self.store_ids)
            ]
            loader.write("stores", stores)
            loader.write("items", [item_row(number) for number in range(1, len(SKUS) + 1)])
            loader.finish()
            for store_id in self.store_ids:
                for sku in SKUS:
                    self._stocked(connection, store_id, sku)

    def _stocked(self, connection: Connection, store_id: str, sku: str) -> None:
        """Few of each, so that the last one is wanted often; some are not there at all."""
        booked = self.rng.choice((0, 1, 1, 2, 3, 4))
        lacking = booked and self.rng.random() < self.climate.missing
        if booked:
            stock(connection, booked, store_id, sku)
        self.world.shelf[store_id, sku] = booked - int(lacking)
        self.world.unseen[store_id, sku] = int(lacking)

    def _till(self, store_id: str, label: str) -> Counterside:
        shop = a_shop()
        shop.seller = replace(shop.seller, store_id=store_id)
        for sku in SKUS:
            shop = shop.with_item(sku, "199,00", sku=sku)
        journal = enrolled(self.central, store_id, label)
        return Counterside(self.room, self.central, journal, an_open_register(shop))

    # -- the day

    def run(self) -> None:
        for till in self.tills:
            till.contact()
        self.room.router.image.stale()
        for step in range(STEPS):
            self._forward(self.rng.expovariate(1 / MEAN_SECONDS))
            self._choose()()
            self._time_goes_on()
            if step % 20 == 0:
                self._audit()
        self._calm()
        self._judge()

    def close(self) -> None:
        self.central.close()

    def _choose(self) -> Callable[[], None]:
        acts: list[tuple[Callable[[], None], float]] = [
            (self.sell, 2),
            (self.order_at_till, 4),
            (self.order_on_web, 3),
            (self.rush_for_the_last, 0.5),
            (self.leave_a_quote, 0.5),
            (self.work, 24),
            (self.cancel, 0.8),
            (self.give_back, 0.8),
            (self.pull_or_plug, self.climate.outages),
            (self.die, self.climate.deaths),
            (self.say_twice, 0.5),
            (self.replan, 0.4),
        ]
        return self.rng.choices([act for act, _ in acts], [weight for _, weight in acts])[0]

    def _forward(self, seconds: float) -> None:
        self.clock.forward(seconds=round(seconds, 3))

    def _time_goes_on(self) -> None:
        """What runs by itself: lines that are up, central's timed work."""
        up = [till for till in self.tills if till.is_up and not till.is_dead]
        for till in up:
            till.up()
        till_row = t.workstation.c
        with self.central.database.atomic() as connection:
            here = till_row.workstation_id.in_([till.journal.workstation_id for till in up])
            heard = update(t.workstation).where(here)
            connection.execute(heard.values(last_contact_at=self.room.timestamp()))
        following.follow(self.room)
        sending.send_due(self.room, self.outlets)
        self.upkeep.run()

    def _note(self, words: str) -> None:
        self.world.seen[words.split(":")[0]] += 1
        self.log.append(f"{self.clock.at:%d %H:%M:%S} {words}")

    # -- selling

    def sell(self) -> None:
        """Over the counter, off the shelf, whoever it was promised to."""
        till = self._some_till()
        there = [sku for sku in SKUS if self.world.shelf[till.store_id, sku]]
        if not there:
            return
        sku = self.rng.choice(there)
        self.world.shelf[till.store_id, sku] -= 1
        self.receipts += 1
        line = basket_line(1, sku, PRICE_MINOR, sku=sku)
        self._sell(till, closed([line], [cash(PRICE_MINOR)], number=self.receipts))
        self._note(f"sold over the counter: {sku} in {till.store_id}")

    def order_at_till(self, sku: str = "", till: Counterside | None = None) -> None:
        """Paid at a till, brought later: held by central, or a wish when it is not heard."""
        till = till or self._some_till()
        wanted = [sku] if sku else self.rng.choices(SKUS, k=self.rng.choice((1, 1, 2, 3)))
        mode, where = self._how()
        quote_id, promise = "", Promise.INTENT
        if till.is_up:
            client = Client(f"till:{till.journal.workstation_id}", till.store_id, True)
            held = self._quote(wanted, mode, where, client)
            if held is None:
                self._note("nobody had it for a till")
                return
            quote_id, promise = held, Promise.RESERVED
        self.receipts += 1
        self._sell(till, self._order_receipt(till, wanted, (mode, where), quote_id, promise))

    def _order_receipt(
        self,
        till: Counterside,
        wanted: list[str],
        how: tuple[str, str],
        quote_id: str,
        promise: Promise,
    ) -> RetailTransaction:
        mode, where = how
        at = self.room.timestamp()
        basket = [basket_line(n, sku, PRICE_MINOR, sku=sku) for n, sku in enumerate(wanted, 1)]
        total = PRICE_MINOR * len(wanted)
        receipt = closed(basket, [cash(total)], number=self.receipts)
        address_id = new_id(at)
        self.private.kept[address_id] = ANNA
        lines = tuple(
            OrderLine(
                line.line, line.sku, line.name, 1, line.gross_minor, line.vat_minor,
                line.tax_rate_basis_points, Mode(mode), promise, collect_store_id=where,
                answer_by="" if quote_id else self._tomorrow(),
            )
            for line in receipt.lines
        )  # fmt: skip
        order = CustomerOrder(
            order_id=receipt.receipt_id,
            number=receipt.receipt_number,
            made=MadeWhere.IN_STORE,
            lines=lines,
            address=Address(address_id=address_id),
            quote_id=quote_id,
        )
        self._ordered(order.order_id, total, f"{promise.value} {mode} {wanted} in {till.store_id}")
        sold = replace(order, receipt_id=receipt.receipt_id)
        self.returnable += [(till.store_id, sold, line.line) for line in lines]
        return replace(receipt, order=order)

    def order_on_web(self, sku: str = "") -> None:
        wanted = [sku] if sku else self.rng.choices(SKUS, k=self.rng.choice((1, 1, 2)))
        mode, where = self._how()
        quote_id = self._quote(wanted, mode, where, SHOP)
        if quote_id is None:
            self._note("nobody had it for the web")
            return
        if self.rng.random() < 0.15:
            self._forward(self.rng.choice((200, 900)))
        self._place(quote_id, wanted, mode)

    def _place(self, quote_id: str, wanted: list[str], mode: str) -> None:
        with self.room.database.reading() as connection:
            held = quotes.the_quote(connection, quote_id, SHOP)
        total = sum(line.gross_minor for line in held.lines) + held.fee.gross_minor
        asked = OrderRequest(
            quote_id=quote_id,
            address=ANNA,
            payments=[OrderPayment(tender_id="web", amount_minor=total)],
        )
        try:
            order = selling.order(self.room, asked, SHOP).order
        except Refused as refused:
            self._note(f"the web's quote was gone: {refused}")
            return
        self._ordered(order.order_id, total, f"web {mode} {wanted}")

    def rush_for_the_last(self) -> None:
        """Two tills and the web want the same item at once."""
        with self.room.database.reading() as connection:
            level = t.stock_level.c
            left = Counter[str]()
            for row in connection.execute(select(level.sku, level.on_hand, level.reserved)):
                left[row.sku] += max(0, row.on_hand - row.reserved)
        scarce = [sku for sku in SKUS if left[sku] == 1] or [sku for sku in SKUS if left[sku]]
        if not scarce:
            return
        sku = self.rng.choice(scarce)
        buyers: list[Callable[[], None]] = [
            lambda: self.order_on_web(sku),
            lambda: self.order_at_till(sku),
            lambda: self.order_at_till(sku),
        ]
        self.rng.shuffle(buyers)
        self._note(f"a rush: {sku}, {left[sku]} left")
        for buy in buyers:
            buy()

    def leave_a_quote(self) -> None:
        if self._quote([self.rng.choice(SKUS)], "ship", "", SHOP):
            self._note("a quote was left")

    def _quote(self, wanted: list[str], mode: str, where: str, client: Client) -> str | None:
        lines = [
            QuoteLine(line=n, sku=sku, mode=mode, collect_store_id=where)  # type: ignore[arg-type]
            for n, sku in enumerate(wanted, 1)
        ]
        told = quoting.quote(self.room, QuoteRequest(lines=lines, postcode="411 19"), client)
        if not told.is_whole:
            quoting.let_go(self.room, told.quote_id, client)
            return None
        return told.quote_id

    def _how(self) -> tuple[str, str]:
        if self.rng.random() < 0.3:
            return "collect", self.rng.choice(self.store_ids)
        return "ship", ""

    def _ordered(self, order_id: str, total: int, words: str) -> None:
        self.orders.append(order_id)
        self.world.paid[order_id] += total
        self._note(f"ordered: {order_id[-6:]} {words}")

    def _sell(self, till: Counterside, receipt: RetailTransaction) -> None:
        seller = replace(receipt.seller, store_id=till.store_id)
        till.journal.sell(replace(receipt, seller=seller), at=self.room.timestamp())

    def _tomorrow(self) -> str:
        return (self.clock.at + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # -- what people in stores do

    def work(self) -> None:
        """Somebody in a store sees to one of its tasks."""
        till = self._some_till()
        if till.is_up:
            till.down()
        tasks = till.tasks()
        if tasks and self.rng.random() >= self.climate.lazy:
            self._see_to(till, self.rng.choice(tasks), is_calm=False)

    def _see_to(self, till: Counterside, task: Task, *, is_calm: bool) -> None:
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
            case "call_customer" if is_calm:
                self._call(till, task)
            case "count" if is_calm:
                self._count(till, task)

    def _pick(self, till: Counterside, task: Task, *, is_calm: bool) -> None:
        if task.state == OFFERED:
            if not is_calm and self.rng.random() < self.climate.rejects:
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
        self._give_money(till, order, refund.line, refund.amount_minor, refund.refund_key)

    def _give_money(
        self, till: Counterside, order: CustomerOrder, number: int, minor: int, refund_key: str
    ) -> None:
        line = order.line(number)
        assert line is not None
        self.receipts += 1
        took = ReturnOf(order.receipt_id, order.number, number, minor, line.vat_minor, "regret",
                        refund_key)  # fmt: skip
        back = basket_line(1, line.name, minor, sku=line.sku, returned=took)
        self._sell(till, closed([back], [cash(-minor)], number=self.receipts))
        self.world.repaid[order.order_id] += minor
        till.contact()
        self._note(f"paid back: {order.order_id[-6:]}/{number} in {till.store_id}")

    def _call(self, till: Counterside, task: Task) -> None:
        """The customer does not want to wait: it is cancelled at the till, as far as it can be."""
        for line in task.lines:
            said = commands.CancelPieces(line.line, line.quantity, "customer")
            self._speak(till, task.order_id, said)
        self._note(f"called the customer: {task.order_id[-6:]}")

    def _speak(self, till: Counterside, order_id: str, said: OrderCommand) -> None:
        at = self.room.timestamp()
        payload = {"order_id": order_id, "command": tagged(said)}
        till.journal.note(EntryKind.ORDER_COMMAND, id=new_id(at), payload=payload, at=at)

    def _count(self, till: Counterside, task: Task) -> None:
        if any(other.unsent for other in self.tills if other.store_id == till.store_id):
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
        refusal = till.do(command, self.clock.at)
        name = type(command).__name__
        outcome = f" refused {refusal}" if refusal else ""
        task_id = getattr(command, "task_id", "")[-13:]
        self._note(f"{name}{outcome}: {task_id} by {till.journal.workstation_id}")
        return refusal

    # -- customers change their minds

    def cancel(self) -> None:
        """By the customer, at central or at any till."""
        known = [order_id for order_id in self.orders if self._order(order_id).order_id]
        if not known:
            return
        order_id = self.rng.choice(known)
        if self.rng.random() < 0.5:
            changing.cancel(self.room, order_id, CancelRequest(), "web", is_inside=True)
            self._note(f"cancelled at central: {order_id[-6:]}")
            return
        line = self.rng.choice([one for one in self._order(order_id).lines if one.is_carried])
        self._speak(self._some_till(), order_id, commands.CancelPieces(line.line, 1, "customer"))
        self._note(f"cancelled at a till: {order_id[-6:]}")

    def give_back(self) -> None:
        """A shipped or collected pair comes back in any store, and is paid for at once."""
        till = self._some_till()
        mine = [one for one in self.returnable if self.world.got[one[1].order_id, one[2]] == 1]
        if not mine or not till.is_up:
            return
        sold_in, order, number = self.rng.choice(mine)
        now = self._order(order.order_id)
        line = now.line(number)
        if line is None or line.given_back or pieces(now, line).delivered != 1:
            return
        self.returnable.remove((sold_in, order, number))
        self.world.got[order.order_id, number] -= 1
        self.world.shelf[till.store_id, line.sku] += 1
        self._give_money(till, order, number, line.gross_minor, "")

    # -- trouble

    def pull_or_plug(self) -> None:
        store_id = self.rng.choice(self.store_ids)
        here = [till for till in self.tills if till.store_id == store_id]
        is_up = not here[0].is_up
        for till in here:
            till.is_up = is_up
        self._note(f"the line is {'plugged in' if is_up else 'pulled'}: {store_id}")

    def die(self) -> None:
        """One of a store's two tills; its disk is read when somebody comes for it."""
        till = self.rng.choice(self.tills)
        other = next(one for one in self.tills if one.store_id == till.store_id and one is not till)
        if not till.is_dead and not other.is_dead:
            till.is_dead = True
            self._note(f"died with {till.unsent} unsent: {till.journal.workstation_id}")

    def say_twice(self) -> None:
        till = self._some_till()
        if till.is_up:
            till.sends_again(self.rng.randint(1, 20))

    def replan(self) -> None:
        if replanning.replan(self.room):
            self._note("a parcel was moved")

    def _some_till(self) -> Counterside:
        return self.rng.choice([till for till in self.tills if not till.is_dead])

    # -- the end

    def _calm(self) -> None:
        """Lines and disks are back, everybody works; after it nothing may be left to do."""
        for till in self.tills:
            if till.is_dead and till.unsent:
                self._note(f"a late flood: {till.unsent} entries of {till.journal.workstation_id}")
            till.is_up, till.is_dead = True, False
        self._time_goes_on()
        for number in range(CALM_ROUNDS):
            if not self._is_unfinished():
                break
            for till in self.tills:
                for task in till.tasks():
                    self._see_to(till, task, is_calm=True)
                till.contact()
            self._head_office()
            self._forward(60 if number < 30 else 86_400 * HOLD_DAYS / 5)
            self._time_goes_on()
        for till in self.tills:
            for task in till.tasks():
                self._see_to(till, task, is_calm=True)
            till.contact()
        self._time_goes_on()

    def _is_unfinished(self) -> bool:
        return any(not is_finished(self._order(order_id)) for order_id in self.orders)

    def _head_office(self) -> None:
        """Sees to what waits for a person, and pays back what the web shop took."""
        with self.room.database.reading() as connection:
            stuck = [stored.order for stored in following.stuck(connection)]
        for order in stuck:
            asked = [
                CancelLine(line=line.line, quantity=pieces(order, line).waiting)
                for line in order.lines
                if line.is_carried and line.escalated and pieces(order, line).waiting
            ]
            if asked:
                words = CancelRequest(lines=asked, reason="shop")
                changing.cancel(self.room, order.order_id, words, "office", is_inside=True)
                self._note(f"head office gave up a line: {order.order_id[-6:]}")
        self._pay_web_refunds()

    def _pay_web_refunds(self) -> None:
        """What the web shop was paid the web shop pays back, and says so."""
        for order_id in self.orders:
            order = self._order(order_id)
            for refund in order.refunds:
                if not refund.paid_at and not order.store_id:
                    self.world.repaid[order_id] += refund.amount_minor
                    deciding.act(self.room, order_id, commands.PayRefund(refund.refund_key, "bank"))

    def _order(self, order_id: str) -> CustomerOrder:
        with self.room.database.reading() as connection:
            return ledger.find(connection, order_id).order

    # -- the judge

    def _audit(self) -> None:
        with self.room.database.reading() as connection:
            broken = auditing.audit(connection, self.room.timestamp())
            wrong = rebuild(connection, self.room.timestamp(), check=True).wrong
        if broken or wrong:
            raise Broken(f"{broken} {wrong}")

    def _judge(self) -> None:
        self._audit()
        faults = [fault for order_id in self.orders for fault in self._faults(order_id)]
        faults += self.world.left_over()
        faults += self._shelf_faults()
        faults += [f"{till.store_id} has the open task {task.task_id}"
                   for till in self.tills for task in till.tasks()]  # fmt: skip
        if faults:
            raise Broken("; ".join(faults))

    def _faults(self, order_id: str) -> list[str]:
        order = self._order(order_id)
        if not order.order_id:
            return [f"order {order_id[-6:]} was paid and never came"]
        name = f"order {order_id[-6:]}"
        found = [] if is_finished(order) else [f"{name} is not finished: {self._where(order)}"]
        worth = 0
        for line in order.lines:
            got = self.world.got[order_id, line.line]
            if line.is_carried:
                worth += PRICE_MINOR * got
                told = pieces(order, line).delivered
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
