"""A control unit's line in real time: holds a conversation over a transport.

The thing to get wrong: what an error means. Whatever left before the line broke may have
been read and acted on, so an error here names all the bytes of the question.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hardware.errors import Lost, Stalled
from hardware.fiscal.answers import Dialect, Identified, Outcome, Question, Silent
from hardware.fiscal.conversation import Conversation
from hardware.transports.transport import Transport

_WRITE_SECONDS = 2.0
_LOOK_UP_SECONDS = 0.25


class Line:
    """`closing` ends a conversation at once: nobody waits ten seconds to switch off.

    `is_clean`: nothing can still be under way that was said to an earlier question. Where a
    question was sent twice, two answers come, and a refusal names no request.
    """

    def __init__(
        self,
        device: str,
        transport: Transport,
        closing: threading.Event,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.device = device
        self._transport = transport
        self._closing = closing
        self._clock = clock
        self.is_clean = True

    def open(self) -> None:
        """Raises Absent or Busy."""
        self._transport.open()

    def close(self) -> None:
        self._transport.close()

    def pause(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def converse(
        self,
        dialect: Dialect,
        question: Question,
        patience_seconds: float,
        is_known: Callable[[str], bool] = lambda code: False,
    ) -> tuple[Outcome, int]:
        """The outcome, and how often the question was sent. Raises Lost, Stalled, and of
        an HTTP server Busy and Refused."""
        conversation = Conversation(
            question,
            dialect.reader(),
            bytes_per_second=self._transport.bytes_per_second,
            answer_seconds=dialect.answer_seconds,
            patience_seconds=patience_seconds,
            is_known=is_known,
        )
        self.is_clean = False
        try:
            self._hold(conversation)
        except (Lost, Stalled) as error:
            asked = sum(len(step) for step in question.steps)
            raise type(error)(self.device, error.reason, bytes_written=asked) from error
        assert conversation.outcome is not None
        self.is_clean = _is_clean(question, conversation)
        return conversation.outcome, conversation.sends

    def _hold(self, conversation: Conversation) -> None:
        self._say(conversation.begin(self._clock()))
        while conversation.outcome is None:
            if self._closing.is_set():
                raise Stalled(self.device, "it was closed while it was asked")
            left = max(conversation.wake_at - self._clock(), 0.0)
            data = self._transport.read(min(left, _LOOK_UP_SECONDS))
            now = self._clock()
            self._say(conversation.feed(data, now) if data else conversation.tick(now))

    def _say(self, data: bytes) -> None:
        if data:
            seconds = _WRITE_SECONDS + len(data) / self._transport.bytes_per_second
            self._transport.write(data, seconds)


def _is_clean(question: Question, conversation: Conversation) -> bool:
    """A unit answers in order, so whatever it still had to say came before a greeting's
    answer; a second greeting can harm nobody."""
    if question.final is Identified:
        return isinstance(conversation.outcome, Identified)
    is_single = conversation.sends == 1 and not conversation.stale + conversation.damaged
    return is_single and not isinstance(conversation.outcome, Silent)
