"""The card terminal: the only device that moves money.

A newcomer would take an exception for "not paid". It means "not known": only an
answer decides, and `status` is asked before anything is tried again. The one who
pays journals each request, durably, before calling `pay` or `reverse`. Card
numbers never pass: `masked_pan` is what the terminal prints.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hardware.ports.device import DeviceState


class CardKind(StrEnum):
    PAYMENT = "payment"
    REFUND = "refund"


class CardOutcome(StrEnum):
    """What an answer says.

    NOT_FOUND is final only after `settle`: until then the request may still arrive.
    UNKNOWN is an answer to `status` alone: the terminal has lost its log (it was
    replaced or emptied), so it will never tell; the acquirer's report decides.
    BUSY means that nothing was begun: wait, and ask with the same request.
    """

    APPROVED = "approved"
    DECLINED = "declined"
    ABORTED = "aborted"
    IN_PROGRESS = "in_progress"
    BUSY = "busy"
    NOT_FOUND = "not_found"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CardRequest:
    """`service_id` names the try: 1 to 10 letters or digits, never used again (nexo ServiceID).

    It does not begin with "Z": such ids are the driver's own, for logins and questions.

    `transaction_id` names the sale it belongs to; `at` is ISO 8601 UTC with Z. Amounts
    are whole minor units of `currency`, always positive; `kind` says which way.
    `original` is what a linked refund takes back, where it is known. `most_cashback_minor` is
    what may be handed out in cash beside a payment, 0 for nothing; None leaves it to the terminal.
    """

    service_id: str
    transaction_id: str
    at: str
    amount_minor: int
    currency: str
    kind: CardKind = CardKind.PAYMENT
    original: CardReference | None = None
    most_cashback_minor: int | None = None


@dataclass(frozen=True, slots=True)
class CardReference:
    """How the terminal names a transaction of its own (nexo POITransactionID)."""

    poi_transaction_id: str
    poi_at: str


@dataclass(frozen=True, slots=True)
class ReversalRequest:
    """Takes back one approved request as if it had not been; `service_id` is its own."""

    service_id: str
    at: str
    reversed_service_id: str
    reference: CardReference
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class CardAnswer:
    """What the terminal said about `service_id`.

    `approved_minor` may be less than asked (partial approval) and includes neither
    `tip_minor` nor `cashback_minor`. `reason` is the terminal's own word for a no.
    The receipt texts are printed as they came. `is_offline`: approved without the
    acquirer, which may still refuse it later.
    """

    service_id: str
    outcome: CardOutcome
    approved_minor: int = 0
    tip_minor: int = 0
    cashback_minor: int = 0
    reference: CardReference | None = None
    brand: str = ""
    masked_pan: str = ""
    authorisation_code: str = ""
    needs_signature: bool = False
    is_offline: bool = False
    reason: str = ""
    cardholder_receipt: tuple[str, ...] = ()
    merchant_receipt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CardTotals:
    """The terminal's own sums since it was last reconciled, per brand: (count, minor units).

    `payments` and `refunds` are pairs (brand, count, amount_minor); amounts positive.
    """

    payments: tuple[tuple[str, int, int], ...]
    refunds: tuple[tuple[str, int, int], ...]


class PaymentTerminal(Protocol):
    """Calls block until an answer or a deadline, in the payment thread; one at a time,
    except `abort` and `state`, which any thread may call while a payment is under way.

    Raises the tree in `hardware.errors`: Absent and Misconfigured before a byte was
    sent; Stalled and Lost when the fate of the request is not known; Refused when an answer
    came that cannot be used (a broken seal, another amount, no message at all), and then
    the fate is not known either: ask `status`.
    """

    def pay(self, request: CardRequest) -> CardAnswer: ...

    def reverse(self, request: ReversalRequest) -> CardAnswer: ...

    def status(self, service_id: str, witness: str = "") -> CardAnswer:
        """What became of a payment or a reversal asked before.

        `witness` is an earlier `service_id` that this terminal has answered, if the
        caller knows one (the driver remembers its own). A terminal that knows neither
        has lost its log: UNKNOWN, where NOT_FOUND would be believed.
        """

    def settle(self) -> None:
        """Returns when no request sent before can still arrive: connections are closed
        and every buffer on the way has had its time. Only then is NOT_FOUND final, and
        even then it is asked twice. Raises Absent where it cannot be made sure (the
        terminal does not answer): settle again before NOT_FOUND is believed.
        """

    def abort(self, service_id: str) -> None:
        """A wish: the answer of the payment itself decides."""

    def totals(self) -> CardTotals:
        """The terminal's sums so far; asking changes nothing."""

    def reconcile(self) -> CardTotals:
        """Close the terminal's period and start its sums from zero; returns the closed sums.

        Where the answer is lost the sums may be closed or not: `totals` tells which.
        """

    def state(self) -> DeviceState: ...

    def close(self) -> None: ...
