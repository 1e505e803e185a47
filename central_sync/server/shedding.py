"""A bounded queue before the work: who comes when it is full is sent away, and told when to come.

When central comes back, every till does at once. What waits longer than its sender is work
for nobody, so beyond a few seconds' worth the answer is 503 with a Retry-After that spreads
them out: the more were sent away, the wider. A till adds its own jitter (engine/plan.py). The
thing to get wrong: counting streams. A request leaves the queue when its answer begins.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from central_sync.server.problems import problem_response
from central_sync.server.refused import Refused

LARGEST_QUEUE = 400
# So many of those sent away are asked back for each second.
WANTED_A_SECOND = 200
LONGEST_WAIT_SECONDS = 120
_REMEMBERED_SECONDS = 10.0


class Shedding:
    """`clock` is monotonic seconds, `chance` uniform in 0..1."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        largest: int = LARGEST_QUEUE,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._app, self._largest, self._clock, self._chance = app, largest, clock, chance
        self._waiting = 0
        self._sent_away: deque[float] = deque()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._waiting >= self._largest:
            await problem_response(self._refusal())(scope, receive, send)
        else:
            await self._in_turn(scope, receive, send)

    async def _in_turn(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_waiting = True
        self._waiting += 1

        def leave() -> None:
            nonlocal is_waiting
            self._waiting -= is_waiting
            is_waiting = False

        async def send_and_leave(message: Message) -> None:
            leave()
            await send(message)

        try:
            await self._app(scope, receive, send_and_leave)
        finally:
            leave()

    def _refusal(self) -> Refused:
        now = self._clock()
        self._sent_away.append(now)
        while self._sent_away[0] < now - _REMEMBERED_SECONDS:
            self._sent_away.popleft()
        wait_seconds = wait(len(self._sent_away), self._chance())
        detail = "central has as much to do as it can; come back a little later"
        return Refused(503, "busy", detail, again=True, retry_after_seconds=wait_seconds)


def wait(sent_away: int, chance: float) -> int:
    """Whole seconds until somebody may come back, of so many that were sent away just now."""
    spread = min(LONGEST_WAIT_SECONDS, 1 + sent_away / WANTED_A_SECOND)
    return 1 + int(spread * chance)
