"""An item waits for its weight: from the scale by itself, or typed in grams with a reason.

The thing to get wrong: an empty Enter that does something. A typed weight is the
cashier's word and is marked on the receipt, so it asks for its reason by digit.
"""

from __future__ import annotations

from pos_client.register.commands import CancelWeighing, EnterWeight, WeighAgain
from pos_client.screens.entry import whole_number
from pos_client.screens.page import Labels, Page
from pos_client.screens.reasons import choose_reason
from pos_client.screens.rows import BLANK, Look, Row, row, wrapped

_WHAT_TO_DO = {"": "weighing.put_on", "not_configured": "weighing.type_it"}


class WeighingPage(Page):
    name = "weighing"
    shows_total = True

    def body(self, width: int, height: int) -> list[Row]:
        asked = self.till.view.weighing
        if asked is None:
            return []
        say = self.till.say
        price = say("weighing.price", price_minor=asked.price_minor)
        rows: list[Row] = [
            BLANK,
            row(f"   {asked.name}", Look.STRONG),
            row(f"   {price}"),
        ]
        if asked.tare_grams:
            rows.append(row(f"   {say('weighing.tare', grams=asked.tare_grams)}", Look.DIM))
        key = _WHAT_TO_DO.get(asked.problem, "weighing.missed")
        return [*rows, BLANK, *(row(f"   {line}") for line in wrapped(say(key), width - 6))]

    def prompt(self) -> str:
        return self.till.say("weighing.prompt")

    def labels(self) -> Labels:
        return {2: "weigh_again", 12: "next"}

    def function(self, number: int) -> None:
        if number == 2:
            self.till.do(WeighAgain())
        elif number == 12:
            self.enter()
        else:
            super().function(number)

    def enter(self) -> None:
        text = self.entry.take()
        if not text:
            return
        grams = whole_number(text)
        if grams is None:
            self.till.refuse("weighing.grams", text=text)
            return
        choose_reason(
            self.till,
            self.till.view.setup.weight_reasons,
            lambda reason: self.till.do(EnterWeight(grams, reason)),
        )

    def escape(self) -> None:
        if self.entry.text:
            self.entry.clear()
        else:
            self.till.do(CancelWeighing())
