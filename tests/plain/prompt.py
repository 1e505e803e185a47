"""A person or a script at the prompt: types lines, hears answers, over a real socket."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Any, Self

from pos_client.plain import run_plain

VERDICTS = ("OK", "NO", "WAIT")


class Prompt:
    """Runs the line mode in a thread, with pipes for its two ends."""

    PATIENCE_SECONDS = 10.0

    def __init__(self, path: Path, **options: Any) -> None:
        self.exit_code: int | None = None
        self._heard: SimpleQueue[str] = SimpleQueue()
        read_end, write_end = os.pipe()
        self._typed = os.fdopen(write_end, "w", encoding="utf-8")
        self._lines = os.fdopen(read_end, encoding="utf-8")
        hear_end, say_end = os.pipe()
        self._said = os.fdopen(say_end, "w", encoding="utf-8")
        self._hearing = os.fdopen(hear_end, encoding="utf-8")
        self._path = path
        self._options = options
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._runner = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._listener.start()
        self._runner.start()
        self.hello = self.hear()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> int | None:
        """End of input; waits for the exit code."""
        if not self._typed.closed:
            self._typed.close()
        return self.ended()

    def ended(self) -> int | None:
        self._runner.join(10)
        self._listener.join(10)
        return self.exit_code

    def type(self, line: str) -> str:
        """Type a line and hear up to its verdict: rows, news and verdict, newline between."""
        self.send(line)
        heard = [self.hear()]
        while heard[-1].split(" ")[0] not in VERDICTS:
            heard.append(self.hear())
        return "\n".join(heard)

    def caught_up(self) -> Prompt:
        """Returns when it has drawn all that the core had told when this was called.

        News and answers share one socket, so an answer comes after the news before it.
        """
        self.type("search nothing-of-that-name")
        return self

    def send(self, line: str) -> None:
        self._typed.write(line + "\n")
        self._typed.flush()

    def hear(self) -> str:
        """The next line, whatever it is."""
        try:
            return self._heard.get(timeout=self.PATIENCE_SECONDS)
        except Empty:
            raise AssertionError("nothing more was said") from None

    def _run(self) -> None:
        self.exit_code = run_plain(
            self._path, stdin=self._lines, stdout=self._said, **self._options
        )
        self._said.close()

    def _listen(self) -> None:
        for line in self._hearing:
            self._heard.put(line.rstrip("\n"))
        self._hearing.close()
