"""Answers to questions as rows: found items, receipts, paper, parked baskets.

Pure. A row is one spoken sentence; what stands in it is in `Reply.data` too, so
that a script under --json never has to take a sentence apart.
"""

from __future__ import annotations

from central_sync.retail.plain import to_plain
from pos_client.plain.customer_rows import file_reply, found_reply
from pos_client.plain.orders import claim_reply, orders_reply
from pos_client.plain.replies import Reply
from pos_client.plain.speech import Speech
from pos_client.plain.verbs import ALIASES
from pos_client.plain.verdict import Verdict
from pos_client.register.queries import (
    Answer,
    CustomerFile,
    FindReceipt,
    FoundCustomers,
    FoundItem,
    FoundItems,
    FoundOrders,
    LabelAnswer,
    Paper,
    Query,
    ReceiptDoubt,
    ReceiptList,
    ReceiptView,
    RefundAnswer,
    TendDevice,
    Tended,
)
from pos_client.register.stock_queries import ChainStock, Model, SiteStock
from pos_client.register.view import GoodsLineView, SuspendedView, View


def answer_reply(query: Query, answer: Answer | None, speech: Speech) -> Reply:
    """An answer from the core worded; None is "nothing there"."""
    match answer:
        case FoundItems():
            return _items(answer, speech)
        case ReceiptList():
            return _receipts(answer, speech)
        case ReceiptView():
            return _receipt(answer, speech)
        case ReceiptDoubt():
            said = speech.say(f"receipt_doubt_{answer.problem}")
            return Reply(Verdict.NO, said, (), to_plain(answer))
        case Paper():
            return Reply(Verdict.OK, speech.say("paper"), answer.lines, to_plain(answer))
        case LabelAnswer():
            return _label(answer, speech)
        case Tended():
            return _tended(answer, speech)
        case Model():
            return _model(answer, speech)
        case ChainStock():
            return _stock(answer, speech)
        case FoundOrders():
            return orders_reply(answer, speech)
        case RefundAnswer():
            return claim_reply(answer, speech)
        case FoundCustomers():
            return found_reply(answer, speech)
        case CustomerFile():
            return file_reply(answer, speech)
    if isinstance(query, FindReceipt):
        said = speech.words.say("receipt.unknown", number=query.receipt_number[:40])
        return Reply(Verdict.NO, said)
    if isinstance(query, TendDevice):
        return Reply(Verdict.NO, speech.device_says("unanswered"))
    return Reply(Verdict.NO, speech.say("no_answer"))


def _items(found: FoundItems, speech: Speech) -> Reply:
    rows = tuple(_item(at, item, speech) for at, item in enumerate(found.items, start=1))
    if not rows:
        return Reply(Verdict.NO, speech.say("found_none"), (), to_plain(found))
    key = "found_more" if found.is_more else "found"
    return Reply(Verdict.OK, speech.say(key, count=len(rows)), rows, to_plain(found))


def _item(at: int, item: FoundItem, speech: Speech) -> str:
    key = "found_open_item" if item.is_open_price else "found_item"
    said = speech.say(key, at=at, sku=item.sku, name=item.name, price_minor=item.price_minor)
    if item.on_hand is None:
        return said
    return f"{said} {speech.say('on_hand', count=item.on_hand)}"


def _receipts(listed: ReceiptList, speech: Speech) -> Reply:
    rows = tuple(
        speech.say(
            "receipt_row",
            number=each.receipt_number,
            at=each.at,
            total_minor=each.total_minor,
            payments=each.payments,
        )
        for each in listed.receipts
    )
    return Reply(Verdict.OK, speech.say("receipts", count=len(rows)), rows, to_plain(listed))


def _receipt(receipt: ReceiptView, speech: Speech) -> Reply:
    lines = tuple(
        speech.say(
            "receipt_line",
            line=line.line,
            quantity=line.quantity,
            name=line.name,
            left=line.returnable,
            total_minor=line.gross_minor,
        )
        for line in receipt.lines
    )
    copied = speech.say("copied") if receipt.is_copied else ""
    said = speech.say("receipt", number=receipt.receipt_number, total_minor=receipt.total_minor)
    unheard = (speech.say("receipt_unheard", store=receipt.store),) if receipt.is_unheard else ()
    rows = (*unheard, *receipt.paper, *lines)
    return Reply(Verdict.OK, f"{said} {copied}".rstrip(), rows, to_plain(receipt))


def _label(answer: LabelAnswer, speech: Speech) -> Reply:
    data = to_plain(answer)
    if not answer.problem:
        said = speech.say("label.printed", name=answer.name, count=answer.copies)
        return Reply(Verdict.OK, said, (), data)
    if answer.problem in ("unknown", "open_price"):
        said = speech.say(f"label.{answer.problem}", name=answer.name)
    else:
        said = speech.say("label.failed", why=speech.device_word(answer.problem))
    return Reply(Verdict.NO, said, (), data)


def _tended(answer: Tended, speech: Speech) -> Reply:
    data = to_plain(answer)
    name = speech.device_says(f"name.{answer.device}")
    if not answer.problem:
        said = speech.device_says(f"done.{answer.fix}", name=name, value=answer.value)
        return Reply(Verdict.OK, said, (), data)
    why = (
        speech.device_says("torn_first")
        if answer.problem == "torn_first"
        else speech.device_word(answer.problem)
    )
    said = speech.device_says("failed", name=name, why=why)
    return Reply(Verdict.NO, said, (), data)


def devices_reply(view: View, speech: Speech) -> Reply:
    """Each device that is set up, and what to do where it is not well."""
    devices = view.status.devices
    if not devices:
        return Reply(Verdict.OK, speech.device_says("none"), (), [])
    rows = tuple(speech.device_row(at, device) for at, device in enumerate(devices, start=1))
    said = speech.device_says("listed", count=len(rows))
    return Reply(Verdict.OK, said, rows, to_plain(devices))


def _model(model: Model, speech: Speech) -> Reply:
    rows = tuple(
        speech.say("size_row", sku=each.sku, name=each.name, count=_pieces(each.on_hand))
        for each in model.items
    )
    return Reply(Verdict.OK, speech.say("sizes", count=len(rows)), rows, to_plain(model))


def _stock(stock: ChainStock, speech: Speech) -> Reply:
    """Every site that was told of, and how old what is told is."""
    rows = tuple(_site(site, speech) for item in stock.items for site in item.sites)
    data = to_plain(stock)
    if stock.is_live:
        return Reply(Verdict.OK, speech.say("stock_live", count=len(rows)), rows, data)
    if not rows:
        return Reply(Verdict.NO, speech.say("stock_not_told"), (), data)
    said = speech.say("stock_last_known", minutes=stock.age_seconds // 60)
    return Reply(Verdict.OK, said, rows, data)


def _site(site: SiteStock, speech: Speech) -> str:
    """Pieces where they are told, else the band; how far, how old."""
    count = str(site.available) if site.available is not None else speech.say(f"band.{site.band}")
    where = speech.say("stock_row", name=site.name or site.store_id, count=count)
    far = f" {speech.say('stock_km', km=site.km)}" if site.km is not None else ""
    coming = f" {speech.say('stock_coming', count=site.expected, day=site.expected_on)}".rstrip()
    far += coming if site.expected else ""
    return f"{where}{far} {_age(site, speech)}"


def _age(site: SiteStock, speech: Speech) -> str:
    if site.never_heard:
        return speech.say("stock_never_heard")
    return speech.say("stock_age", age=speech.age(site.age_seconds))


def _pieces(count: int | None) -> str:
    return "?" if count is None else str(count)


def basket_reply(view: View, speech: Speech) -> Reply:
    """Every line of the basket and every payment, then where the sale stands."""
    rows = [speech.line(line) for line in view.lines]
    if view.customer is not None:
        whose = view.customer.name or view.customer.member_number or "?"
        rows.append(speech.say("customers.whose", name=whose))
    rows += [
        speech.say("payment", at=at, name=payment.name, amount_minor=payment.amount_minor)
        for at, payment in enumerate(view.payments, start=1)
    ]
    return Reply(Verdict.OK, speech.state(view), tuple(rows), to_plain(view))


def parked_reply(view: View, speech: Speech) -> Reply:
    rows = tuple(_parked(at, each, speech) for at, each in enumerate(view.suspended, start=1))
    return Reply(Verdict.OK, speech.say("parked", count=len(rows)), rows, to_plain(view.suspended))


def _parked(at: int, parked: SuspendedView, speech: Speech) -> str:
    return speech.say(
        "parked_row",
        at=at,
        pieces=speech.pieces(parked.item_count),
        total_minor=parked.total_minor,
        name=parked.operator_name,
        time=parked.at[:16].replace("T", " "),
    )


def cards_reply(view: View, speech: Speech) -> Reply:
    """What was set aside, numbered as `finish` and `settle` want it."""
    rows = tuple(
        speech.say(
            "card_row",
            at=at,
            amount_minor=card.amount_minor,
            state=speech.say(f"card.{card.state}"),
            time=card.at[:16].replace("T", " "),
        )
        for at, card in enumerate(view.cards, start=1)
    )
    return Reply(Verdict.OK, speech.say("cards", count=len(rows)), rows, to_plain(view.cards))


def goods_reply(view: View, speech: Speech) -> Reply:
    """The list of goods in hand; what nobody has counted is said to be so."""
    goods = view.goods
    if goods is None:
        return Reply(Verdict.NO, speech.say("goods.none"))
    rows = tuple(_goods_row(line, speech) for line in goods.lines)
    kind = speech.words.say(f"screen.goods.kind.{goods.kind}")
    said = speech.say("goods.list", kind=kind, count=len(rows))
    return Reply(Verdict.OK, said, rows, to_plain(goods))


def _goods_row(line: GoodsLineView, speech: Speech) -> str:
    key = "row_expected" if line.expected else "row"
    if not line.is_counted and not line.expected:
        key = "row_uncounted"
    return speech.say(
        f"goods.{key}",
        sku=line.key,
        name=line.name,
        quantity=line.quantity,
        expected=line.expected,
    )


def help_reply(verb: str, speech: Speech) -> Reply:
    """One verb's usage, or a row for each."""
    if verb:
        return Reply(Verdict.OK, speech.say(f"help.{verb}"))
    rows = tuple(speech.say(f"help.{each}") for each in ALIASES)
    return Reply(Verdict.OK, speech.say("help_end"), rows)
