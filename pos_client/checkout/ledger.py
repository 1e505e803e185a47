"""The register's state and totals together with the disk that holds them.

Everything that changes either goes through `edit` or `write`: first saved, then
folded, so nobody ever sees what is not kept. The thing to get wrong: setting
`state` from outside; only the two methods here and `replace_with` do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from central_sync.engine.epochs import Order
from central_sync.engine.notes import Note
from central_sync.retail.orders.commands import CollectPieces
from central_sync.retail.plain import to_plain
from central_sync.retail.till import TillTotals
from central_sync.wire.entries import EntryBody, EntryKind
from hardware.document import Document
from pos_client.checkout.clock import Clock
from pos_client.checkout.journalling import Told, card_differences
from pos_client.checkout.reporting import day_report, totals_after, with_terminal
from pos_client.checkout.shop import StoreShop
from pos_client.receipts.card_slip import slip_document
from pos_client.receipts.cash_slip import cash_slip
from pos_client.receipts.reports import report_document
from pos_client.receipts.task_papers import delivery_note, pick_list
from pos_client.register import events as happened
from pos_client.register.events import Event
from pos_client.register.evolve import evolve
from pos_client.register.fulfilling import PARCEL_LABEL, PICK_LIST
from pos_client.register.shop import Facts, SuspendedBasket
from pos_client.register.state import Register
from pos_client.register.tasks import Task, TaskAct
from pos_client.storage.card_payments import CardPayments
from pos_client.storage.epochs import state_in
from pos_client.storage.records import Act, Records
from pos_client.storage.tasks import label_states

CardMove = happened.CardMoved | happened.CardSetAside | happened.CardSaleFetched


class Ledger:
    def __init__(self, records: Records, shop: StoreShop, clock: Clock) -> None:
        self.shop = shop
        self.clock = clock
        self._records = records
        loaded = records.load()
        self.state: Register = loaded.state
        self.totals: TillTotals = loaded.totals
        shop.drawer_cash = lambda: self.totals.expected_cash_minor
        self.recovered_events = loaded.recovered_events
        self.cards = CardPayments(records.database)
        self._never_reuse_a_number()

    def _never_reuse_a_number(self) -> None:
        self.skip_numbers(self.shop.receipts.highest_number(self.shop.epoch))
        used = self.cards.highest_number()
        self.state = replace(self.state, next_card=max(self.state.next_card, used + 1))

    def skip_numbers(self, highest: int) -> None:
        """Receipts up to this number of the epoch are on paper somewhere; never below it again.

        Kept with the next durable act.
        """
        if self.state.next_number <= highest and self.state.completing is None:
            self.state = replace(self.state, next_number=highest + 1)

    def carry_on(self, order: Order) -> int:
        """Enter another epoch and say there again what forked; returns how many entries.

        Not while a receipt is completing: its number is of the old epoch.
        """
        assert self.state.completing is None
        facts = self.clock.facts()
        state = state_in(self.state, order)
        with self._records.act(state, self.totals) as act:
            count = act.carry_on(
                order, lambda payload: self.body(EntryKind.EPOCH_ENTERED, payload, facts)
            )
        self.state = state
        self.shop.epoch = order.epoch
        return count

    def facts(self) -> Facts:
        return self.clock.facts()

    def edit(self, events: Sequence[Event]) -> None:
        """Basket edits: kept against kill -9 now, against a power cut within 50 ms."""
        after = self.state
        for event in events:
            after = evolve(after, event)
        self._records.save_edits(events)
        self.state = after

    def write(
        self,
        events: Sequence[Event],
        entries: Sequence[Told],
        facts: Facts,
        notes: Sequence[Note] = (),
    ) -> None:
        """One durable act: the events, their journal entries and what they leave behind.

        `notes` say about people what neither events nor entries may.
        """
        state, totals = self.state, self.totals
        for event in events:
            state = evolve(state, event)
            totals = totals_after(totals, event)
        with self._records.act(state, totals) as act:
            for note in notes:
                act.note(note)
            for kind, payload in entries:
                act.journal(self.body(kind, payload, facts, after=state))
            for event in events:
                self._file(act, event, facts)
        self.state, self.totals = state, totals

    def act(self, state: Register, totals: TillTotals) -> AbstractContextManager[Act]:
        """A durable act that the caller fills; follow it with `replace_with`."""
        return self._records.act(state, totals)

    def replace_with(self, state: Register, totals: TillTotals) -> None:
        """What `act` has just made durable."""
        self.state, self.totals = state, totals

    def label_states(self) -> dict[str, tuple[int, str]]:
        """By task the (epoch, state) of the labels that were ever wanted on this till."""
        return label_states(self._records.database)

    def label_parcel(self, task: Task, paper: Document | None = None) -> None:
        """A parcel's labels are printed, or are now, on this paper."""
        at = self.clock.facts().at
        with self.act(self.state, self.totals) as act:
            act.keep_label(task.task_id, task.working_epoch, "printed", at)
            if paper is not None:
                act.print(paper, kind=PARCEL_LABEL, receipt_number="", total_minor=0, at=at)

    def body(
        self,
        kind: EntryKind,
        payload: dict[str, Any],
        facts: Facts,
        *,
        after: Register | None = None,
        entry_id: str = "",
    ) -> EntryBody:
        """A journal entry's body: who, when, which day, and what."""
        later = after or self.state
        operator = self.state.operator or later.operator
        return EntryBody(
            id=entry_id or self.clock.new_id(),
            kind=kind.value,
            at=facts.at,
            business_day=self.state.day or later.day,
            store=self.shop.seller.store_id,
            workstation=self.shop.workstation_id,
            operator=operator.number if operator else "",
            payload=payload,
        )

    def _file(self, act: Act, event: Event, facts: Facts) -> None:
        """What an event leaves beside its journal entry, in the same transaction."""
        file = _FILED.get(type(event))
        if file is not None:
            file(self, act, event, facts)

    def _suspend(self, act: Act, event: happened.BasketSuspended, facts: Facts) -> None:
        name = self.state.operator.name if self.state.operator else ""
        act.suspend(SuspendedBasket(facts.at, name, event.basket))

    def _resume(self, act: Act, event: happened.BasketResumed, facts: Facts) -> None:
        act.resume(event.basket.basket_id)

    def _x(self, act: Act, event: happened.XReportMade, facts: Facts) -> None:
        self._report(act, EntryKind.X_REPORT, facts, 0, None)

    def _z(self, act: Act, event: happened.DayClosed, facts: Facts) -> None:
        self._report(act, EntryKind.Z_REPORT, facts, event.number, dict(event.counted), event)

    def _cash_moved(self, act: Act, event: happened.CashMoved, facts: Facts) -> None:
        shop, operator = self.shop, self.state.operator
        name = operator.name if operator else ""
        slip = cash_slip(event, shop.seller, shop.workstation, name, shop.country, facts.local_time)
        act.print(slip, kind="cash_slip", receipt_number="", total_minor=0, at=facts.at)

    def _card_asked(self, act: Act, event: happened.CardAsked, facts: Facts) -> None:
        act.ask_card(event.card, event.basket, facts.at)

    def _card_moved(self, act: Act, event: CardMove, facts: Facts) -> None:
        """The row of the move, and what of it has to be on paper."""
        before = next(
            (card for card in self.state.cards if card.payment_id == event.card.payment_id), None
        )
        act.move_card(event.card, facts.at)
        slip = slip_document(before, event.card, self.shop.country, facts.local_time)
        if slip is not None:
            act.print(slip, kind="card_slip", receipt_number="", total_minor=0, at=facts.at)

    def _settle(self, act: Act, event: happened.PrintSettled, facts: Facts) -> None:
        act.settle_print(event.job_id, event.outcome)

    def _goods_moved(self, act: Act, event: happened.GoodsMoved, facts: Facts) -> None:
        act.move_goods(event.movement, facts.at)
        if event.movement.task_id:
            # Over here at once; central hears of it with the goods.
            done = TaskAct(event.movement.task_id, 0, outcome="done")
            act.keep_task_act(done, facts.at)

    def _task_acted(self, act: Act, event: happened.TaskActed, facts: Facts) -> None:
        task = self.shop.task(event.act.task_id)
        if event.is_told:
            act.keep_task_act(event.act, facts.at)
        if task is None:
            return
        for kind in event.papers:
            if kind == PARCEL_LABEL:
                act.keep_label(task.task_id, task.working_epoch, "wanted", facts.at)
                continue
            document = task_paper(kind, task, event, self.shop, facts.local_time)
            act.print(document, kind=kind, receipt_number="", total_minor=0, at=facts.at)

    def _invoice_checked(self, act: Act, event: happened.InvoiceChecked, facts: Facts) -> None:
        act.check_delivery(event.checked.delivery_id)

    def _report(
        self,
        act: Act,
        kind: EntryKind,
        facts: Facts,
        number: int,
        counted: Mapping[str, int] | None,
        closed: happened.DayClosed | None = None,
    ) -> None:
        words = self.shop.country.words
        title = words.x_report if kind is EntryKind.X_REPORT else words.z_report
        report = day_report(
            title, self.state, self.totals, self.shop, facts, number=number, counted=counted
        )
        if closed is not None:
            report = with_terminal(report, closed)
            for told_kind, payload in card_differences(report):
                act.journal(self.body(told_kind, payload, facts))
        act.journal(self.body(kind, to_plain(report), facts))
        document = report_document(report, self.shop.country)
        act.print(document, kind=kind.value, receipt_number="", total_minor=0, at=facts.at)


def task_paper(
    kind: str, task: Task, event: happened.TaskActed, shop: StoreShop, local_time: str
) -> Document:
    """A pick list, or the delivery note of what is handed out now."""
    if kind == PICK_LIST:
        return pick_list(task, shop.seller.store_name, shop.country, local_time)
    command = event.act.order_command
    pieces = command.pieces if isinstance(command, CollectPieces) else ()
    return delivery_note(task, pieces, shop.seller, shop.country, local_time)


_FILED: dict[type[Any], Callable[[Ledger, Act, Any, Facts], None]] = {
    happened.BasketSuspended: Ledger._suspend,
    happened.BasketResumed: Ledger._resume,
    happened.XReportMade: Ledger._x,
    happened.DayClosed: Ledger._z,
    happened.PrintSettled: Ledger._settle,
    happened.CashMoved: Ledger._cash_moved,
    happened.CardAsked: Ledger._card_asked,
    happened.CardMoved: Ledger._card_moved,
    happened.CardSetAside: Ledger._card_moved,
    happened.CardSaleFetched: Ledger._card_moved,
    happened.GoodsMoved: Ledger._goods_moved,
    happened.InvoiceChecked: Ledger._invoice_checked,
    happened.TaskActed: Ledger._task_acted,
}
