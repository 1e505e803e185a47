"""What a card terminal wants on paper beside the receipt, printed as the terminal worded it.

Pure. The receipt itself carries the cardholder's text; these are the slips of what
never becomes a receipt, and the store's own copy where somebody may ask for it later:
a signature, or an approval that the bank has not confirmed.
"""

from __future__ import annotations

from central_sync.countries.country import Country
from hardware.document import Align, Document, Element, Feed, Rule, Text
from hardware.ports import CardAnswer
from pos_client.receipts.checkpoints import END
from pos_client.receipts.paper import Paper, amount, paper_for
from pos_client.register.card import CardPayment, CardState

_NO_RECEIPT = (CardState.DECLINED, CardState.ABORTED)


def slip_document(
    before: CardPayment | None, after: CardPayment, country: Country, local_time: str
) -> Document | None:
    """The slip that a move asks for, if it does; `before` is the payment as it was."""
    paper = paper_for(country, None)
    answer = after.answer
    if answer is None or (before is not None and before.state is after.state):
        return None
    if after.state is CardState.SIGNING:
        return _store_copy(after, answer, paper, local_time)
    was_signed = before is not None and before.state is CardState.SIGNING
    if after.state is CardState.APPROVED and answer.is_offline and not was_signed:
        return _store_copy(after, answer, paper, local_time)
    if after.state is CardState.REVERSED:
        rows: list[Element] = [amount(paper.say("card.reversed"), -answer.approved_minor, paper)]
        return _slip("reversed_title", rows, answer.cardholder_receipt, paper, local_time)
    if after.state in _NO_RECEIPT and answer.cardholder_receipt:
        return _slip("declined_title", [], answer.cardholder_receipt, paper, local_time)
    return None


def _store_copy(card: CardPayment, answer: CardAnswer, paper: Paper, local_time: str) -> Document:
    charged = answer.approved_minor + answer.tip_minor + answer.cashback_minor
    rows: list[Element] = [
        amount(card.tender_name, charged, paper),
        Text(f"{answer.brand} {answer.masked_pan}".strip()),
    ]
    if answer.is_offline:
        rows.append(Text(paper.say("card.offline"), bold=True))
    if answer.needs_signature:
        rows += [Feed(3), Rule(), Text(paper.say("card.signature"))]
    return _slip("store_copy", rows, answer.merchant_receipt, paper, local_time)


def _slip(
    title: str, rows: list[Element], text: tuple[str, ...], paper: Paper, local_time: str
) -> Document:
    return Document(
        (
            Text(paper.say(f"card.{title}"), Align.CENTRE, bold=True),
            Text(local_time, Align.CENTRE),
            Rule(),
            *(Text(line) for line in text),
            *rows,
            *END,
        )
    )
