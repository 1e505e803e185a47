"""The core's socket: many clients, one of which may act.

Runs on the core's one thread. Every client gets the View as differences to what
it last got; the one that holds the lease may send commands and is handed scans.
A client that stops reading is dropped before it can fill the memory.
"""

from __future__ import annotations

import logging
import os
import selectors
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from central_sync.retail.plain import Unreadable, tagged
from pos_client.link.protocol import decode, difference, encode
from pos_client.register.commands import Command, read_command
from pos_client.register.queries import Answer, Query, read_query
from pos_client.register.view import View

MOST_UNSENT_BYTES = 4_000_000
MOST_REQUEST_BYTES = 1_000_000

_log = logging.getLogger(__name__)


class Handler(Protocol):
    """What stands behind the socket."""

    @property
    def view(self) -> View: ...

    def do(self, command: Command) -> None:
        """Carry out; afterwards `view` is the new one."""

    def ask(self, query: Query, answer: Callable[[Answer | None], None]) -> None:
        """Answer now or later, on the core's thread."""

    def scan_refused(self, scan_id: int) -> None: ...

    def scan_taken(self, scan_id: int) -> None: ...


@dataclass(eq=False)
class Client:
    socket: socket.socket
    received: bytearray = field(default_factory=bytearray)
    unsent: bytearray = field(default_factory=bytearray)
    seen: View | None = None


class LinkServer:
    """`poll` is the core's waiting place; `watch` adds other things to wait for."""

    def __init__(self, path: Path, handler: Handler) -> None:
        self._handler = handler
        self._path = path
        self._selector = selectors.DefaultSelector()
        self._clients: list[Client] = []
        self._leaseholder: Client | None = None
        self._listening = _listening_at(path)
        self._selector.register(self._listening, selectors.EVENT_READ, self._accept)

    def watch(self, fileno: int, ready: Callable[[], object]) -> None:
        self._selector.register(fileno, selectors.EVENT_READ, ready)

    def poll(self, timeout_seconds: float) -> None:
        """Wait for something and serve it."""
        for key, mask in self._selector.select(timeout_seconds):
            if isinstance(key.data, Client):
                self._serve(key.data, mask)
            else:
                key.data()

    def publish(self) -> None:
        """Send the new View to everybody who has not seen it."""
        for client in list(self._clients):
            self._send_view(client, {})

    def push_scan(self, scan_id: int, data: str, symbology: str) -> bool:
        """Hand a scan to the client that may act; False when there is none."""
        if self._leaseholder is None:
            return False
        scan = {"scan_id": scan_id, "data": data, "symbology": symbology}
        self._send(self._leaseholder, {"scan": scan})
        return True

    @property
    def client_count(self) -> int:
        return len(self._clients)

    def close(self) -> None:
        for client in list(self._clients):
            self._drop(client)
        self._selector.unregister(self._listening)
        self._listening.close()
        self._path.unlink(missing_ok=True)
        self._selector.close()

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        connection.setblocking(False)
        client = Client(connection)
        self._clients.append(client)
        self._selector.register(connection, selectors.EVENT_READ, client)

    def _serve(self, client: Client, mask: int) -> None:
        if mask & selectors.EVENT_WRITE:
            self._flush(client)
        if mask & selectors.EVENT_READ and client in self._clients:
            self._receive(client)

    def _receive(self, client: Client) -> None:
        try:
            chunk = client.socket.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk or len(client.received) > MOST_REQUEST_BYTES:
            self._drop(client)
            return
        client.received += chunk
        while client in self._clients and (end := client.received.find(b"\n")) >= 0:
            line = bytes(client.received[:end])
            del client.received[: end + 1]
            self._take(client, line)

    def _take(self, client: Client, line: bytes) -> None:
        number: object = None
        try:
            message = decode(line)
            number = message.get("id")
            self._answer(client, message)
        except Unreadable as problem:
            _log.warning("a request could not be read: %s", problem)
            self._send(client, {"id": number, "error": str(problem)[:200]})

    def _answer(self, client: Client, message: dict[str, Any]) -> None:
        reply = {"id": message.get("id")}
        if "do" in message:
            command = read_command(message["do"])
            if client is not self._leaseholder:
                self._send(client, {**reply, "error": "lease"})
                return
            self._handler.do(command)
            self._send_view(client, reply)
            self.publish()
        elif "ask" in message:
            self._ask(client, reply, read_query(message["ask"]))
        elif "lease" in message:
            self._lease(client, force=message["lease"] == "take")
            self._send_view(client, {**reply, "lease": client is self._leaseholder})
        elif "scan" in message:
            told = self._handler.scan_taken if message.get("taken") else self._handler.scan_refused
            told(_scan_id(message["scan"]))
        else:
            raise Unreadable("neither do, ask, lease nor scan")

    def _ask(self, client: Client, reply: dict[str, Any], query: Query) -> None:
        def answer(found: Answer | None) -> None:
            plain = None if found is None else tagged(found)
            if client in self._clients:
                self._send(client, {**reply, "answer": plain})

        self._handler.ask(query, answer)

    def _lease(self, client: Client, *, force: bool) -> None:
        if self._leaseholder is None:
            self._leaseholder = client
        elif force and self._leaseholder is not client:
            former, self._leaseholder = self._leaseholder, client
            self._send(former, {"lease": False})

    def _send_view(self, client: Client, message: dict[str, Any]) -> None:
        view = self._handler.view
        changed = difference(client.seen, view)
        client.seen = view
        if changed or message:
            self._send(client, {**message, "view": changed})

    def _send(self, client: Client, message: dict[str, Any]) -> None:
        client.unsent += encode(message)
        self._flush(client)

    def _flush(self, client: Client) -> None:
        if client not in self._clients:
            return
        try:
            sent = client.socket.send(client.unsent) if client.unsent else 0
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(client)
            return
        del client.unsent[:sent]
        if len(client.unsent) > MOST_UNSENT_BYTES:
            _log.warning("a client has stopped reading and is let go")
            self._drop(client)
            return
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if client.unsent else 0)
        self._selector.modify(client.socket, wanted, client)

    def _drop(self, client: Client) -> None:
        self._clients.remove(client)
        self._selector.unregister(client.socket)
        client.socket.close()
        if self._leaseholder is client:
            self._leaseholder = None


def _listening_at(path: Path) -> socket.socket:
    """A listening socket whose file appears only when it answers.

    Between `bind` and `listen` a file is there and nobody behind it; who waited for the file would
    be turned away. So it is bound under another name and takes its own once it listens.
    """
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    not_yet = path.with_name(path.name + ".n")
    not_yet.unlink(missing_ok=True)
    before = os.umask(0o177)  # only the till's own user may speak to the core
    try:
        listening.bind(str(not_yet))
    finally:
        os.umask(before)
    listening.listen(16)
    listening.setblocking(False)
    not_yet.replace(path)
    return listening


def _scan_id(plain: object) -> int:
    if not isinstance(plain, int):
        raise Unreadable("a scan is named by its number")
    return plain
