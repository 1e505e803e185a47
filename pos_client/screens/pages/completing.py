"""Paid, and waiting for the seal; and the page for a till that cannot go on.

No sale may end without its seal (fiscal-law R2), so this page cannot be left:
try again or go back to the payment, both by digit.
"""

from __future__ import annotations

from pos_client.register.commands import AbandonCompletion, RetryCompletion
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, row, wrapped


class CompletingPage(Page):
    name = "completing"
    shows_total = True

    @property
    def digits_act(self) -> bool:
        return True

    def body(self, width: int, height: int) -> list[Row]:
        say = self.till.say
        sentence = wrapped(say("completing.waiting"), width - 6)
        return [
            BLANK,
            *(row(f"   {line}") for line in sentence),
            BLANK,
            (("   1 ", Look.KEY), (say("completing.retry"), Look.STRONG)),
            (("   2 ", Look.KEY), (say("completing.abandon"), Look.STRONG)),
        ]

    def hint(self) -> str:
        return self.till.say("hint.digit")

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        if character == "1":
            self.till.do(RetryCompletion())
        elif character == "2":
            self.till.do(AbandonCompletion())

    def escape(self) -> None:
        self.till.refuse("completing.choose")


class FaultPage(Page):
    name = "fault"

    @property
    def digits_act(self) -> bool:
        return True

    def body(self, width: int, height: int) -> list[Row]:
        message = self.till.view.message
        text = ""
        if message is not None:
            text = self.till.words.say(message.key, **(message.values or {}))
        lines = wrapped(text or self.till.say("fault.unknown"), width - 6)
        leave = self.till.say("fault.leave")
        return [
            BLANK,
            *(row(f"   {line}", Look.STRONG) for line in lines),
            BLANK,
            (("   1 ", Look.KEY), (leave, Look.PLAIN)),
        ]

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        if character == "1":
            self.till.leave()

    def escape(self) -> None:
        """There is no step back from here."""
