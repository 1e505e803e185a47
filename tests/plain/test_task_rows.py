"""The store's tasks as they are spoken."""

from __future__ import annotations

from dataclasses import replace

from pos_client.plain.speech import Speech
from pos_client.plain.task_rows import task_reply, tasks_reply
from pos_client.register.view import Setup, View
from pos_client.texts import words
from tests.register.tasking import a_collection, an_offer

SPEECH = Speech(words("sv"))
HERE = Setup(store_name="Två Par Umeå", time_zone="Europe/Stockholm")


def test_each_task_is_told_with_its_deadline() -> None:
    sent = an_offer(state="accepted", offered_until="", mode="ship")

    here = an_offer(mode="collect", offered_until="2026-11-22T17:00:00Z")

    told = tasks_reply(View(setup=HERE, tasks=(an_offer(), sent, a_collection(), here)), SPEECH)

    assert [row.rpartition(", ")[2] for row in told.rows] == [
        "svara före 2026-11-22 13:05.",
        "framme senast 2026-11-22 16:00.",
        "ligger till 2026-11-29 13:00.",
        "klar till 2026-11-22 16:00.",
    ]


def test_a_task_is_told_with_where_the_parcel_lies_or_goes_and_what_is_unpaid() -> None:
    collected = a_collection()
    first = replace(collected.lines[0], unpaid_minor=59_900)
    waiting = replace(collected, lines=(first, *collected.lines[1:]))
    elsewhere = an_offer(mode="collect", collect_store_name="Två Par Uppsala")
    view = View(setup=HERE, tasks=(waiting, elsewhere))

    here = task_reply(waiting.task_id, view, SPEECH).rows
    there = task_reply(elsewhere.task_id, view, SPEECH).rows

    assert {"Hylla H2", "Obetalt: 599,00 kr."} <= set(here)
    assert "Ska till Två Par Uppsala: kunden hämtar där." in there
