"""How the order machine's no is told over HTTP and on a command line: a sentence for each key."""

from __future__ import annotations

from central_sync.retail.orders import OrderRefused
from central_sync.server.orders.carrying import Shortage
from central_sync.server.refused import Refused

SENTENCES = {
    "order.not_placed": "there is no such order",
    "order.unsound": "the order's lines cannot be",
    "order.unsound_line": "line {line} cannot be",
    "order.collect_where": "line {line} does not say where it is collected",
    "order.no_address": "what is shipped needs an address",
    "order.paid_too_much": "more was paid than is due",
    "order.parcel_known": "that parcel is planned already",
    "order.nothing_waits": "nothing of line {line} waits for a store",
    "order.misfit": "line {line} does not fit the parcel",
    "order.no_such_line": "there is no such line",
    "order.no_such_parcel": "there is no such parcel",
    "order.parcel_is": "the parcel is {state}, so this is too late or too early",
    "order.old_assignment": "the parcel is another store's by now; put the goods back",
    "order.not_so_many": "there are {most} pieces at most, not {quantity}",
    "order.claimed_elsewhere": "another store has taken it",
    "order.no_offer": "it is not offered to this store (any more)",
    "order.moved_already": "the parcel was moved once already",
    "order.not_all_picked": "{count} pieces are neither picked nor told as missing",
    "order.collected_here": "it is collected in this store; make it ready instead",
    "order.not_collected_here": "it is not collected in this store",
    "order.not_later": "it is held until {until} already",
    "order.still_held": "it is held until {until}",
    "order.unpaid": "{amount_minor} is still to be paid, in minor units",
    "order.return_instead": "line {line} was taken already; take it back as a return",
    "order.packed_already": "it is packed already, {most} pieces can still be changed;"
    " the rest is a return",
    "order.cannot_change": "line {line} cannot be had another way",
    "order.fee_follows_goods": "a fee is given back with the goods, not by itself",
    "order.no_wish": "line {line} is no wish that waits for an answer",
    "order.substituted_already": "line {line} was replaced by another item already",
    "order.other_tax": "an item with another rate of tax cannot replace line {line}",
    "order.dearer": "it costs more than was paid for line {line}",
    "order.no_such_refund": "there is no such refund",
}


def sentence(refusal: OrderRefused) -> str:
    words = SENTENCES.get(refusal.key, refusal.key.removeprefix("order.").replace("_", " "))
    try:
        return words.format(**refusal.values)
    except KeyError:
        return words


def as_refused(problem: OrderRefused | Shortage) -> Refused:
    """409 with the machine's own key as code."""
    if isinstance(problem, Shortage):
        return Refused(409, "no_stock", f"not enough is there: {problem}")
    return Refused(409, problem.key, sentence(problem))
