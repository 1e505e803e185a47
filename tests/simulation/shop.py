"""What people and tills of the shop do: sell, print, talk to central, flush.

What must hold all along is looked at where it could be broken: a sale that is told done is in
the journal, a mark is central's, prices are of one moment. The thing to get wrong: judging a
process that has died on the way; it told nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import bindparam, or_, select

from central_sync.database import tables as t
from central_sync.engine.report import RoundReport
from central_sync.engine.round import contact, poll_feed, send_receipts
from central_sync.engine.workstation import Workstation
from central_sync.wire.entries import EntryBody, EntryKind
from pos_client.checkout.ledger import Ledger
from pos_client.register import commands
from pos_client.register.state import Completed
from pos_client.storage.errors import StorageTrouble
from tests.simulation import judge
from tests.simulation.core import Core
from tests.simulation.images import OPEN, SKUS
from tests.simulation.scene import Part, Scene
from tests.simulation.till import Till
from tests.simulation.truth import Sale, Violation, number_in, number_of, price_of

_ENTRY, _PLACE = t.journal_entry.c, t.feed_scope.c
_HELD = select(_ENTRY.hash).where(
    _ENTRY.workstation_id == bindparam("who"),
    _ENTRY.epoch == bindparam("of_epoch"),
    _ENTRY.sequence == bindparam("at"),
)
_POSITIONS = select(_PLACE.scope, _PLACE.position).where(
    or_(_PLACE.scope == "chain", _PLACE.scope == bindparam("store"))
)


class Shop(Part):
    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._agreed: dict[str, int] = {}
        self._checked: dict[str, tuple[tuple[int, int], ...]] = {}

    def sell(self) -> None:
        till = self.chance.rng.choice(self.tills)
        if till.core is None or till.is_core_dead or till.core_is_busy:
            return
        with self.scene.dying(till.name), till.as_core():
            self.sell_at(till)

    def sell_at(self, till: Till) -> bool:
        core, rng = till.core, self.chance.rng
        assert core is not None
        self._refresh(core)
        if core.state.completing is not None:
            return self._complete(till)
        number = next(
            (number_of(one.unit_price_minor) for one in core.state.basket.live if one.sku == OPEN),
            0,
        )
        before = self.truth.sales.get(number)
        is_sold = before is not None and before.is_done and till.is_forked
        if is_sold or (number and till.has_old_basket):
            # The customer has left: a basket that an older disk brought back.
            till.has_old_basket = False
            core.do(commands.VoidBasket())
            return False
        till.has_old_basket = False
        if core.state.has_basket and not core.state.basket.payments and rng.random() < 0.2:
            core.do(commands.VoidBasket())
            self.chance.note("a basket was voided")
            number = number if core.state.has_basket else 0
        if not number:
            number = self.truth.next_number()
            if core.do(commands.AddItem(OPEN, 1, price_of(number))).startswith("storage."):
                return False
        for _ in range(rng.choice((0, 1, 1, 2))):
            core.do(commands.AddItem(rng.choice(SKUS), rng.choice((1, 1, 2, 3))))
        if till.is_core_dead or not core.state.has_basket:
            return False
        if rng.random() < 0.1:
            self.chance.note("a basket was left open")
            return False
        return self._pay(till, number)

    def _refresh(self, core: Core) -> None:
        """What the core does once a second; a catalogue that cannot be read is the one before."""
        try:
            if core.shop.master.refresh():
                self.chance.note("the register took new prices")
        except StorageTrouble:
            self.chance.note("a register could not read its catalogue")

    def _complete(self, till: Till) -> bool:
        """A paid basket whose receipt could not be written: it is tried again."""
        core = till.core
        assert core is not None
        open_line = next(one for one in core.state.basket.live if one.sku == OPEN)
        before = core.state.last
        core.do(commands.RetryCompletion())
        self.chance.note("a completion was tried again")
        return not till.is_core_dead and self._told(
            till, number_of(open_line.unit_price_minor), before
        )

    def _pay(self, till: Till, number: int) -> bool:
        core = till.core
        assert core is not None
        lines = tuple((o.sku, o.quantity, o.unit_price_minor) for o in core.state.basket.live)
        sale = self.truth.sales.get(number)
        if sale is not None and sale.is_done:
            raise Violation(f"sale {number} was done and its basket came back")
        sale = Sale(number, till.number, lines)
        self.truth.sales[number] = sale
        if self.chance.is_so(self.climate.poison):
            self.chance.note("a receipt that central cannot read")
            sale.is_poison = True
            _poison(core.ledger)
        before = core.state.last
        try:
            said = core.do(commands.Pay("cash", sale.total_minor))
        finally:
            vars(core.ledger).pop("body", None)
            till.mark_bodies()
        if till.is_core_dead:
            self.chance.note("died while paying")
            return False
        self.chance.trace(till.name, number, said)
        if not self._told(till, number, before):
            self.chance.note(f"not paid: {said}")
            return False
        return True

    def _told(self, till: Till, number: int, before: Completed | None) -> bool:
        """Did the register say that the sale is done? Then it is in the journal."""
        core, sale = till.core, self.truth.sales[number]
        assert core is not None
        last = core.state.last
        if last is None or last == before:
            return False
        assert core.records is not None
        entry = core.records.journal.entry(core.records.head.epoch, core.records.head.sequence)
        if entry is None or number_in(entry.body) != number:
            raise Violation(f"sale {number} was told done and is not in the journal")
        sale.is_done, sale.receipt_number, sale.body = True, last.receipt_number, entry.body
        return True

    def print(self) -> None:
        till = self.chance.rng.choice(self.tills)
        core = till.core
        if core is None or till.is_core_dead or till.core_is_busy:
            return
        with self.scene.dying(till.name), till.as_core():
            self.print_at(till, core)

    def print_at(self, till: Till, core: Core) -> bool:
        """One job onto paper; False when there is none, or none may begin."""
        try:
            job = core.spool.next_queued()
            if job is None:
                return False
            core.spool.began(job.job_id)
        except StorageTrouble:
            return False
        if till.is_core_dead:
            return False
        if job.receipt_number:
            self.truth.print(till.number, job.receipt_number, job.total_minor)
        for _ in range(100) if not till.is_core_dead else ():
            try:
                core.spool.finished(job.job_id)
                return True
            except StorageTrouble:
                self.chance.note("what was printed could not be noted at once")
        return False

    def talk(self) -> None:
        """A till's sync does one of the three things that it does."""
        till = self.chance.rng.choice(self.tills)
        if till.sync is None or till.is_sync_dead or till.sync_is_busy:
            return
        self.talk_by(till, self.chance.rng.choice((contact, contact, send_receipts, poll_feed)))

    def talk_by(self, till: Till, ask: Callable[[Workstation], RoundReport]) -> None:
        assert till.sync is not None
        history = self.scene.histories
        with self.scene.dying(till.name), till.as_sync():
            report = ask(till.sync)
            if till.is_sync_dead:
                return
            codes = [trouble.code.value for trouble in report.troubles]
            self.chance.trace(till.name, ask.__name__, report.receipts, report.changes, *codes)
            for code in codes:
                self.chance.note(f"trouble: {code}")
            if ask is contact and not codes and history == self.scene.histories:
                self._agreed[till.name] = history
            if self._agreed.get(till.name, 0) == self.scene.histories:
                self._check_marks(till)
            has_come = report.changes or report.is_snapshot_taken
            if has_come and not codes and history == self.scene.histories:
                self._check_caught_up(till)
        self._check_prices(till)

    def flush(self) -> None:
        till = self.chance.rng.choice(self.tills)
        if till.core is not None and not till.is_core_dead and not till.core_is_busy:
            with self.scene.dying(till.name), till.as_core():
                till.core.flusher.step()

    def _check_marks(self, till: Till) -> None:
        """A mark names an entry that central has, with the same hash.

        After central was restored a till has to hear of it first, and from no older answer.
        """
        is_old = self.scene.histories and self.net.old_answer
        if not self.center.is_up or till.sync is None or is_old:
            return
        with till.as_sync(), till.disk.read_without_fail():
            marks = till.sync.store.state().marks
        who = till.identity.workstation_id
        for mark in marks.values():
            asked = {"who": who, "of_epoch": mark.epoch, "at": mark.sequence}
            if mark.sequence and self.center.read(_HELD, **asked) != [(mark.hash,)]:
                raise Violation(
                    f"{till.name} marked {mark.epoch}:{mark.sequence}, central has it not"
                )

    def _check_caught_up(self, till: Till) -> None:
        """Where a till stands where central does after an undisturbed answer, it has its rows."""
        if not self.center.is_up or till.sync is None or self.net.old_answer:
            return
        store = f"store:{till.identity.store_id}"
        with till.as_sync(), till.disk.read_without_fail():
            here = till.sync.catalogue.positions()
        if here is None or dict(self.center.read(_POSITIONS, store=store)) != dict(here):
            return
        self.chance.note("a till was looked at that had caught up")
        with self.center.asking() as ask, till.as_sync(), till.disk.read_without_fail():
            judge.check_master(till.home / "master.db", ask, till.identity.store_id)

    def _check_prices(self, till: Till) -> None:
        """Looked at whenever the file was written: what central had is only ever added to."""
        path = till.home / "master.db"
        if till.sync is not None and not till.is_sync_dead and path.exists():
            # The name is a link to the newest file, and its log stands beside that.
            file = path.resolve()
            files = (file, file.with_name(f"{file.name}-wal"))
            version = tuple(till.disk.version_of(file) for file in files)
            if (0, 0) in version or self._checked.get(till.name) != version:
                with till.as_sync(), till.disk.read_without_fail():
                    is_judged = judge.check_prices(self.truth, path, till.name)
                self._checked.pop(till.name, None)
                if is_judged:
                    self._checked[till.name] = version


def _poison(ledger: Ledger) -> None:
    """The next receipt has a field that no central can read, as a bug would write it."""
    plain = ledger.body

    def spoilt(kind: EntryKind, payload: dict[str, Any], *rest: Any, **more: Any) -> EntryBody:
        if kind is EntryKind.RECEIPT:
            payload = payload | {"tax_groups": "none"}
        return plain(kind, payload, *rest, **more)

    vars(ledger)["body"] = spoilt
