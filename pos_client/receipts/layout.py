"""A closed transaction laid out as paper: the receipt, the return receipt, the copy.

Pure: everything on paper comes from the transaction, nothing is looked up or
computed again. Fields after SKVFS 2014:9 7 kap 1 § (fiscal-law R3-R9, R11). The
thing to get wrong: a marking (KOPIA, RETURKVITTO) must be twice the size of the
amounts, so no amount may ever be printed double (R8); the total is only bold.
"""

from __future__ import annotations

from central_sync.countries.country import Country, ReceiptWords
from central_sync.retail.orders.order import CustomerOrder, Mode, OrderLine, Promise
from central_sync.retail.tender import CardSlip, Payment, TenderKind
from central_sync.retail.transaction import LineItem, ReceiptKind, RetailTransaction, Sealed
from hardware.document import (
    Align,
    Barcode,
    BarcodeKind,
    Columns,
    Document,
    Element,
    QrCode,
    Rule,
    Text,
)
from pos_client.receipts.checkpoints import END, HEAD
from pos_client.receipts.paper import Paper, amount, marking, paper_for, tax_table


def receipt_document(
    transaction: RetailTransaction,
    country: Country,
    *,
    language: str | None = None,
    code: str = "",
) -> Document:
    """The original receipt. `language` is "sv" or "en"; None is the country's own (R9).

    `code` is what the till signed of it, for a return where nobody can be asked.
    """
    paper = paper_for(country, language)
    marks = _kind_marking(transaction, country)
    return Document((*marks, *_body(transaction, paper), *_signed(code, paper), *END))


def _signed(code: str, paper: Paper) -> list[Element]:
    if not code:
        return []
    return [QrCode(code, or_text=False), Text(paper.say("signed_code"), Align.CENTRE)]


def copy_document(
    transaction: RetailTransaction,
    country: Country,
    *,
    copied_at_local: str,
    copy_seal: Sealed | None,
    number: int,
    language: str | None = None,
) -> Document:
    """The one allowed copy (6 kap 3 §), marked KOPIA at double size.

    `number` is the copy's own; `copied_at_local` its time ("2026-11-22 15:02:11").
    The original's number, time and control code stand in the body as they were.
    """
    paper = paper_for(country, language)
    return Document(
        (
            marking(country.words.copy),
            *_kind_marking(transaction, country),
            Columns(f"{paper.say('copy_number')} {number}", copied_at_local),
            Text(f"{paper.say('copy_of')} {transaction.receipt_number}"),
            *_seal(copy_seal, paper),
            Rule(),
            *_body(transaction, paper),
            *END,
        )
    )


_MARKED_KINDS = {
    ReceiptKind.RETURN: "return_",
    ReceiptKind.TRAINING: "training",
    ReceiptKind.PROFORMA: "proforma",
    ReceiptKind.COPY: "copy",
}


def _kind_marking(transaction: RetailTransaction, country: Country) -> list[Element]:
    name = _MARKED_KINDS.get(transaction.kind)
    return [marking(_fixed_word(country.words, name))] if name else []


def _fixed_word(fixed: ReceiptWords, name: str) -> str:
    word: str = getattr(fixed, name)
    return word


def _body(transaction: RetailTransaction, paper: Paper) -> list[Element]:
    elements = [*_head(transaction, paper), Rule(), HEAD]
    if transaction.order is None:
        for line in transaction.live_lines:
            elements += _line(line, paper)
    else:
        elements += _two_sections(transaction, transaction.order, paper)
    elements += [Rule(), *_totals(transaction, paper), Rule()]
    elements += _tax(transaction, paper)
    elements += _seal(transaction.seal, paper)
    elements += _cards(transaction, paper)
    elements += _foot(transaction)
    return elements


def _head(transaction: RetailTransaction, paper: Paper) -> list[Element]:
    """Who sells, where, when, which receipt, which register, which person (R3 a-e)."""
    seller = transaction.seller
    number = f"{paper.say('organisation_number')} {seller.organisation_number}"
    if seller.phone:
        number += f"  {paper.say('phone')} {seller.phone}"
    place = ", ".join(part for part in (seller.address, _town(transaction)) if part)
    head: list[Element] = [Text(seller.company, Align.CENTRE, bold=True)]
    if seller.store_name not in ("", seller.company):
        head.append(Text(seller.store_name, Align.CENTRE))
    head += [Text(place, Align.CENTRE), Text(number, Align.CENTRE)]
    receipt = f"{paper.say('receipt')} {transaction.receipt_number}"
    workstation = f"{paper.say('workstation')} {transaction.workstation}"
    cashier = f"{paper.say('cashier')} {transaction.operator_name}"
    return [*head, Columns(receipt, transaction.local_time), Columns(workstation, cashier)]


def _town(transaction: RetailTransaction) -> str:
    return f"{transaction.seller.postcode} {transaction.seller.town}".strip()


def _line(line: LineItem, paper: Paper) -> list[Element]:
    """Quantity, article and amount; what was changed about it stands below (R3 f-h)."""
    name = line.name if line.weight_grams else f"{line.quantity} {line.name}"
    row = amount(name, line.gross_minor, paper)
    if line.original_receipt:
        return [row, *_weight(line, paper), *_taken_back(line, paper)]
    return [row, *_price_rows(line, paper), *_pack(line, paper)]


def _two_sections(
    transaction: RetailTransaction, order: CustomerOrder, paper: Paper
) -> list[Element]:
    """What is taken now, what comes later with its promise and its class, and the fee."""
    ordered = {line.line: line for line in order.lines}
    later = [line for line in transaction.live_lines if ordered[line.line].is_carried]
    fees = [line for line in transaction.live_lines if ordered[line.line].mode is Mode.FEE]
    now = [line for line in transaction.live_lines if line not in later and line not in fees]
    rows: list[Element] = []
    if now:
        rows.append(Text(paper.say("order.now"), bold=True))
        for line in now:
            rows += _line(line, paper)
        rows.append(Rule())
    rows.append(Text(paper.say("order.later"), bold=True))
    for line in later:
        rows += [*_line(line, paper), *_promise(ordered[line.line], paper)]
    for line in fees:
        rows += _line(line, paper)
    return [*rows, Text(f"{paper.say('order.number')} {order.number}")]


def _promise(line: OrderLine, paper: Paper) -> list[Element]:
    """How it comes, by when, and what kind of promise that is, in words."""
    way = paper.say(f"order.{line.mode}")
    if line.collect_store_name or line.collect_store_id:
        way = f"{way} {line.collect_store_name or line.collect_store_id}"
    rows = [way]
    if line.promise is Promise.INTENT:
        rows += [
            paper.say("order.wish"),
            f"{paper.say('order.answer_by')} {_moment(line.answer_by)}",
        ]
        rows.append(paper.say("order.else_money_back"))
    else:
        rows.append(paper.say("order.reserved"))
        if line.promised_by:
            rows.append(f"{paper.say(f'order.by_{line.mode}')} {line.promised_by[:10]}")
    return [Text(f"  {row}") for row in rows]


def _moment(at: str) -> str:
    """The day of an ISO time; the hour would need the shop's clock."""
    return at[:10]


def _weight(line: LineItem, paper: Paper) -> list[Element]:
    """ "0,452 kg x 199,00 kr/kg", also of what comes back."""
    return [Text(f"  {_unit(line, paper)}")] if line.weight_grams else []


def _unit(line: LineItem, paper: Paper) -> str:
    price = paper.money(line.unit_price_minor)
    if not line.weight_grams:
        return f"{line.quantity} x {price}"
    return f"{paper.kilograms(line.weight_grams)} kg x {price} {paper.say('per_kilogram')}"


def _pack(line: LineItem, paper: Paper) -> list[Element]:
    """What was not weighed or priced here, and what tells this pack from another."""
    rows: list[Element] = []
    if line.weight_reason:
        rows.append(Text(f"  {paper.say('manual_weight')}"))
    if line.is_label_price:
        rows.append(Text(f"  {paper.say('label_price')}"))
    if line.serial:
        rows.append(Text(f"  {paper.say('serial')} {line.serial}"))
    return rows


def _taken_back(line: LineItem, paper: Paper) -> list[Element]:
    rows: list[Element] = [Text(f"  {paper.say('returns_receipt')} {line.original_receipt}")]
    if line.return_reason:
        rows.append(Text(f"  {paper.say('return_reason')}: {paper.reason(line.return_reason)}"))
    return rows


def _price_rows(line: LineItem, paper: Paper) -> list[Element]:
    if line.quantity == 1 and not line.modifiers and not line.weight_grams:
        return []
    unit = f"  {_unit(line, paper)}"
    rows: list[Element] = []
    for modifier in line.modifiers:
        reason = f" {paper.reason(modifier.reason)}".rstrip()
        if modifier.kind == "override":
            listed = paper.money(line.list_price_minor)
            unit += f" ({paper.say('listed_at')} {listed}){reason}"
            continue
        rate = f" {paper.percent(modifier.basis_points)}" if modifier.basis_points else ""
        saved = paper.money(modifier.amount_minor)
        rows.append(Text(f"  {paper.say('discount')}{rate} {saved}{reason}"))
    return [Text(unit), *rows]


def _totals(transaction: RetailTransaction, paper: Paper) -> list[Element]:
    """What is to be paid, how it was rounded, and with what it was paid (R3 h, k)."""
    is_refund = transaction.total_minor < 0
    label = f"{paper.say('total' if is_refund else 'to_pay')} {transaction.currency}"
    rows: list[Element] = [amount(label, transaction.total_minor, paper, bold=True)]
    if transaction.rounding_minor:
        rows.append(amount(paper.say("rounding"), transaction.rounding_minor, paper))
    rows += [amount(_payment_name(p), p.amount_minor, paper) for p in transaction.payments]
    if any(payment.kind is TenderKind.CLAIM for payment in transaction.payments):
        rows.append(Text(paper.say("claim_head"), Align.CENTRE, bold=True))
        rows.append(Text(paper.say("claim_text"), Align.CENTRE))
    if transaction.change_minor:
        rows.append(amount(paper.say("change"), transaction.change_minor, paper))
    return rows


def _cards(transaction: RetailTransaction, paper: Paper) -> list[Element]:
    """What the cardholder has to get: the terminal's own text, word for word."""
    rows: list[Element] = []
    for payment in transaction.payments:
        if payment.card is not None and payment.kind is TenderKind.CARD:
            rows += [Rule(), *_card(payment.card, paper)]
    return rows


def _card(slip: CardSlip, paper: Paper) -> list[Element]:
    rows: list[Element] = [Text(line) for line in slip.cardholder_receipt]
    if not rows and slip.authorisation_code:
        rows.append(Text(f"{paper.say('card.approval')} {slip.authorisation_code}"))
    if slip.tip_minor:
        rows.append(amount(paper.say("card.tip"), slip.tip_minor, paper))
    if slip.is_settled:
        rows.append(Text(paper.say("card.settled")))
    return rows


def _tax(transaction: RetailTransaction, paper: Paper) -> list[Element]:
    """VAT per rate, and in all where one row does not say it already (R3 i-j)."""
    rows = tax_table(transaction.tax_groups, paper)
    if len(transaction.tax_groups) > 1:
        rows.append(amount(paper.say("tax_total"), transaction.vat_minor, paper))
    return rows


def _payment_name(payment: Payment) -> str:
    return f"{payment.name} {payment.reference}".rstrip()


def _seal(seal: Sealed | None, paper: Paper) -> list[Element]:
    """The control unit's id and code (R3 l, R11), and the notice it demands."""
    if seal is None:
        return []
    rows: list[Element] = [Text(f"{paper.say('control_unit')} {seal.unit_id}")]
    if seal.code:
        rows += [Text(paper.say("control_code")), *_code_rows(seal.code)]
    if seal.notice:
        rows.append(Text(seal.notice, Align.CENTRE, bold=True))
    return rows


def _code_rows(code: str) -> list[Element]:
    """The 59-character code breaks after its semicolon, where a reader expects it."""
    first, semicolon, rest = code.partition(";")
    return [Text(part) for part in (first + semicolon, rest) if part]


def _foot(transaction: RetailTransaction) -> list[Element]:
    """Return terms, and the number as a barcode so that a return is one scan."""
    rows: list[Element] = [
        Text(row.strip(), Align.CENTRE) for row in transaction.seller.footer.splitlines()
    ]
    return [*rows, Barcode(BarcodeKind.CODE128, transaction.receipt_number)]
