"""A card payment under way: what the terminal does, and the few things a person can decide.

Esc is a wish to stop; the terminal's answer decides. The thing to get wrong: an Enter
that confirms. A signature is judged, and a payment set aside, by digit alone.
"""

from __future__ import annotations

from pos_client.register.commands import AbortCard, ConfirmSignature, SetCardAside
from pos_client.register.view import CardView
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, row, wrapped

SIGNING = "signing"


class CardPage(Page):
    name = "card"
    shows_total = True

    @property
    def digits_act(self) -> bool:
        return True

    def body(self, width: int, height: int) -> list[Row]:
        card = self.till.view.card
        if card is None:
            return []
        say = self.till.say
        way = "refund" if card.is_refund else "payment"
        state = card.state if card.state != "sent" else way
        sentence = say(f"card.{state}", amount_minor=card.amount_minor)
        rows: list[Row] = [BLANK, *(row(f"   {line}") for line in wrapped(sentence, width - 6))]
        if card.brand or card.masked_pan:
            rows.append(row(f"   {card.brand} {card.masked_pan}", Look.DIM))
        if card.is_abort_wished and card.may_be_aborted:
            rows += [BLANK, row(f"   {say('card.aborting')}", Look.ATTENTION)]
        return [*rows, BLANK, *self._options(card)]

    def _options(self, card: CardView) -> list[Row]:
        say = self.till.say
        if card.state == SIGNING:
            return [_option("1", say("card.signed")), _option("2", say("card.not_signed"))]
        options = []
        if card.may_be_set_aside:
            options.append(_option("1", say("card.set_aside")))
        if card.may_be_aborted:
            options.append(_option("Esc", say("card.abort")))
        return options

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        card = self.till.view.card
        if card is None:
            return
        if card.state == SIGNING and character in "12":
            self.till.do(ConfirmSignature(is_good=character == "1"))
        elif card.may_be_set_aside and character == "1":
            self.till.do(SetCardAside())

    def escape(self) -> None:
        card = self.till.view.card
        if card is not None and card.may_be_aborted:
            self.till.do(AbortCard())
        else:
            self.till.refuse("card.wait")


def _option(key: str, text: str) -> Row:
    return ((f"   {key:<3} ", Look.KEY), (text, Look.STRONG))
