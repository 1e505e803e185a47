"""What the register may look up while it decides: the shop around it, read only.

Pure: a Protocol and the values it speaks in. The thing to get wrong: nothing
behind this may wait for a network or a device; it is a local database read or a
value already in memory.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from central_sync.countries.country import Country
from central_sync.retail.basket import Basket
from central_sync.retail.customer import Customer
from central_sync.retail.item import Item
from central_sync.retail.operator import Operator
from central_sync.retail.proof import Proof
from central_sync.retail.tax import TaxRate
from central_sync.retail.tender import Tender
from central_sync.retail.transaction import RetailTransaction, Seller
from pos_client.register.desk_orders import DeskOrder, OrderedPieces, RefundRight
from pos_client.register.goods_list import Delivery
from pos_client.register.tasks import Task


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true at this instant: clock and a fresh id, so that deciding stays pure.

    `at` is ISO 8601 UTC with milliseconds and Z; `local_time` is what a person
    reads ("2026-11-22 14:32:07"); `today` the local ISO date.
    """

    at: str
    local_time: str
    today: str
    new_id: str


@dataclass(frozen=True, slots=True)
class SuspendedBasket:
    at: str
    operator_name: str
    basket: Basket


class PrintOutcome(StrEnum):
    """What became of a print whose fate was in doubt."""

    WHOLE = "whole"
    AGAIN = "again"
    COPIED = "copied"
    GIVEN_UP = "given_up"
    ORIGINAL_AGAIN = "original_again"


@dataclass(frozen=True, slots=True)
class PrintQuestion:
    """A print that may be on paper. `kind` is receipt, copy, x_report, z_report, card_slip or
    cash_slip.

    `is_asked`: it is void on paper, or never will be, so a person can tell now. `is_last`: it
    is the one allowed copy of a receipt that came out, so nothing may be printed again (R5).
    """

    job_id: int
    kind: str
    receipt_number: str
    total_minor: int
    attempt: int
    is_asked: bool = True
    is_last: bool = False

    def outcome(self, *, came_out: bool) -> PrintOutcome:
        """What a person's answer leads to."""
        if came_out:
            return PrintOutcome.WHOLE
        if self.kind != "copy":
            return PrintOutcome.AGAIN
        return PrintOutcome.GIVEN_UP if self.is_last else PrintOutcome.ORIGINAL_AGAIN


class Shop(Protocol):
    """Reads from master data and this workstation's own records."""

    @property
    def country(self) -> Country: ...

    @property
    def seller(self) -> Seller: ...

    @property
    def workstation(self) -> str:
        """The label printed on receipts ("117")."""

    @property
    def workstation_id(self) -> str:
        """Unique in the chain ("s01-117"): what receipts are numbered with."""

    @property
    def epoch(self) -> int: ...

    @property
    def tax_rates(self) -> Sequence[TaxRate]: ...

    @property
    def tenders(self) -> Sequence[Tender]: ...

    @property
    def has_card_terminal(self) -> bool:
        """Cards go over a terminal of ours; without one a card payment is only written down."""

    @property
    def drawer_cash_minor(self) -> int:
        """What the drawer holds by the books, the open basket's cash not with it."""

    def find(self, code: str) -> Item | None:
        """By GTIN, any other code, or SKU, exactly."""

    def operator(self, number: str) -> Operator | None: ...

    def pin_matches(self, number: str, pin: str) -> bool: ...

    def receipt(self, receipt_number: str) -> RetailTransaction | None:
        """A receipt of this workstation by its printed number."""

    def any_receipt(self, receipt_number: str) -> RetailTransaction | None:
        """A receipt of this workstation, or of another that central has told of."""

    def returned(self, receipt_id: str) -> Mapping[int, int]:
        """Pieces already taken back, per line of that receipt, here or as central told."""

    def unheard(self, receipt_id: str) -> Proof | None:
        """What a signed code proved of a receipt that nobody else here knows of."""

    def is_copied(self, receipt_id: str) -> bool: ...

    def customer(self, customer_id: str) -> Customer | None:
        """Who this is, as far as it is known here without a network."""

    def likely_customers(self, customer: Customer) -> Sequence[Customer]:
        """Others known here with the same phone, e-mail or member number."""

    @property
    def can_seal(self) -> bool:
        """What is private can be kept here: the till's own key is at hand."""

    def suspended(self) -> Sequence[SuspendedBasket]: ...

    def print_question(self) -> PrintQuestion | None:
        """The oldest print that only a person can settle."""

    @property
    def deposit_shop(self) -> str:
        """The six digits of this store on its own machines' deposit slips, or ""."""

    def is_deposit_used(self, number: str) -> bool:
        """A slip with this number was paid out here."""

    def on_hand(self, sku: str) -> int | None:
        """The store's stock of an item with this till's own movements; None where none is kept."""

    def goods_task(self, task_id: str) -> tuple[str, Sequence[tuple[str, str, int]]] | None:
        """What central asks to receive, count or put back: reference and (sku, name, quantity)."""

    def task(self, task_id: str) -> Task | None:
        """A task of this store with what this till has done to it."""

    def parcel(self, code: str) -> Task | None:
        """The task of the parcel that leaves by a carrier under this code or order number."""
        ...

    def order(self, order_id: str) -> DeskOrder | None:
        """An order that was found at this till, as it was told last."""

    def refund_right(self, refund_key: str) -> RefundRight | None:
        """What central lets this till pay back."""

    def is_refunded(self, refund_key: str) -> bool:
        """This till has paid it back."""

    def ordered(self, receipt_id: str) -> Mapping[int, OrderedPieces]:
        """Of the lines that an order delivers, by line: what of them may come back."""

    def code_matches(self, task: Task, code: str) -> bool:
        """The customer's code for a parcel, known by its hash alone."""

    def delivery(self, reference: str) -> Delivery | None:
        """The newest delivery received here under that reference."""

    def last_at(self) -> str:
        """When the newest journal entry was made (ISO UTC), or ""."""

    def fiscal_problem(self) -> str:
        """A text key when no receipt could be sealed now, or ""."""

    def printer_problem(self) -> str:
        """A text key when no printer is set up though the law wants paper, or "".

        A printer that is merely away is no reason not to sell: its paper waits.
        """

    def storage_problem(self) -> str:
        """A text key when no sale could be written now (disk full), or ""."""
