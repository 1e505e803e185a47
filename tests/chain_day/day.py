"""A day of a chain from one number: sales, orders, stores that are busy, cut off or dead.

Central is the real one on a pretend clock; stores decide as tills do and are heard when their
line is up. First anything may happen; then lines and tills come back, time goes on, and every
order has to end. The thing to get wrong: helping. In the calm people do their tasks and head
office sees to what was escalated, nobody else touches an order.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from central_sync.retail.orders import commands, is_finished, pieces
from central_sync.server.orders import changing, deciding, following, replanning
from central_sync.wire.orders import CancelLine, CancelRequest
from tests.chain_day.buyers import Buyers
from tests.chain_day.chain import Chain
from tests.chain_day.judge import Judge
from tests.chain_day.staff import Staff

STEPS = 160
MEAN_SECONDS = 150
CALM_ROUNDS = 60
HOLD_DAYS = 7


class ChainDay:
    """`run` is the whole of it; raises Broken. `template` is a migrated, empty database."""

    def __init__(self, seed: int, template: Path, folder: Path) -> None:
        self.chain = chain = Chain(seed, template, folder)
        self.rng, self.world, self.room = chain.rng, chain.world, chain.room
        self.buyers = Buyers(chain)
        self.staff = Staff(chain)
        self.judge = Judge(chain)

    def close(self) -> None:
        self.chain.close()

    def run(self) -> None:
        for till in self.chain.tills:
            till.contact()
        self.room.router.image.stale()
        for step in range(STEPS):
            self.chain.forward(self.rng.expovariate(1 / MEAN_SECONDS))
            self._choose()()
            self.chain.time_goes_on()
            if step % 20 == 0:
                self.judge.audit()
        self._calm()
        self.judge.judge()

    def _choose(self) -> Callable[[], None]:
        acts: list[tuple[Callable[[], None], float]] = [
            (self.buyers.sell, 2),
            (self.buyers.order_at_till, 4),
            (self.buyers.order_on_web, 3),
            (self.buyers.rush_for_the_last, 0.5),
            (self.buyers.leave_a_quote, 0.5),
            (self.staff.work, 24),
            (self.buyers.cancel, 0.8),
            (self.buyers.give_back, 0.8),
            (self.pull_or_plug, self.chain.climate.outages),
            (self.die, self.chain.climate.deaths),
            (self.say_twice, 0.5),
            (self.replan, 0.4),
        ]
        return self.rng.choices([act for act, _ in acts], [weight for _, weight in acts])[0]

    def pull_or_plug(self) -> None:
        store_id = self.rng.choice(self.chain.store_ids)
        here = [till for till in self.chain.tills if till.store_id == store_id]
        is_up = not here[0].is_up
        for till in here:
            till.is_up = is_up
        self.chain.note(f"the line is {'plugged in' if is_up else 'pulled'}: {store_id}")

    def die(self) -> None:
        """One of a store's two tills; its disk is read when somebody comes for it."""
        till = self.rng.choice(self.chain.tills)
        other = next(
            one for one in self.chain.tills if one.store_id == till.store_id and one is not till
        )
        if not till.is_dead and not other.is_dead:
            till.is_dead = True
            self.chain.note(f"died with {till.unsent} unsent: {till.journal.workstation_id}")

    def say_twice(self) -> None:
        till = self.chain.some_till()
        if till.is_up:
            till.sends_again(self.rng.randint(1, 20))

    def replan(self) -> None:
        if replanning.replan(self.room):
            self.chain.note("a parcel was moved")

    def _calm(self) -> None:
        """Lines and disks are back, everybody works; after it nothing may be left to do."""
        for till in self.chain.tills:
            if till.is_dead and till.unsent:
                self.chain.note(
                    f"a late flood: {till.unsent} entries of {till.journal.workstation_id}"
                )
            till.is_up, till.is_dead = True, False
        self.chain.time_goes_on()
        for number in range(CALM_ROUNDS):
            if not self._is_unfinished():
                break
            for till in self.chain.tills:
                for task in till.tasks():
                    self.staff.see_to(till, task, is_calm=True)
                till.contact()
            self._head_office()
            self.chain.forward(60 if number < 30 else 86_400 * HOLD_DAYS / 5)
            self.chain.time_goes_on()
        # What the last tasks ask for in their turn, a count say, and what that asks for.
        for _ in range(3):
            for till in self.chain.tills:
                for task in till.tasks():
                    self.staff.see_to(till, task, is_calm=True)
                till.contact()
            self.chain.time_goes_on()

    def _is_unfinished(self) -> bool:
        return any(not is_finished(self.chain.order(order_id)) for order_id in self.chain.orders)

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
                self.chain.note(f"head office gave up a line: {order.order_id[-6:]}")
        self._pay_web_refunds()

    def _pay_web_refunds(self) -> None:
        """What the web shop was paid the web shop pays back, and says so."""
        for order_id in self.chain.orders:
            order = self.chain.order(order_id)
            for refund in order.refunds:
                if not refund.paid_at and not order.store_id:
                    self.world.repaid[order_id] += refund.amount_minor
                    deciding.act(self.room, order_id, commands.PayRefund(refund.refund_key, "bank"))
