"""What a line came to, by what stands on the view after it."""

from __future__ import annotations

import pytest

from pos_client.plain.verdict import Verdict, verdict_of
from pos_client.register.view import Level, Message, View


@pytest.mark.parametrize(
    ("message", "verdict"),
    [
        (None, Verdict.OK),
        (Message("sale.done"), Verdict.OK),
        (Message("task.pack_first", Level.REFUSAL), Verdict.NO),
        (Message("storage.full", Level.TROUBLE), Verdict.NO),
    ],
)
def test_a_line_is_done_or_refused(message: Message | None, verdict: Verdict) -> None:
    assert verdict_of(View(message=message)) is verdict


@pytest.mark.parametrize("news", ["print.many_wait", "drawer.stuck", "epoch.entered"])
def test_news_of_paper_drawer_or_disk_are_no_answer_to_the_line(news: str) -> None:
    assert verdict_of(View(message=Message(news, Level.TROUBLE))) is Verdict.OK


@pytest.mark.parametrize("news", ["order.wish", "order.short"])
def test_what_central_said_of_an_earlier_line_is_no_answer_to_this_one(news: str) -> None:
    assert verdict_of(View(message=Message(news, Level.TROUBLE))) is Verdict.OK


def test_paying_for_a_line_that_nobody_has_is_refused() -> None:
    assert verdict_of(View(message=Message("order.short", Level.REFUSAL))) is Verdict.NO


@pytest.mark.parametrize(
    "warning", ["sale.lent", "sale.refunded_short", "sale.cashback_short", "drawer.pickup_short"]
)
def test_what_was_done_with_a_warning_is_done(warning: str) -> None:
    assert verdict_of(View(message=Message(warning, Level.TROUBLE))) is Verdict.OK
