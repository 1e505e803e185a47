"""From a nexo response to what the till understands.

Pure. Only what is named here leaves the codec: card data the till does not need is
dropped by never being read, and every text is masked. A newcomer would believe the
amount in the answer; it must be at most what was asked, in the same currency, or the
message is refused as unreadable.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from urllib.parse import parse_qs

from hardware.ports import (
    CardAnswer,
    CardOutcome,
    CardReference,
    CardTotals,
    DeviceState,
    Health,
    Reason,
)
from hardware.terminals import json_skin, xml_skin
from hardware.terminals.amounts import to_minor
from hardware.terminals.masking import mask, mask_number
from hardware.terminals.nexo import Message, Tree, Unreadable, flag, part, parts, text

_OUTCOMES = {
    "Busy": CardOutcome.BUSY,
    "InProgress": CardOutcome.IN_PROGRESS,
    "Aborted": CardOutcome.ABORTED,
    "Cancel": CardOutcome.ABORTED,
}
# What is unfit to be a payment at all is no decline: nothing was asked of the card.
_UNFIT = ("MessageFormat", "LoggedOut")
_MOST_LINES = 200
_SUMS = {"Debit": 1, "ReverseDebit": -1}
_GIVEN = {"Credit": 1, "ReverseCredit": -1}


def said(body: Tree) -> str:
    """ "Success", "Partial", or the error condition. Raises Unreadable where it is neither."""
    response = part(body, "Response")
    result = text(response, "Result")
    if result in ("Success", "Partial"):
        return result
    condition = text(response, "ErrorCondition")
    if result != "Failure" or not condition:
        raise Unreadable("neither success nor failure")
    return condition


def read_card_answer(message: Message, asked_minor: int | None, currency: str) -> CardAnswer:
    """A Payment or Reversal response. `asked_minor` is None where it is not remembered.

    `currency` is what was asked, or what this terminal takes.

    Raises Unreadable, also when the amounts are not what was asked.
    """
    body, category = message.body, message.header.category
    service_id, condition = message.header.service_id, said(message.body)
    if condition in _UNFIT:
        raise Unreadable(f"the terminal says {condition}{_hint(body)}")
    if condition not in ("Success", "Partial"):
        return CardAnswer(
            service_id,
            _OUTCOMES.get(condition, CardOutcome.DECLINED),
            reason=mask(condition + _hint(body)),
            cardholder_receipt=_receipt(body, "CustomerReceipt"),
            merchant_receipt=_receipt(body, "CashierReceipt"),
        )
    if category == "Reversal":
        return _reversed(message, asked_minor, currency)
    return _paid(message, asked_minor, currency)


def read_totals(body: Tree) -> CardTotals:
    """A GetTotals or Reconciliation response, per brand. Raises Unreadable."""
    if said(body) not in ("Success", "Partial"):
        raise Unreadable(f"the terminal says {said(body)}{_hint(body)}")
    paid: dict[str, tuple[int, int]] = {}
    given: dict[str, tuple[int, int]] = {}
    for group in parts(body, "TransactionTotals"):
        brand, currency = text(group, "CardBrand"), text(group, "PaymentCurrency") or "SEK"
        for one in parts(group, "PaymentTotals"):
            kind = text(one, "TransactionType")
            for sums, signs in ((paid, _SUMS), (given, _GIVEN)):
                if kind in signs:
                    _add(sums, brand, signs[kind], one, currency)
    return CardTotals(_sums(paid), _sums(given))


def read_state(body: Tree) -> DeviceState:
    """A Diagnosis response, as the device list shows it."""
    status = part(body, "POIStatus")
    overall = text(status, "GlobalStatus")
    if overall == "Maintenance":
        return DeviceState(Health.BLOCKED, Reason.BUSY, "the terminal is being maintained")
    if overall == "Unreachable" or not flag(status, "CommunicationOKFlag", True):
        return DeviceState(Health.WARNING, Reason.OFFLINE, "the terminal does not reach its bank")
    if not flag(status, "SecurityOKFlag", True):
        return DeviceState(Health.BLOCKED, Reason.NOT_CONFIGURED, "the terminal lacks its keys")
    if text(status, "PrinterStatus") in ("NoPaper", "PaperJam", "OutOfOrder"):
        return DeviceState(Health.WARNING, Reason.PAPER_OUT, "the terminal's own printer")
    if overall == "Busy" or said(body) == "Busy":
        return DeviceState(Health.WARNING, Reason.BUSY, "the terminal is in use")
    return DeviceState(Health.READY)


def _paid(message: Message, asked_minor: int | None, currency: str) -> CardAnswer:
    body = message.body
    result = part(body, "PaymentResult")
    amounts = part(result, "AmountsResp")
    card = part(result, "PaymentInstrumentData", "CardData")
    if text(amounts, "Currency") not in ("", currency):
        raise Unreadable(f"it answers in {text(amounts, 'Currency')}, asked in {currency}")
    tip, cashback = (
        _minor(amounts, "TipAmount", currency),
        _minor(amounts, "CashBackAmount", currency),
    )
    approved = _minor(amounts, "AuthorizedAmount", currency) - tip - cashback
    _compare(approved, asked_minor)
    masked = text(card, "MaskedPan") or text(card, "MaskedPAN")
    return CardAnswer(
        message.header.service_id,
        CardOutcome.APPROVED,
        approved_minor=approved,
        tip_minor=tip,
        cashback_minor=cashback,
        reference=_reference(body),
        brand=mask(text(card, "PaymentBrand"))[:40],
        masked_pan=mask_number(masked)[:30],
        authorisation_code=text(part(result, "PaymentAcquirerData"), "ApprovalCode")[:20],
        needs_signature=_needs_signature(body),
        is_offline=not flag(result, "OnlineFlag", True),
        cardholder_receipt=_receipt(body, "CustomerReceipt"),
        merchant_receipt=_receipt(body, "CashierReceipt"),
    )


def _reversed(message: Message, asked_minor: int | None, currency: str) -> CardAnswer:
    body = message.body
    told = "ReversedAmount" in body
    amount = _minor(body, "ReversedAmount", currency) if told else asked_minor or 0
    _compare(amount, asked_minor)
    return CardAnswer(
        message.header.service_id,
        CardOutcome.APPROVED,
        approved_minor=amount,
        reference=_reference(body),
        cardholder_receipt=_receipt(body, "CustomerReceipt"),
        merchant_receipt=_receipt(body, "CashierReceipt"),
    )


def _compare(approved: int, asked_minor: int | None) -> None:
    if approved < 0 or (asked_minor is not None and approved > asked_minor):
        raise Unreadable("it answers with another amount than was asked")


def _minor(tree: Tree, name: str, currency: str) -> int:
    written = tree.get(name, "0")
    if isinstance(written, bool) or not isinstance(written, (str, int, Decimal)):
        raise Unreadable(f"{name} is no amount")
    try:
        return to_minor(written, currency)
    except ValueError as error:
        raise Unreadable(f"{name} is no amount") from error


def _reference(body: Tree) -> CardReference | None:
    found = part(body, "POIData", "POITransactionID")
    name = text(found, "TransactionID")[:60]
    return CardReference(name, text(found, "TimeStamp")[:40]) if name else None


def _hint(body: Tree) -> str:
    """The terminal's own words about a no: percent-encoded pairs, or plain text."""
    written = text(part(body, "Response"), "AdditionalResponse")
    fields = parse_qs(written[:2000])
    for name in ("refusalReason", "message", "errorMessage"):
        if name in fields:
            return f": {fields[name][0][:120]}"
    return f": {written[:120]}" if written and "=" not in written else ""


def _needs_signature(body: Tree) -> bool:
    receipts = parts(body, "PaymentReceipt")
    return any(
        flag(one, "RequiredSignatureFlag", False) or xml_skin.has_signature_block(one)
        for one in receipts
    )


_READERS: tuple[Callable[[Tree], tuple[str, ...]], ...] = (
    json_skin.receipt_lines,
    xml_skin.receipt_lines,
)


def _receipt(body: Tree, qualifier: str) -> tuple[str, ...]:
    for receipt in parts(body, "PaymentReceipt"):
        named = text(receipt, "DocumentQualifier")
        if named == qualifier or (named == "SaleReceipt" and qualifier == "CustomerReceipt"):
            lines = (line for read in _READERS for line in read(receipt))
            return tuple(mask(line)[:100] for line in lines)[:_MOST_LINES]
    return ()


def _add(sums: dict[str, tuple[int, int]], brand: str, sign: int, one: Tree, currency: str) -> None:
    count = text(one, "TransactionCount")
    if not count.isdecimal() or len(count) > 9:
        raise Unreadable("TransactionCount is no number")
    had_count, had = sums.get(brand, (0, 0))
    amount = _minor(one, "TransactionAmount", currency)
    sums[brand] = (had_count + sign * int(count), had + sign * amount)


def _sums(sums: dict[str, tuple[int, int]]) -> tuple[tuple[str, int, int], ...]:
    found = ((brand, count, amount) for brand, (count, amount) in sorted(sums.items()))
    return tuple(one for one in found if one[1:] != (0, 0))
