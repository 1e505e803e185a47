"""What is shown of the View alone: a wish to see -> how it is said.

Pure. The thing to get wrong: asking the core. What stands in the View is what the screen
shows, so it is told from there, by whoever only watches too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pos_client.plain import wishes
from pos_client.plain.found import (
    basket_reply,
    cards_reply,
    devices_reply,
    goods_reply,
    parked_reply,
)
from pos_client.plain.replies import Reply
from pos_client.plain.speech import Speech
from pos_client.plain.task_rows import tasks_reply
from pos_client.plain.verdict import Verdict
from pos_client.register.view import View


def status_reply(view: View, speech: Speech) -> Reply:
    return Reply(Verdict.OK, speech.status(view))


SHOWN: Mapping[type[wishes.Wish], Callable[[View, Speech], Reply]] = {
    wishes.ShowStatus: status_reply,
    wishes.ShowDevices: devices_reply,
    wishes.ShowView: basket_reply,
    wishes.ShowParked: parked_reply,
    wishes.ShowCards: cards_reply,
    wishes.ShowGoods: goods_reply,
    wishes.ShowTasks: tasks_reply,
}
