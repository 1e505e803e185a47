"""Taking the money: what is left, what each key would take, what has been taken.

The thing to get wrong: Enter. It pays nothing here, because a scanner sends one
after each code; money is taken by F9, F10 or a digit after F11.
"""

from __future__ import annotations

from pos_client.register.advice import paper_advice
from pos_client.register.commands import RemovePayment
from pos_client.register.view import TenderView, View
from pos_client.screens.page import Labels, Page, moved
from pos_client.screens.paying import other_tenders, pay, pay_with
from pos_client.screens.rows import BLANK, Look, Row, across, marked, row, unmarked
from pos_client.screens.till import Till


class TenderPage(Page):
    name = "tender"
    shows_total = True
    tells_of_paper = True

    def __init__(self, till: Till) -> None:
        super().__init__(till)
        self.is_choosing = False
        self.cursor = 0

    @property
    def digits_act(self) -> bool:
        return self.is_choosing

    def opened(self) -> None:
        super().opened()
        self.is_choosing, self.cursor = False, 0

    def seen(self, before: View) -> None:
        self.cursor = max(0, len(self.till.view.payments) - 1)
        self.is_choosing = False

    # -- drawing

    def body(self, width: int, height: int) -> list[Row]:
        view, say = self.till.view, self.till.say
        to_pay = say("tender.to_pay", total_minor=abs(view.total_minor))
        left = say("tender.left", due_minor=abs(view.due_minor))
        rows: list[Row] = [row(across(f" {to_pay}", f"{left} ", width)), BLANK]
        rows += self._ways(width)
        advice = paper_advice(view.status)
        if advice:
            rows += [BLANK, row(f" ▲ {self.till.words.say(advice)}", Look.ATTENTION)]
        if view.payments:
            rows += [BLANK, row(f" {say('tender.paid')}", Look.DIM)]
            rows += [self._payment(at, width) for at in range(len(view.payments))]
        return rows

    def _ways(self, width: int) -> list[Row]:
        keys = {"cash": "F9", "card": "F10"}
        rows: list[Row] = []
        others = other_tenders(self.till)
        for tender in self.till.view.tenders:
            if tender in others:
                continue
            rows.append(self._way(keys[tender.kind], tender, width))
        for at, tender in enumerate(others, 1):
            rows.append(self._way(str(at) if self.is_choosing else f"F11 {at}", tender, width))
        return rows

    def _way(self, key: str, tender: TenderView, width: int) -> Row:
        due = self.till.money(abs(tender.due_minor))
        text = across(f"{tender.name}", f"{due}   ", min(width - 12, 44))
        return ((f"   {key:<7}", Look.KEY), (text, Look.PLAIN))

    def _payment(self, at: int, width: int) -> Row:
        payment = self.till.view.payments[at]
        text = across(f"  {payment.name}", f"{self.till.money(payment.amount_minor)}  ", width - 2)
        return marked(text, width) if at == self.cursor else unmarked(text, width)

    def prompt(self) -> str:
        return self.till.say("tender.choose" if self.is_choosing else "tender.amount")

    def hint(self) -> str:
        if self.is_choosing:
            return self.till.say("hint.digit")
        return self.till.say("tender.hint")

    def labels(self) -> Labels:
        return {9: "cash", 10: "card", 11: "other"}

    # -- keys

    def character(self, character: str) -> None:
        if not self.is_choosing or character == "/":
            super().character(character)
        elif character.isdigit():
            self._choose(int(character))

    def enter(self) -> None:
        self.till.tell("tender.use_keys")

    def function(self, number: int) -> None:
        if number == 9:
            pay_with(self.till, "cash", self.entry)
        elif number == 10:
            pay_with(self.till, "card", self.entry)
        elif number == 11:
            self.is_choosing = bool(other_tenders(self.till))
            if not self.is_choosing:
                self.till.refuse("tender.no_such")
        elif number == 12:
            self.till.tell("tender.use_keys")
        else:
            super().function(number)

    def _choose(self, digit: int) -> None:
        others = other_tenders(self.till)
        if not 1 <= digit <= len(others):
            self.till.refuse("choice.none", digit=str(digit))
            return
        self.is_choosing = False
        pay(self.till, others[digit - 1], self.entry)

    def other(self, name: str) -> None:
        payments = self.till.view.payments
        if name == "delete" and payments:
            self.till.do(RemovePayment(self.cursor))
            return
        to = moved(self.cursor, name, len(payments))
        self.cursor = self.cursor if to is None else to

    def escape(self) -> None:
        if self.is_choosing:
            self.is_choosing = False
        elif not self.entry.text and self.till.view.payments and self.till.note is None:
            self.till.refuse("tender.remove_first")
        else:
            super().escape()
