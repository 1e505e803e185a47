"""Messages of the nexo Retailer protocol (Sale to POI 3.0 and 3.1), whatever skin they wear.

Pure. A message is a header and a tree: dicts, lists, text, `bool`, whole numbers and
Decimals, named as the standard names them; `json_skin` and `xml_skin` turn it into bytes.
A newcomer would take any Failure for "not paid": Busy has begun nothing, InProgress is
still deciding, and NotFound proves something only after settling.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hardware.ports import CardKind, CardReference, CardRequest, ReversalRequest
from hardware.terminals.amounts import to_text

Tree = dict[str, Any]


class Unreadable(Exception):
    """What came is no message of this protocol; says which part."""


@dataclass(frozen=True, slots=True)
class Header:
    """Who speaks to whom about what; an answer carries the header of its question."""

    category: str
    service_id: str
    sale_id: str
    poi_id: str


@dataclass(frozen=True, slots=True)
class Message:
    """`kind` is Request or Response; `body` is what PaymentRequest (and so on) holds.

    `repeated` is the answer inside a TransactionStatus response, if it holds one.
    """

    header: Header
    kind: str
    body: Tree
    repeated: Message | None = None

    @property
    def body_name(self) -> str:
        return self.header.category + self.kind


@dataclass(frozen=True, slots=True)
class Amount:
    """A JSON number that is written digit by digit."""

    text: str


@dataclass(frozen=True, slots=True)
class Sale:
    """The two ends: how the till and the terminal are named in every header."""

    sale_id: str
    poi_id: str

    def ask(self, category: str, service_id: str, body: Tree) -> Message:
        header = Header(category, service_id, self.sale_id, self.poi_id)
        return Message(header, "Request", body)


def payment(sale: Sale, request: CardRequest) -> Message:
    """A payment, or a refund of its own (PaymentType Refund)."""
    amounts = _amounts(request.amount_minor, request.currency)
    most = request.most_cashback_minor
    if most is not None and request.kind is CardKind.PAYMENT:
        amounts["MaximumCashBackAmount"] = Amount(to_text(most, request.currency))
    transaction: Tree = {"AmountsReq": amounts}
    if request.original is not None:
        transaction["OriginalPOITransaction"] = _original(sale, request.original)
    refund = request.kind is CardKind.REFUND
    body: Tree = {
        "SaleData": {"SaleTransactionID": _identified(request.transaction_id, request.at)},
        "PaymentTransaction": transaction,
        "PaymentData": {"PaymentType": "Refund" if refund else "Normal"},
    }
    return sale.ask("Payment", request.service_id, body)


def linked_refund(sale: Sale, request: CardRequest, original: CardReference) -> Message:
    """A refund to the card of an earlier payment, without the card (a partial reversal)."""
    body: Tree = {
        "SaleData": {"SaleTransactionID": _identified(request.transaction_id, request.at)},
        "OriginalPOITransaction": _original(sale, original),
        "ReversalReason": "MerchantCancel",
        "ReversedAmount": Amount(to_text(request.amount_minor, request.currency)),
    }
    return sale.ask("Reversal", request.service_id, body)


def reversal(sale: Sale, request: ReversalRequest) -> Message:
    """All of an earlier payment, taken back as if it had not been."""
    body: Tree = {
        "OriginalPOITransaction": _original(sale, request.reference),
        "ReversalReason": "Malfunction",
    }
    return sale.ask("Reversal", request.service_id, body)


def status(
    sale: Sale, service_id: str, about: str, category: str, *, reprints: bool = False
) -> Message:
    """What became of `about`; `category` is Payment or Reversal. `reprints` asks for receipts."""
    body: Tree = {"MessageReference": _message_reference(sale, about, category)}
    if reprints:
        body["ReceiptReprintFlag"] = True
        body["DocumentQualifier"] = ["CashierReceipt", "CustomerReceipt"]
    return sale.ask("TransactionStatus", service_id, body)


def abort(sale: Sale, service_id: str, about: str) -> Message:
    """A wish to end `about`; the terminal need not answer."""
    reference = _message_reference(sale, about, "Payment")
    return sale.ask(
        "Abort", service_id, {"MessageReference": reference, "AbortReason": "MerchantAbort"}
    )


def login(sale: Sale, service_id: str, at: str) -> Message:
    """Begins a session, and ends whatever an earlier one had begun. `at` is ISO 8601 UTC."""
    software = {
        "ProviderIdentification": "Spindel",
        "ManufacturerID": "Spindel",
        "ApplicationName": "Spindel",
        "SoftwareVersion": "1",
        "CertificationCode": "0",
    }
    terminal = {
        "TerminalEnvironment": "Attended",
        "SaleCapabilities": ["CashierStatus", "CashierError", "PrinterReceipt"],
    }
    body = {
        "DateTime": at,
        "SaleSoftware": software,
        "SaleTerminalData": terminal,
        "OperatorLanguage": "sv",
    }
    return sale.ask("Login", service_id, body)


def diagnosis(sale: Sale, service_id: str) -> Message:
    """How the terminal is, without asking its bank."""
    return sale.ask("Diagnosis", service_id, {"HostDiagnosisFlag": False})


def get_totals(sale: Sale, service_id: str) -> Message:
    """The sums so far."""
    return sale.ask("GetTotals", service_id, {"TotalFilter": {"SaleID": sale.sale_id}})


def reconciliation(sale: Sale, service_id: str) -> Message:
    """The sums, and the start of a new period."""
    return sale.ask("Reconciliation", service_id, {"ReconciliationType": "SaleReconciliation"})


def _amounts(amount_minor: int, currency: str) -> Tree:
    return {"Currency": currency, "RequestedAmount": Amount(to_text(amount_minor, currency))}


def _identified(name: str, at: str) -> Tree:
    return {"TransactionID": name, "TimeStamp": at}


def _original(sale: Sale, reference: CardReference) -> Tree:
    return {
        "SaleID": sale.sale_id,
        "POIID": sale.poi_id,
        "POITransactionID": _identified(reference.poi_transaction_id, reference.poi_at),
    }


def _message_reference(sale: Sale, about: str, category: str) -> Tree:
    return {
        "MessageCategory": category,
        "POIID": sale.poi_id,
        "SaleID": sale.sale_id,
        "ServiceID": about,
    }


def part(tree: object, *names: str) -> Tree:
    """The tree under `names`, or an empty one where it is not there."""
    for name in names:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def parts(tree: Tree, name: str) -> list[Tree]:
    """The trees of a list; what is no list of trees is empty."""
    found = tree.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def text(tree: Tree, name: str) -> str:
    """A short text, or ""; a number is written out."""
    found = tree.get(name)
    if isinstance(found, (int, Decimal)) and not isinstance(found, bool):
        return str(found)
    if not isinstance(found, str):
        return ""
    return "".join(sign for sign in found[:20_000] if sign.isprintable())


def flag(tree: Tree, name: str, otherwise: bool) -> bool:
    """JSON's true and XML's "true"."""
    found = tree.get(name)
    if isinstance(found, bool):
        return found
    return {"true": True, "1": True, "false": False, "0": False}.get(str(found), otherwise)
