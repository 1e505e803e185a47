"""Sign on with number and PIN; also where a person leaves the till.

Leaving asks first and is possible only here, so nothing is ever left open.
"""

from __future__ import annotations

from pos_client.register.commands import SignOn
from pos_client.screens.dialogs import Choice, numbered
from pos_client.screens.page import Labels
from pos_client.screens.pages.people import PersonPage
from pos_client.screens.rows import BLANK, Look, Row, row
from pos_client.texts import LANGUAGES


class SignOnPage(PersonPage):
    name = "sign_on"
    escape_key = "key.leave"

    def body(self, width: int, height: int) -> list[Row]:
        setup, say = self.till.view.setup, self.till.say
        facts = " · ".join(
            part
            for part in (
                setup.store_name,
                say("status.till", number=setup.workstation or "–"),
                say("sign_on.version", version=setup.version) if setup.version else "",
            )
            if part
        )
        rows: list[Row] = [BLANK, row(f"   {facts}"), BLANK]
        if setup.is_demo:
            rows += [row(f"   {say('sign_on.demo')}", Look.ATTENTION), BLANK]
        number = self.number or (self.entry.text if not self.is_secret else "")
        dots = "•" * len(self.entry.text) if self.is_secret else ""
        rows.append(row(f"   {say('person.number'):<12} {number}", Look.STRONG))
        rows.append(row(f"   {say('person.pin'):<12} {dots}", Look.STRONG))
        return rows

    def labels(self) -> Labels:
        return {1: "language"}

    def function(self, number: int) -> None:
        if number == 1:
            after = LANGUAGES.index(self.till.words.language) + 1
            self.till.speak(LANGUAGES[after % len(LANGUAGES)])
        elif number == 12:
            self.enter()
        else:
            super().function(number)

    def identified(self, number: str, pin: str) -> None:
        self.till.do(SignOn(number, pin))

    def escape(self) -> None:
        if self.step_back():
            return
        if self.till.message is not None:
            self.till.clear()
            return
        say = self.till.say
        yes_no = numbered([(say("yes"), self.till.leave), (say("no"), lambda: None)])
        self.till.choose(Choice(say("leave.title"), yes_no, (say("leave.fact"),)))
