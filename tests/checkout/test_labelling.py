from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from central_sync.retail.item import SoldBy
from hardware.emulators.label import EmulatedLabelPrinter
from hardware.emulators.line import TcpLine
from hardware.memory import MemoryLabelPrinter
from hardware.ports import Health, LabelText, Reason
from pos_client.checkout.labelling import LabelDesk, label_of
from pos_client.checkout.mailbox import Mailbox
from pos_client.plain.found import answer_reply
from pos_client.plain.speech import Speech
from pos_client.plain.verdict import Verdict
from pos_client.register import commands
from pos_client.register.queries import Answer, LabelAnswer, PrintLabel
from pos_client.texts import words
from tests.builders import ANNA, OPEN, PINS, SHOES, a_shoe_shop, kr
from tests.checkout.core_harness import a_home
from tests.checkout.test_core_process import client_of, running
from tests.hardware.waiting import until

DEVICES = """
[devices]
printer = "memory://"
fiscal_unit = "demo://{home}/unit.jsonl"
label_printer = "zpl+tcp://{labels}"
"""
SHOP = a_shoe_shop()


class Asking:
    """A label desk whose answers are delivered to this thread."""

    def __init__(self, printer: MemoryLabelPrinter | None) -> None:
        self.mailbox = Mailbox()
        self.desk = LabelDesk(printer, SHOP.find, words("sv"), self.mailbox)
        self.answers: list[Answer | None] = []

    def ask(self, code: str, copies: int = 1) -> LabelAnswer:
        self.answers.clear()
        self.desk.ask(PrintLabel(code, copies), self.answers.append)
        until(lambda: self.mailbox.deliver() or self.answers)
        answer = self.answers[0]
        assert isinstance(answer, LabelAnswer)
        return answer

    def close(self) -> None:
        self.desk.stop()
        self.mailbox.close()


@pytest.fixture
def printer() -> MemoryLabelPrinter:
    return MemoryLabelPrinter()


@pytest.fixture
def asking(printer: MemoryLabelPrinter) -> Iterator[Asking]:
    desk = Asking(printer)
    yield desk
    desk.close()


def test_labels_are_printed_as_many_as_were_asked(
    asking: Asking, printer: MemoryLabelPrinter
) -> None:
    answer = asking.ask(SHOES, 3)

    assert (answer.problem, answer.copies) == ("", 3)
    assert len(printer.printed) == 3


def test_what_has_no_price_or_is_not_known_gets_no_label(
    asking: Asking, printer: MemoryLabelPrinter
) -> None:
    assert asking.ask("nothing").problem == "unknown"
    assert asking.ask(OPEN).problem == "open_price"
    assert printer.printed == []


def test_a_printer_in_trouble_says_which(asking: Asking, printer: MemoryLabelPrinter) -> None:
    printer.put_in_state(Health.BLOCKED, Reason.RIBBON_OUT)
    assert asking.ask(SHOES).problem == "ribbon_out"

    printer.put_in_state(Health.ABSENT)

    assert asking.ask(SHOES).problem == "absent"


def test_a_till_without_a_label_printer_says_so() -> None:
    desk = Asking(None)

    assert desk.ask(SHOES).problem == "not_configured"

    desk.close()


def test_a_weighed_item_is_labelled_with_its_price_for_a_kilogram() -> None:
    item = SHOP.find(SHOES)
    assert item is not None

    label = label_of(replace(item, sold_by=SoldBy.WEIGHT, price_minor=kr("199")), words("sv"))

    texts = [element.text for element in label.elements if isinstance(element, LabelText)]
    assert "199,00 kr/kg" in texts


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("problem", ["", "unknown", "open_price", "paper_out", "absent"])
def test_every_outcome_is_worded_at_the_prompt(language: str, problem: str) -> None:
    speech = Speech(words(language))

    reply = answer_reply(PrintLabel(SHOES), LabelAnswer("Loafer", 1, problem), speech)

    assert reply.verdict is (Verdict.NO if problem else Verdict.OK)
    assert "no text" not in reply.text
    assert "…" not in reply.text


def test_a_label_of_an_item_comes_out_of_the_till_s_own_printer(tmp_path: Path) -> None:
    home = tmp_path / "till"
    core = EmulatedLabelPrinter()
    with TcpLine(core) as line:
        a_home(home, settings=DEVICES.format(home=home, labels=line.place))
        with running(home):
            client = client_of(home)
            assert client.ask(PrintLabel(SHOES)) is None, "nobody is signed on"
            client.do(commands.SignOn(ANNA, PINS[ANNA]))

            answer = client.ask(PrintLabel(SHOES))

            assert isinstance(answer, LabelAnswer)
            assert answer.problem == ""
            assert client.view.setup.has_label_printer
            client.close()
    assert answer.name[:5] in core.sheets[0].text()
