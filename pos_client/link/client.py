"""A client of the core: sends commands and queries, keeps the newest View.

Blocking and thread-safe where it says so: `do` and `ask` may be called from one
thread while `listen` hands pushed news to a callback from the reader thread. The
thing to get wrong: never call `do` from inside the listener, its answer is read
by the same thread.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from central_sync.retail.plain import Unreadable, tagged
from pos_client.link.protocol import apply_difference, decode, encode
from pos_client.register.commands import Command
from pos_client.register.queries import Answer, Query, read_answer
from pos_client.register.view import View


class CoreGone(ConnectionError):
    """The core process does not answer on its socket."""


class NotLeased(Exception):
    """Another client has the right to act; `take_lease(force=True)` takes it."""


@dataclass(frozen=True, slots=True)
class PushedScan:
    """A scan waiting for this client's word: `do(ScanCode(...))` or `refuse_scan`."""

    scan_id: int
    data: str
    symbology: str


@dataclass
class Listener:
    """Callbacks from the reader thread; each must return at once."""

    on_view: Callable[[View], None] = lambda view: None
    on_scan: Callable[[PushedScan], None] = lambda scan: None
    on_lease_lost: Callable[[], None] = lambda: None
    on_gone: Callable[[], None] = lambda: None


@dataclass
class CoreClient:
    """One connection. `view` is always the newest one received."""

    path: Path
    listener: Listener = field(default_factory=Listener)
    view: View = field(default_factory=View)
    has_lease: bool = False

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._replies: dict[int, SimpleQueue[dict[str, Any]]] = {}
        self._next_id = 0
        self._lock = threading.Lock()
        self._gone = False
        self._reader = threading.Thread(target=self._read, name="core-link", daemon=True)

    def connect(self, timeout_seconds: float = 5.0) -> View:
        """Connect, take the lease if it is free, and return the first whole View.

        Raises CoreGone when nobody answers.
        """
        self.look(timeout_seconds)
        self.has_lease = bool(self._request({"lease": True}).get("lease"))
        return self.view

    def look(self, timeout_seconds: float = 5.0) -> None:
        """Connect without the wish to act: to ask, or to see whether anybody is there."""
        try:
            self._socket.settimeout(timeout_seconds)
            self._socket.connect(str(self.path))
            self._socket.settimeout(None)
        except OSError as problem:
            raise CoreGone(f"no register answers at {self.path}") from problem
        self._reader.start()

    def take_lease(self, *, force: bool = False) -> bool:
        """Ask again for the right to act; True when it is ours now.

        `force` takes it from the client that has it, which is told.
        """
        wish = "take" if force else True
        self.has_lease = bool(self._request({"lease": wish}).get("lease"))
        return self.has_lease

    def do(self, command: Command, timeout_seconds: float = 30.0) -> View:
        """Carry out a command and return the View after it; raises CoreGone."""
        self._request({"do": tagged(command)}, timeout_seconds)
        return self.view

    def ask(self, query: Query, timeout_seconds: float = 30.0) -> Answer | None:
        """The answer, or None when a newer query made it needless; raises CoreGone."""
        plain = self._request({"ask": tagged(query)}, timeout_seconds).get("answer")
        answer: Answer | None = None if plain is None else read_answer(plain)
        return answer

    def refuse_scan(self, scan_id: int) -> None:
        """The screen does not accept this scan now: the scanner gives two beeps."""
        self._send({"scan": scan_id, "taken": False})

    def accept_scan(self, scan_id: int) -> None:
        """The screen took this scan for something else than a sale (a price check)."""
        self._send({"scan": scan_id, "taken": True})

    def close(self) -> None:
        self._gone = True
        with contextlib.suppress(OSError):  # never connected, or closed by the other side
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _request(self, message: dict[str, Any], timeout_seconds: float = 30.0) -> dict[str, Any]:
        reply: SimpleQueue[dict[str, Any]] = SimpleQueue()
        with self._lock:
            self._next_id += 1
            number = self._next_id
            self._replies[number] = reply
        self._send({"id": number, **message})
        try:
            answer = reply.get(timeout=timeout_seconds)
        except Empty:
            raise CoreGone("the register did not answer in time") from None
        finally:
            self._replies.pop(number, None)
        if "gone" in answer:
            raise CoreGone("the register stopped")
        if answer.get("error") == "lease":
            raise NotLeased("another screen works at this register")
        if "error" in answer:
            raise Unreadable(str(answer["error"]))
        return answer

    def _send(self, message: dict[str, Any]) -> None:
        if self._gone:
            raise CoreGone("the register stopped")
        try:
            self._socket.sendall(encode(message))
        except OSError as problem:
            raise CoreGone("the register stopped") from problem

    def _read(self) -> None:
        buffer = b""
        try:
            while chunk := self._socket.recv(1 << 16):
                *lines, buffer = (buffer + chunk).split(b"\n")
                for line in lines:
                    self._take(decode(line))
        except OSError:
            pass  # the socket was closed; told below
        was_ours = self._gone
        self._gone = True
        for reply in list(self._replies.values()):
            reply.put({"gone": True})
        if not was_ours:
            self.listener.on_gone()

    def _take(self, message: dict[str, Any]) -> None:
        if "view" in message:
            self.view = apply_difference(self.view, message["view"])
        number = message.get("id")
        if number is not None:
            reply = self._replies.get(number)
            if reply is not None:
                reply.put(message)
        elif "view" in message:
            self.listener.on_view(self.view)
        elif "lease" in message:
            self.has_lease = bool(message["lease"])
            self.listener.on_lease_lost()
        elif "scan" in message:
            self.listener.on_scan(PushedScan(**message["scan"]))
