"""One question to a control unit: what to send, what to take for its answer, when to give up.

Sans-IO: bytes in, bytes out, and the time is an argument, so that a test runs years of
faults in a second. Ambiguity is never resolved by a guess: an answer with another sequence
is somebody else's, a damaged one is none, and silence means sending the very same bytes.
"""

from __future__ import annotations

from collections.abc import Callable

from hardware.fiscal.answers import (
    Accepted,
    Answer,
    Damaged,
    Denied,
    Outcome,
    Question,
    Reader,
    Sealed,
    Silent,
    Verdict,
)

PATIENCE_SECONDS = 10.0
"""A unit that has said nothing to the point for so long is down (hardware.md section 8)."""

MOST_REPEATS = 5
"""How often a unit may say that it could not read us before that is its answer."""

_AGAIN = (Verdict.DAMAGED, Verdict.ABORTED)


class Conversation:
    """`begin`, then `feed` what came and `tick` at `wake_at`; each gives bytes to send.

    It is over when `outcome` is not None. `sends` counts how often the unit was sent the
    first step: once and once only means that a refusal is about this request. `damaged`
    and `stale` count what was thrown away. `is_known` tells a code that seals another
    document already: in a dialect without sequences that is how an old answer is seen.
    """

    def __init__(
        self,
        question: Question,
        reader: Reader,
        *,
        bytes_per_second: float,
        answer_seconds: float = 2.0,
        patience_seconds: float = PATIENCE_SECONDS,
        is_known: Callable[[str], bool] = lambda code: False,
    ) -> None:
        self.outcome: Outcome | None = None
        self.wake_at = 0.0
        self.sends = self.damaged = self.stale = 0
        self._question = question
        self._reader = reader
        self._rate = bytes_per_second
        self._answer_seconds = answer_seconds
        self._patience_seconds = patience_seconds
        self._is_known = is_known
        self._give_up_at = 0.0
        self._step = self._furthest = self._repeats = 0

    def begin(self, now: float) -> bytes:
        self._give_up_at = now + self._patience_seconds
        return self._from_the_start(now)

    def feed(self, data: bytes, now: float) -> bytes:
        """Bytes that came; what to send now, mostly nothing."""
        reply = b""
        for answer in self._reader.feed(data):
            reply += self._hear(answer, now)
        return reply

    def tick(self, now: float) -> bytes:
        """The time is `now`; past `wake_at` the same bytes go out again, or it is over."""
        if self.outcome is not None or now < self.wake_at:
            return b""
        self.damaged += len(self._reader.forget())
        if now >= self._give_up_at:
            self.outcome = Silent()
            return b""
        return self._from_the_start(now)

    def _from_the_start(self, now: float) -> bytes:
        self._step = 0
        self.sends += 1
        return self._send(now)

    def _send(self, now: float) -> bytes:
        data = self._question.steps[self._step]
        # An answer is at most as long as what was asked.
        answered_at = now + self._answer_seconds + 2 * len(data) / self._rate
        self.wake_at = min(answered_at, self._give_up_at)
        return data

    def _hear(self, answer: Answer, now: float) -> bytes:
        if self.outcome is not None:
            return b""
        if isinstance(answer, Damaged):
            self.damaged += 1
            return b""
        if isinstance(answer, Accepted):
            return self._accepted(now)
        if not self._is_ours(answer):
            self.stale += 1
            return b""
        if isinstance(answer, Denied) and answer.verdict in _AGAIN:
            self._repeats += 1
            if self._repeats <= MOST_REPEATS:
                return self._from_the_start(now)
        self.outcome = answer
        return b""

    def _accepted(self, now: float) -> bytes:
        if self._step + 1 == len(self._question.steps):
            self.stale += 1
            return b""
        self._step += 1
        self._furthest = max(self._furthest, self._step)
        return self._send(now)

    def _is_ours(self, answer: Outcome) -> bool:
        if isinstance(answer, Denied):
            return self._is_our_refusal(answer)
        if not isinstance(answer, self._question.final):
            return False
        if self._furthest + 1 < len(self._question.steps):
            return False
        if not isinstance(answer, Sealed):
            return True
        is_echo = answer.sequence in ("", self._question.sequence)
        return is_echo and not self._is_known(answer.code)

    def _is_our_refusal(self, denied: Denied) -> bool:
        """A greeting is refused by a dead unit alone; any other no is a late one."""
        if self._question.final is not Sealed:
            return denied.verdict is Verdict.FATAL
        return denied.sequence in ("", self._question.sequence)
