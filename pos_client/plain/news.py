"""What became different without being asked for, as spoken news.

Pure. Devices, the line to central, a late message, a question about paper. The
thing to get wrong: telling a change that the last command's answer told already;
`before` must be the View that was last spoken from, not the one before it.
"""

from __future__ import annotations

from pos_client.plain.replies import News
from pos_client.plain.speech import Speech
from pos_client.register.advice import paper_advice
from pos_client.register.tasks import OFFERED
from pos_client.register.view import StatusView, View

_DEVICES = ("printer", "second_printer", "scanner", "fiscal_unit")
_QUESTIONS = {"receipt": "state.question", "copy": "state.question_copy"}


def news_between(before: View, after: View, speech: Speech, *, watches: bool) -> list[News]:
    """`watches`: another client acts, so its sales are news too."""
    news = around_news(before, after, speech)
    if after.message is not None and after.message != before.message:
        news.append(News("message", speech.message(after.message)))
    if watches and (after.lines, after.payments, after.mode) != (
        before.lines,
        before.payments,
        before.mode,
    ):
        news.append(News("sale", speech.outcome(before, after)))
    elif after.mode is not before.mode:
        news.append(News("state", speech.state(after)))
    return news


def around_news(before: View, after: View, speech: Speech) -> list[News]:
    """What is never the answer to a command: devices, the line to central, a paper question."""
    news = _status_news(before.status, after, speech)
    known = {task.task_id for task in before.tasks}
    for task in after.tasks:
        if task.state == OFFERED and task.task_id not in known:
            news.append(News("task", speech.say("tasks.new", number=task.number)))
    if after.question is not None and after.question != before.question:
        news.append(News("question", question(after, speech)))
    return news


def question(view: View, speech: Speech) -> str:
    """What only a person can tell: did the whole receipt come out?"""
    assert view.question is not None
    asked = view.question
    key = _QUESTIONS.get(asked.kind, "state.question_report")
    return speech.say(key, number=asked.receipt_number, job=asked.job_id)


def _status_news(before: StatusView, after: View, speech: Speech) -> list[News]:
    news = []
    if after.status.is_online != before.is_online:
        news.append(News("online", speech.online(after)))
    if after.status.sync_problem and after.status.sync_problem != before.sync_problem:
        problem = speech.say(after.status.sync_problem)
        news.append(News("sync", speech.say("status.sync", problem=problem)))
    for name in _DEVICES:
        device = getattr(after.status, name)
        if device != getattr(before, name):
            news.append(News(name, speech.device(name, device)))
    advice = paper_advice(after.status)
    if advice and advice != paper_advice(before):
        news.append(News("printer", speech.words.say(advice)))
    return news
