"""A control unit's line in real time: holds a conversation over a transport.

The thing to get wrong: what an error means. Whatever left before the line broke may have
been read and acted on, so an error here names all the bytes of the question.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from hardware.errors import Lost, Stalled
from hardware.fiscal.answers import Dialect, Outcome, Question
from hardware.fiscal.conversation import Conversation
from hardware.transports.transport import Transport

_WRITE_SECONDS = 2.0
_LOOK_UP_SECONDS = 0.25


class Line:
    """`closing` ends a conversation at once: nobody waits ten seconds to switch off."""

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

    def open(self) -> None:
        """Raises Absent or Busy."""
        self._transport.open()

    def close(self) -> None:
        self._transport.close()

    def pause(self, seconds: float) -> None:
        self._closing.wait(seconds)

    def converse(
        self, dialect: Dialect, question: Question, patience_seconds: float
    ) -> tuple[Outcome, int]:
        """The outcome, and how often the question was sent. Raises Lost, Stalled, and of
        an HTTP server Busy and Refused."""
        conversation = Conversation(
            question,
            dialect.reader(),
            bytes_per_second=self._transport.bytes_per_second,
            answer_seconds=dialect.answer_seconds,
            patience_seconds=patience_seconds,
        )
        try:
            self._hold(conversation)
        except (Lost, Stalled) as error:
            asked = sum(len(step) for step in question.steps)
            raise type(error)(self.device, error.reason, bytes_written=asked) from error
        assert conversation.outcome is not None
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
