"""Customers for who asks: from central while it answers in time, else as this store knows them.

Everything here is on the core's thread. Whom central shows is remembered until the register
stops, so that the basket can say a name. Who is shown without central is a journal entry,
with ids and no names, as central writes down its own look-ups. The thing to get wrong:
believing that central knows everybody. Who was made at this till a minute ago is known here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from central_sync.retail.customer import Customer
from central_sync.wire.entries import EntryKind
from pos_client.checkout.answers import Answers, found_customer
from pos_client.checkout.customer_line import CustomerLine, Told
from pos_client.checkout.ledger import Ledger
from pos_client.register.queries import (
    AboutCustomers,
    Answer,
    CustomerFile,
    FindCustomers,
    FindLikely,
    FoundCustomer,
    FoundCustomers,
    LookUpCustomer,
)
from pos_client.storage.errors import StorageTrouble

Reply = Callable[[Answer | None], None]

_log = logging.getLogger(__name__)


class CustomerLookUps:
    """`age_seconds` tells how old the store's own customers are; None when never told."""

    def __init__(
        self,
        ledger: Ledger,
        answers: Answers,
        line: CustomerLine | None,
        age_seconds: Callable[[], int | None],
    ) -> None:
        self._ledger = ledger
        self._answers = answers
        self._line = line
        self._age_seconds = age_seconds

    def ask(self, query: AboutCustomers, reply: Reply) -> None:
        """Nothing is told while nobody is signed on: somebody has to have looked."""
        operator = self._ledger.state.operator
        if operator is None:
            reply(None)
        elif self._line is None:
            self._ask_here(query, reply)
        else:
            why = f"at the till, operator {operator.number}"
            self._line.ask(query, why, lambda told: self._told(query, told, reply))

    def _told(self, query: AboutCustomers, told: Told | None, reply: Reply) -> None:
        if told is None:
            self._ask_here(query, reply)
            return
        people = self._ledger.shop.people
        shown = _shown(told)
        if people is not None:
            for each in shown:
                people.remember(_customer(each))
        reply(self._with_new_ones(query, told))

    def _with_new_ones(self, query: AboutCustomers, told: Told) -> Told:
        """And those whose notes are still on their way to central."""
        if not isinstance(told, FoundCustomers):
            return self._named(told)
        known = {each.customer_id for each in told.customers}
        here = [each for each in self._new_ones(query) if each.customer_id not in known]
        return replace(told, customers=(*map(found_customer, here), *told.customers))

    def _new_ones(self, query: AboutCustomers) -> Sequence[Customer]:
        people = self._ledger.shop.people
        if people is None:
            return ()
        if isinstance(query, FindCustomers):
            return people.made_here(query.text)
        if isinstance(query, FindLikely):
            return people.likely_same(
                Customer("", "", query.phone, query.email, query.member_number)
            )
        return ()

    def _ask_here(self, query: AboutCustomers, reply: Reply) -> None:
        self._answers.ask(query, lambda answer: reply(self._known(query, answer)))

    def _known(self, query: AboutCustomers, answer: Answer | None) -> Answer | None:
        if not isinstance(answer, FoundCustomers | CustomerFile):
            return answer
        if isinstance(answer, CustomerFile) and not answer.customer.name:
            remembered = self._ledger.shop.customer(answer.customer.customer_id)
            if remembered is None:
                return None
            answer = replace(answer, customer=found_customer(remembered))
        self._note(query, [each.customer_id for each in _shown(answer)])
        return self._named(replace(answer, age_seconds=self._age_seconds()))

    def _note(self, query: AboutCustomers, customer_ids: Sequence[str]) -> None:
        """A disk that refuses keeps nobody from being served; the sale will say so."""
        if not customer_ids:
            return
        what = "show" if isinstance(query, LookUpCustomer) else "find"
        entry = (EntryKind.CUSTOMERS_SEEN, {"customer_ids": list(customer_ids), "what": what})
        try:
            self._ledger.write([], [entry], self._ledger.clock.facts())
        except StorageTrouble as trouble:
            _log.error("a look-up is not in the journal: %s", trouble)

    def _named(self, told: Told) -> Told:
        """Stores by their names, as far as this till knows them."""
        if isinstance(told, FoundCustomers):
            return told
        name = self._ledger.shop.store_name
        return replace(
            told,
            orders=tuple(replace(each, store=name(each.store)) for each in told.orders),
            purchases=tuple(replace(each, store=name(each.store)) for each in told.purchases),
        )


def _shown(told: Told) -> tuple[FoundCustomer, ...]:
    if isinstance(told, FoundCustomers):
        return told.customers
    return (told.customer, *told.likely)


def _customer(found: FoundCustomer) -> Customer:
    return Customer(
        found.customer_id,
        found.name,
        phone=found.phone,
        email=found.email,
        member_number=found.member_number,
        address=found.address,
        postcode=found.postcode,
        town=found.town,
    )
