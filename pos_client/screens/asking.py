"""A refusal that is a question: show it, and send the same command again with a yes.

The thing to get wrong: taking Enter for the yes. It is digit 1, like every answer that
a scanner must not be able to give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from pos_client.register.commands import Sure
from pos_client.screens.dialogs import Choice, Option
from pos_client.screens.till import Till


def do_or_ask(
    till: Till, command: Sure, asking: Sequence[str], then: Callable[[], None] = lambda: None
) -> None:
    """Send it; when it is refused with one of the `asking` keys, ask and send it as sure."""
    before = till.view.message

    def answered() -> None:
        message = till.view.message
        if message is None or message is before or message.key not in asking:
            then()
            return
        fact = till.words.say(message.key, **(message.values or {}))
        yes = Option("1", till.say("asking.yes"), lambda: till.do(replace(command, is_sure=True)))
        no = Option("2", till.say("asking.no"), lambda: None)
        till.choose(Choice(till.say("asking.title"), (yes, no), (fact,)))

    till.do(command, answered)
