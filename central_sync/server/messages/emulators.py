"""A mail server and a message gateway that keep what they get: for trying out, and for tests.

Both listen on this computer alone and write each message as a file when they have a folder.
The thing to get wrong: pointing a real chain at them. What they take reaches nobody.
"""

from __future__ import annotations

import json
import secrets
import socketserver
import threading
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as modern
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from central_sync.server.signed_post import signature
from central_sync.wire.orders import SIGNATURE_HEADER

LARGEST_BYTES = 1024 * 1024
POLL_SECONDS = 0.05
"""How soon it hears that it is to stop."""


@dataclass(frozen=True, slots=True)
class Received:
    """One message that came. `message_id` is the same when it comes twice."""

    message_id: str
    to: str
    subject: str
    text: str


class _Emulator:
    """A server on a thread; `on_message` is called there with everything that comes."""

    def __init__(
        self,
        server: socketserver.BaseServer,
        port: int,
        folder: Path | None,
        on_message: Callable[[Received], None],
    ) -> None:
        self.port = port
        self.received: list[Received] = []
        self._server = server
        self._folder = folder
        self._on_message = on_message
        self._thread = threading.Thread(
            target=server.serve_forever, args=(POLL_SECONDS,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def keep(self, message: Received) -> None:
        self.received.append(message)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self._folder / f"{secrets.token_hex(8)}.json"
            path.write_text(json.dumps(asdict(message), ensure_ascii=False), encoding="utf-8")
        self._on_message(message)


class MailEmulator(_Emulator):
    """SMTP without TLS. `refuses`: addresses that are unknown here; `is_busy`: "come later"."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        port: int = 0,
        refuses: Collection[str] = (),
        on_message: Callable[[Received], None] = lambda message: None,
    ) -> None:
        self.refuses = frozenset(address.casefold() for address in refuses)
        self.is_busy = False
        emulator = self

        class Conversation(socketserver.StreamRequestHandler):
            timeout = 60

            def handle(self) -> None:
                _Mail(self, emulator).talk()

        server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Conversation)
        server.daemon_threads = True
        super().__init__(server, server.server_address[1], folder, on_message)

    @property
    def address(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=order@example.com"


class _Mail:
    """One conversation of RFC 5321, as much of it as a sender needs."""

    def __init__(self, handler: socketserver.StreamRequestHandler, emulator: MailEmulator) -> None:
        self._from, self._to = handler.rfile, handler.wfile
        self._emulator = emulator
        self._receivers: list[str] = []

    def talk(self) -> None:
        self._say("220 spindel emulated mail")
        while line := self._from.readline(2_000):
            command = line.decode("utf-8", "replace").strip()
            verb = command[:4].upper()
            if verb == "QUIT":
                self._say("221 good bye")
                return
            self._answer(verb, command)

    def _answer(self, verb: str, command: str) -> None:
        match verb:
            case "EHLO" | "HELO":
                self._say("250-spindel", "250-AUTH PLAIN", "250 8BITMIME")
            case "AUTH":
                self._say("235 welcome")
            case "MAIL":
                self._receivers = []
                self._say("451 busy, come later" if self._emulator.is_busy else "250 go on")
            case "RCPT":
                self._receiver(command.partition("<")[2].partition(">")[0])
            case "DATA":
                self._data()
            case "RSET" | "NOOP":
                self._say("250 yes")
            case _:
                self._say("502 not here")

    def _receiver(self, address: str) -> None:
        if address.casefold() in self._emulator.refuses:
            self._say("550 nobody of that name")
        else:
            self._receivers.append(address)
            self._say("250 known")

    def _data(self) -> None:
        if not self._receivers:
            self._say("503 to whom?")
            return
        self._say("354 go on, end with a point")
        content = b""
        while (line := self._from.readline(2_000)) not in (b".\r\n", b".\n", b""):
            content += line.removeprefix(b".")
            if len(content) > LARGEST_BYTES:
                self._say("552 too large")
                return
        email = message_from_bytes(content, policy=modern)
        assert isinstance(email, EmailMessage)
        text = email.get_body(("plain",))
        self._emulator.keep(
            Received(
                str(email["Message-ID"] or ""),
                ", ".join(self._receivers),
                str(email["Subject"] or ""),
                str(text.get_content()).replace("\r\n", "\n") if text else "",
            )
        )
        self._say("250 kept")

    def _say(self, *lines: str) -> None:
        self._to.write("".join(f"{line}\r\n" for line in lines).encode())


class GatewayEmulator(_Emulator):
    """A receiver of WebhookMessenger. What is not signed with `secret` is refused with 401;
    `answers` are given first, in order, and keep nothing unless they begin with 2."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        secret: str = "",
        port: int = 0,
        on_message: Callable[[Received], None] = lambda message: None,
    ) -> None:
        self.secret = secret or secrets.token_urlsafe(24)
        self.answers: list[int] = []
        emulator = self

        class Post(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = min(int(self.headers.get("Content-Length") or 0), LARGEST_BYTES)
                body = self.rfile.read(length)
                self.send_response(emulator.judge(self.headers.get(SIGNATURE_HEADER, ""), body))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Says nothing: a log would hold names."""

        server = ThreadingHTTPServer(("127.0.0.1", port), Post)
        super().__init__(server, server.server_address[1], folder, on_message)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/messages"

    def judge(self, signed: str, body: bytes) -> int:
        """The status to answer; a genuine message is kept."""
        seconds = signed.partition(",")[0].removeprefix("t=")
        if not seconds.isdigit() or signed != signature(self.secret, int(seconds), body):
            return 401
        status = self.answers.pop(0) if self.answers else 204
        if 200 <= status < 300:
            told = json.loads(body)
            to = told["phone"] or told["email"]
            self.keep(Received(told["id"], to, told["subject"], told["text"]))
        return status
