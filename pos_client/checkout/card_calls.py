"""The card terminal's thread: one call at a time, never on the core's thread.

What a call came to is posted back to the core. The thing to get wrong: waiting
here for anything but the terminal; pauses between questions are waited for in this
thread too, and end at once when somebody is in a hurry.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import TypeVar

from hardware.errors import DeviceError
from hardware.ports import DeviceState, PaymentTerminal, Retrying

ABORT_AGAIN_SECONDS = 1.0

_log = logging.getLogger(__name__)

T = TypeVar("T")
Post = Callable[[Callable[[], None]], None]


class TerminalCalls:
    """`post` hands a call to the core's thread."""

    def __init__(self, terminal: PaymentTerminal, post: Post) -> None:
        self._terminal = terminal
        self._post = post
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._wish = ""
        self._is_repeating = False
        self._wished = threading.Condition()
        self._hurry = threading.Event()
        self._is_stopping = False
        self._threads = [
            threading.Thread(target=self._run, name="card", daemon=True),
            threading.Thread(target=self._run_wishes, name="card-abort", daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def make(
        self,
        call: Callable[[PaymentTerminal], T],
        then: Callable[[T | DeviceError], None],
        pause_seconds: float = 0.0,
    ) -> None:
        """After the pause, `call` in the terminal's thread; then `then` in the core's."""
        self._hurry.clear()

        def run() -> None:
            self._hurry.wait(pause_seconds)
            if self._is_stopping:
                return
            came = self._outcome(call)
            self.forget_wish()
            self._post(lambda: then(came))

        self._calls.put(run)

    def _outcome(self, call: Callable[[PaymentTerminal], T]) -> T | DeviceError:
        try:
            return call(self._terminal)
        except DeviceError as problem:
            _log.warning("card terminal: %s", problem)
            return problem

    def hurry(self) -> None:
        """End the pause before the next call."""
        self._hurry.set()

    def abort(self, service_id: str) -> None:
        """Wish, in a thread of its own, that the payment under way ends.

        Repeated while the call lasts: the first wish may overtake the payment on its way.
        """
        with self._wished:
            self._wish = service_id
            self._is_repeating = True
            self._wished.notify_all()

    def forget_wish(self) -> None:
        """The payment has answered; a wish that was not sent yet still goes out once."""
        with self._wished:
            self._is_repeating = False
            self._wished.notify_all()

    def try_now(self) -> None:
        if isinstance(self._terminal, Retrying):
            self._terminal.try_now()

    def state(self) -> DeviceState:
        return self._terminal.state()

    def stop(self) -> None:
        """Never blocks for long: a call that hangs ends with its device."""
        self._is_stopping = True
        self._hurry.set()
        self._calls.put(None)
        with self._wished:
            self._wished.notify_all()
        self._terminal.close()
        for thread in self._threads:
            thread.join(timeout=1.0)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()

    def _run_wishes(self) -> None:
        while service_id := self._next_wish():
            try:
                self._terminal.abort(service_id)
            except DeviceError as problem:
                _log.info("the wish to abort did not arrive: %s", problem)
            with self._wished:
                self._wished.wait_for(self._is_wish_over, ABORT_AGAIN_SECONDS)
                if self._wish == service_id and not self._is_repeating:
                    self._wish = ""

    def _is_wish_over(self) -> bool:
        return self._is_stopping or not self._is_repeating

    def _next_wish(self) -> str:
        """Waits for one; "" when stopping."""
        with self._wished:
            self._wished.wait_for(lambda: self._is_stopping or bool(self._wish))
            return "" if self._is_stopping else self._wish
