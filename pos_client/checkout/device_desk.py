"""What one key of the device screen does: try again, a test page, a tone, a weight.

Not a part of any sale and in no journal. Nothing is waited for on the core's thread: an
action tells its outcome from whatever thread it ends in. The thing to get wrong: opening
the cash drawer here. That is the register's command, with a reason and an entry of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pos_client.checkout.mailbox import Mailbox
from pos_client.register.queries import Answer, TendDevice, Tended

Told = Callable[[str, str], None]
"""(problem, value): see `Tended`."""
Action = Callable[[Told], None]
Reply = Callable[[Answer | None], None]


class DeviceDesk:
    """`actions`: what can be done, by (device, fix)."""

    def __init__(self, actions: Mapping[tuple[str, str], Action], mailbox: Mailbox) -> None:
        self._actions = actions
        self._mailbox = mailbox

    def ask(self, query: TendDevice, reply: Reply) -> None:
        """On the core's thread; the reply comes there too. None: no such device or fix."""
        action = self._actions.get((query.device, query.fix))
        if action is None:
            reply(None)
            return

        def told(problem: str, value: str) -> None:
            answer = Tended(query.device, query.fix, problem, value)
            self._mailbox.post(lambda: reply(answer))

        action(told)
