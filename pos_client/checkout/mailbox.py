"""How other threads reach the core's one thread: they leave a call and wake it.

State, storage and the journal belong to the core thread alone. A device thread
never touches them; it posts, or calls and waits for the answer.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import TypeVar

from pos_client.storage.errors import StorageTrouble

T = TypeVar("T")


class Mailbox:
    """`fileno` becomes readable when something was posted."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        os.set_blocking(self._write_end, False)

    def fileno(self) -> int:
        return self._read_end

    def post(self, call: Callable[[], None]) -> None:
        """Have `call` run on the core's thread, soon and in order."""
        self._calls.put(call)
        # Full: the core is awake already. Closed: it is stopping.
        with contextlib.suppress(OSError):
            os.write(self._write_end, b"\0")

    def call(self, function: Callable[[], T], timeout_seconds: float = 30.0) -> T:
        """Run `function` on the core's thread and wait for its answer; raises StorageTrouble.

        Any other error is a fault and ends the core where it happened, as every fault does.
        """
        future: Future[T] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except StorageTrouble as problem:
                future.set_exception(problem)

        self.post(run)
        return future.result(timeout_seconds)

    def deliver(self) -> int:
        """Run what was posted; how many calls there were. Core thread only."""
        self._drain()
        count = 0
        while True:
            try:
                call = self._calls.get_nowait()
            except Empty:
                return count
            call()
            count += 1

    def _drain(self) -> None:
        try:
            while os.read(self._read_end, 4096):
                pass
        except BlockingIOError:
            return

    def close(self) -> None:
        os.close(self._read_end)
        os.close(self._write_end)
