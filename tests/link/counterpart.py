"""A core's socket with a small register behind it, served from a thread; and its clients."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pos_client.link.client import CoreClient, Listener
from pos_client.link.server import LinkServer
from pos_client.register.commands import Command, EnterCode, ScanCode
from pos_client.register.queries import Answer, FoundItem, FoundItems, Query, Search
from pos_client.register.view import LineView, Message, View


class CountingHandler:
    """Fulfils link.server.Handler: every code becomes a line; searches wait if told to."""

    def __init__(self) -> None:
        self.view = View()
        self.done: list[Command] = []
        self.taken: list[int] = []
        self.refused: list[int] = []
        self.waiting: list[Callable[[Answer | None], None]] = []
        self.holds_answers = False

    def do(self, command: Command) -> None:
        self.done.append(command)
        if isinstance(command, (EnterCode, ScanCode)):
            number = len(self.view.lines) + 1
            code = command.code if isinstance(command, EnterCode) else command.data
            line = LineView(number, code, f"Vara {number}", 1, 100, 100)
            self.view = replace(self.view, lines=(*self.view.lines, line), last_line=number)

    def ask(self, query: Query, answer: Callable[[Answer | None], None]) -> None:
        assert isinstance(query, Search)
        if self.holds_answers:
            self.waiting.append(answer)
        else:
            answer(FoundItems((FoundItem("SKU", query.text, "", 100, None),)))

    def scan_refused(self, scan_id: int) -> None:
        self.refused.append(scan_id)

    def scan_taken(self, scan_id: int) -> None:
        self.taken.append(scan_id)

    def says(self, key: str) -> None:
        self.view = replace(self.view, message=Message(key))


class Served:
    """A link that is served until `close`; `on_core` runs something on its thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.handler = CountingHandler()
        self.link = LinkServer(path, self.handler)
        self._calls: list[tuple[Callable[[], object], threading.Event]] = []
        self._stopped = False
        self._clients: list[CoreClient] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stopped:
            self.link.poll(0.005)
            while self._calls:
                call, done = self._calls.pop(0)
                call()
                done.set()

    def on_core(self, call: Callable[[], object]) -> None:
        done = threading.Event()
        self._calls.append((call, done))
        assert done.wait(5.0)

    def client(self, listener: Listener | None = None) -> CoreClient:
        """A client that has asked for the lease, and has it if nobody else does."""
        client = CoreClient(self.path, listener or Listener())
        client.connect()
        self._clients.append(client)
        return client

    def stop(self) -> None:
        """The core ends, whoever is still there."""
        if not self._stopped:
            self._stopped = True
            self._thread.join(5.0)
            self.link.close()

    def close(self) -> None:
        for client in self._clients:
            client.close()
        self.stop()


def soon(holds: Callable[[], bool]) -> bool:
    """True as soon as something is so, False when it is not within some seconds."""
    patience = time.monotonic() + 5.0
    while time.monotonic() < patience:
        if holds():
            return True
        time.sleep(0.002)
    return False
