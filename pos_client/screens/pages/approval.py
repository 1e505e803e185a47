"""A second person approves what is beyond the cashier's limit, on top of anything.

Esc declines and the basket stands untouched. No key, total or scan behind this
page can be reached while it is open.
"""

from __future__ import annotations

from pos_client.register.commands import Approve, DeclineApproval
from pos_client.register.view import ApprovalView
from pos_client.screens.page import Labels
from pos_client.screens.pages.people import PersonPage
from pos_client.screens.rows import BLANK, Look, Row, row


class ApprovalPage(PersonPage):
    name = "approval"

    def body(self, width: int, height: int) -> list[Row]:
        asked = self.till.view.approval
        if asked is None:
            return []
        say = self.till.say
        dots = "•" * len(self.entry.text) if self.is_secret else ""
        number = self.number or (self.entry.text if not self.is_secret else "")
        return [
            BLANK,
            row(f"   {self._what(asked)}", Look.STRONG),
            *(row(f"   {line}") for line in self._facts(asked)),
            BLANK,
            row(f"   {say('person.number'):<12} {number}", Look.STRONG),
            row(f"   {say('person.pin'):<12} {dots}", Look.STRONG),
            BLANK,
            row(f"   {say('approval.decline')}", Look.DIM),
        ]

    def _what(self, asked: ApprovalView) -> str:
        action = self.till.say(f"approval.action.{asked.action}")
        line = f": {asked.line_name}" if asked.line_name else ""
        return action + line

    def _facts(self, asked: ApprovalView) -> list[str]:
        say, percent = self.till.say, self.till.words.percent
        facts = [say("approval.asked_by", name=asked.asked_by)]
        if asked.from_minor:
            facts.append(
                say("approval.change", from_minor=asked.from_minor, to_minor=asked.to_minor)
            )
        elif asked.to_minor:
            facts.append(say("approval.amount", to_minor=asked.to_minor))
        if asked.basis_points:
            rate, limit = percent(asked.basis_points), percent(asked.limit_basis_points)
            facts.append(say("approval.rate", rate=rate, limit=limit))
        if asked.action == "pickup_short":
            facts.append(say("approval.pickup", limit_minor=asked.limit_minor))
        elif asked.action == "drawer_short":
            facts.append(say("approval.drawer", limit_minor=asked.limit_minor))
        elif asked.limit_minor:
            facts.append(say("approval.limit", limit_minor=asked.limit_minor))
        return facts

    def labels(self) -> Labels:
        return {}

    def identified(self, number: str, pin: str) -> None:
        self.till.do(Approve(number, pin))

    def function(self, number: int) -> None:
        if number == 12:
            self.enter()
        else:
            super().function(number)

    def escape(self) -> None:
        if not self.step_back():
            self.till.do(DeclineApproval())
