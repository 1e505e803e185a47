"""Did a whole receipt come out? Only a person can tell, so it is asked, never guessed."""

from __future__ import annotations

from pos_client.register.commands import SettlePrint
from pos_client.screens.page import Labels, Page
from pos_client.screens.rows import BLANK, Look, Row, row, wrapped

_ASKED = {"receipt": "question.ask", "copy": "question.ask_copy"}


class PrintQuestionPage(Page):
    name = "question"

    @property
    def digits_act(self) -> bool:
        return True

    def body(self, width: int, height: int) -> list[Row]:
        question = self.till.view.question
        if question is None:
            return []
        say = self.till.say
        asked = _ASKED.get(question.kind, "question.ask_report")
        text = say(asked, number=question.receipt_number, total_minor=question.total_minor)
        no = "question.no_last" if question.is_last else "question.no"
        rows = [
            BLANK,
            *(row(f"   {line}") for line in wrapped(text, width - 6)),
            BLANK,
            (("   1 ", Look.KEY), (say("question.yes"), Look.STRONG)),
            (("   2 ", Look.KEY), (say(no), Look.STRONG)),
        ]
        if question.kind == "receipt":
            rows += [BLANK, row(f"   {say('question.otherwise')}", Look.DIM)]
        return rows

    def hint(self) -> str:
        return self.till.say("hint.digit")

    def labels(self) -> Labels:
        return {}

    def character(self, character: str) -> None:
        question = self.till.view.question
        if question is not None and character in "12":
            self.till.do(SettlePrint(question.job_id, came_out=character == "1"))

    def escape(self) -> None:
        self.till.refuse("question.choose")
