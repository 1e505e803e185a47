"""A printer that prints nothing is told before the payment, with what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardware.ports import Health, Reason
from pos_client.register.advice import paper_advice
from pos_client.register.view import DeviceView, QuestionView, StatusView
from pos_client.screens.frame import message_row
from pos_client.screens.rows import text_of
from pos_client.screens.status import status_row
from pos_client.texts import LANGUAGES, words
from tests.builders import SHOES, a_register
from tests.screens.core_twin import CALM, Desk, Register, f

OUT = replace(CALM, printer=DeviceView("blocked", "paper_out"), prints_on=0)
TROUBLES = [
    *(DeviceView("blocked", reason.value) for reason in Reason if reason is not Reason.NONE),
    *(DeviceView(health.value, "none") for health in Health),
]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def with_status(desk: Desk, status: StatusView) -> Desk:
    desk.register.around = replace(desk.register.around, status=status)
    return desk.news()


def body(desk: Desk) -> str:
    return "\n".join(text_of(row) for row in desk.till.page.body(80, 16))


def message(desk: Desk) -> str:
    return text_of(message_row(desk.till, 80))


def light(status: StatusView) -> str:
    desk = Desk()
    desk.till.view = replace(desk.till.view, status=status)
    return text_of(status_row(desk.till, 120))


def test_the_tender_page_says_what_is_wrong_with_the_printer_and_what_to_do(desk: Desk) -> None:
    with_status(desk.scans(SHOES), OUT).keys(f(12))

    assert desk.page == "tender"
    assert "lägg i en ny rulle" in body(desk)
    assert "lägg i en ny rulle" not in message(desk)


def test_a_sale_that_may_be_paid_at_once_says_it_too(desk: Desk) -> None:
    with_status(desk, OUT)
    assert "rulle" not in message(desk)

    desk.scans(SHOES)

    assert "lägg i en ny rulle" in message(desk)


def test_printer_trouble_never_refuses_a_payment(desk: Desk) -> None:
    with_status(desk.scans(SHOES), OUT).keys(f(10))

    assert desk.view.last_receipt is not None


@pytest.mark.parametrize("device", TROUBLES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_trouble_of_a_printer_has_its_advice(device: DeviceView, language: str) -> None:
    key = paper_advice(replace(CALM, printer=device, prints_on=0))

    assert words(language).has(key)


def test_a_printer_that_prints_needs_no_advice() -> None:
    assert paper_advice(replace(OUT, prints_on=2)) == ""


def test_the_light_says_which_printer_prints() -> None:
    assert "● SKR " in light(CALM)
    assert "▲ SKR2" in light(replace(OUT, prints_on=2))
    assert "✖ SKR " in light(OUT)


def test_many_waiting_papers_are_an_alarm_in_the_light() -> None:
    assert "SKR:" not in light(replace(CALM, waiting_prints=3))
    assert "✖ SKR:4" in light(replace(CALM, waiting_prints=4))


def test_the_question_waits_for_somebody_who_is_signed_on() -> None:
    desk = Desk(Register(a_register()))
    desk.register.asks_about_print()

    assert desk.news().page == "sign_on"


def test_a_copy_that_may_not_be_repeated_is_asked_about_without_a_promise(desk: Desk) -> None:
    asked = QuestionView(7, "1-1-1", 89_900, "copy", is_last=True)
    desk.register.around = replace(desk.register.around, question=asked)
    desk.news()

    assert "en andra kopia är inte tillåten" in body(desk)
    assert "30 sekunder" not in body(desk)


def test_the_question_about_a_receipt_says_what_happens_without_an_answer(desk: Desk) -> None:
    desk.register.asks_about_print()
    desk.news()

    assert "KOPIA" in body(desk)
