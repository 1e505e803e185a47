"""Another item instead of one that cannot come: which, what it costs, who has it, and a yes.

What is asked belongs to the call with the customer, so price and stock stand beside the
question. The thing to get wrong: offering what costs more. The model's other sizes and colours
are offered only at the price that was paid or below; any other item goes by its code.
"""

from __future__ import annotations

from collections.abc import Callable

from pos_client.register import desk_commands as ask
from pos_client.register.desk_orders import DeskLine
from pos_client.register.queries import Answer
from pos_client.register.stock_queries import AskStock, ChainStock, LookUpModel, Model, ModelItem
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.till import Till

MOST_NAMED = 3


def ask_instead(
    till: Till, order_id: str, line: DeskLine, code: str, then: Callable[[], None]
) -> None:
    """`code` is what was typed before the key; "" offers the model's others."""

    def found(answer: Answer | None) -> None:
        items = answer.items if isinstance(answer, Model) else ()
        if code and items:
            _confirm(till, order_id, line, items[0], then)
        elif code:
            till.do(ask.SubstituteOrderLine(order_id, line.line, code), then)
        else:
            _offer(till, order_id, line, items, then)

    till.look_up(LookUpModel(code or line.sku), found)


def _offer(
    till: Till,
    order_id: str,
    line: DeskLine,
    items: tuple[ModelItem, ...],
    then: Callable[[], None],
) -> None:
    fit = sorted(
        (
            one
            for one in items
            if one.sku != line.sku and one.price_minor * line.loose <= line.loose_minor
        ),
        # The one that was ordered comes first: its size in other colours, then its colour.
        key=lambda one: (one.size != items[0].size, one.colour != items[0].colour),
    )
    if not fit:
        till.tell("orders.instead_first")
        return
    rows = [
        (f"{one.name}  {till.money(one.price_minor)}", _act(till, order_id, line, one, then))
        for one in fit
    ]
    facts = (till.say("orders.instead_first"),)
    till.choose(Choice(till.say("orders.instead_of", name=line.name), numbered(rows), facts))


def _act(
    till: Till, order_id: str, line: DeskLine, item: ModelItem, then: Callable[[], None]
) -> Callable[[], None]:
    return lambda: _confirm(till, order_id, line, item, then)


def _confirm(
    till: Till, order_id: str, line: DeskLine, item: ModelItem, then: Callable[[], None]
) -> None:
    def told(answer: Answer | None) -> None:
        wish = ask.SubstituteOrderLine(order_id, line.line, item.sku)
        yes = (till.say("orders.instead_yes"), lambda: till.do(wish, then))
        facts = (_question(till, line, item), _stock(till, item, answer))
        till.choose(Choice(till.say("orders.instead_of", name=line.name), numbered([yes]), facts))

    till.look_up(AskStock((item.sku,)), told)


def _question(till: Till, line: DeskLine, item: ModelItem) -> str:
    back = line.loose_minor - item.price_minor * line.loose
    key = "orders.instead_back" if back > 0 else "orders.instead_same"
    names = {"name": line.name, "other": item.name}
    return till.say(key, **names, price_minor=item.price_minor, back_minor=max(0, back))


def _stock(till: Till, item: ModelItem, answer: Answer | None) -> str:
    """Who has it; central finds the store, this only helps to promise."""
    sites = [
        site.name
        for one in (answer.items if isinstance(answer, ChainStock) else ())
        for site in one.sites
        if site.band != "none"
    ]
    if not sites:
        return till.say("orders.instead_nowhere", other=item.name)
    return till.say("orders.instead_where", other=item.name, stores=", ".join(sites[:MOST_NAMED]))
