"""An emulated card terminal on a TCP port: HTTP or HTTPS around the sans-IO core.

One thread a connection, one lock around the core. What a stranger on the network may do
to an answer is here (`tamper`), because the terminal itself never does it.
"""

from __future__ import annotations

import contextlib
import json
import ssl
import tempfile
import threading
import time
from collections.abc import Callable
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self, TypeVar

from hardware.emulators.terminal import EmulatedTerminal, Nothing, Said, Silence, Wait
from hardware.emulators.terminal_certificates import Certificates
from hardware.terminals.envelope import SealBroken
from hardware.terminals.nexo import Message, Unreadable, part, text
from hardware.terminals.skin import Skin

_T = TypeVar("_T")
_MOST_BYTES = 1_000_000
_REJECTED = {
    "SaleToPOIRequest": {
        "EventNotification": {"EventToNotify": "Reject", "EventDetails": "message=Crypto+error"}
    }
}


class Tamper(StrEnum):
    """What happens to the next answer on its way."""

    BLOB = "blob"
    NONCE = "nonce"
    MAC = "mac"
    HEADER = "header"
    OLD_KEY = "old_key"
    REPLAY = "replay"
    GARBAGE = "garbage"
    HTTP_ERROR = "http_error"


class TerminalServer:
    """Listens on `host`:`port` (0 = any free one). `clock` is what the core is told."""

    def __init__(
        self,
        core: EmulatedTerminal,
        skin: Skin,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificates: Certificates | None = None,
        old_skin: Skin | None = None,
        clock: Callable[[], float] = time.monotonic,
        on_said: Callable[[str], None] = lambda _sentence: None,
    ) -> None:
        """Raises OSError when the port is taken."""
        self.core = core
        self._skin = skin
        self._old_skin = old_skin
        self._clock = clock
        self._on_said = on_said
        self._news = threading.Condition()
        self._closing = False
        self._tampers: list[Tamper] = []
        self._last_sent = b""
        tls = _tls(certificates) if certificates else None
        self._server = _Server((host, port), self, tls)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="emulated terminal", daemon=True
        )

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends every connection; may be called twice."""
        with self._news:
            self._closing = True
            self._news.notify_all()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()

    def do(self, change: Callable[[EmulatedTerminal], _T]) -> _T:
        """Change or ask the core between two messages."""
        with self._news:
            found = change(self.core)
            self._news.notify_all()
            return found

    def tamper(self, how: Tamper) -> None:
        """The next answer is changed so."""
        self._tampers.append(how)

    def answer(self, data: bytes) -> tuple[int, bytes] | None:
        """(HTTP status, body), or None where the connection ends without an answer."""
        with self._news:
            try:
                heard = self._skin.decode(data)
            except (SealBroken, Unreadable):
                return 200, json.dumps(_REJECTED).encode()
            message = self._waited(self.core.hear(heard, self._clock()))
            self._news.notify_all()
            self._on_said(_told(heard, message))
            if isinstance(message, Nothing):
                return 204, b""
            return self._sent(message) if isinstance(message, Message) else None

    def _waited(self, said: Said) -> Said:
        while isinstance(said, Wait) and not self._closing:
            answer = self.core.later(said.service_id, self._clock())
            if answer is not None:
                return answer
            self._news.wait(0.05)
        return Silence() if isinstance(said, Wait) else said

    def _sent(self, message: Message) -> tuple[int, bytes] | None:
        how = self._tampers.pop(0) if self._tampers else None
        last, status = self._last_sent, 200
        match how:
            case None:
                data = self._last_sent = self._skin.encode(message)
            case Tamper.OLD_KEY if self._old_skin is not None:
                data = self._old_skin.encode(message)
            case Tamper.REPLAY:
                data = last
            case Tamper.HTTP_ERROR:
                status, data = 500, b"error"
            case Tamper.GARBAGE:
                data = b"\x00<nexo"
            case _:
                data = _changed(self._skin.encode(message), how)
        return status, data


def _told(heard: Message, said: Said) -> str:
    response = part(said.body, "Response") if isinstance(said, Message) else {}
    words = (text(response, "Result"), text(response, "ErrorCondition"))
    answer = " ".join(word for word in words if word) or type(said).__name__.lower()
    return f"{heard.header.category} {heard.header.service_id}: {answer}"


def _changed(data: bytes, how: Tamper) -> bytes:
    tree: dict[str, Any] = json.loads(data)
    sealed = next(iter(tree.values()))
    match how:
        case Tamper.BLOB:
            sealed["NexoBlob"] = _flipped(sealed["NexoBlob"])
        case Tamper.NONCE | Tamper.MAC:
            name = "Nonce" if how is Tamper.NONCE else "Hmac"
            sealed["SecurityTrailer"][name] = _flipped(sealed["SecurityTrailer"][name])
        case Tamper.HEADER:
            sealed["MessageHeader"]["MessageCategory"] = "Reversal"
    return json.dumps(tree).encode()


def _flipped(encoded: str) -> str:
    """Another first character, of the same alphabet."""
    return ("B" if encoded[0] != "B" else "C") + encoded[1:]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(
        self, place: tuple[str, int], owner: TerminalServer, tls: ssl.SSLContext | None
    ) -> None:
        self.owner = owner
        self._tls = tls
        super().__init__(place, _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:
        # In the connection's own thread: a stranger's slow handshake holds up nobody.
        with contextlib.suppress(OSError):
            request.settimeout(300)
            if self._tls is not None:
                request = self._tls.wrap_socket(request, server_side=True)
            super().finish_request(request, client_address)
            if self._tls is not None:
                request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > _MOST_BYTES:
            self.send_error(411)
            return
        found = self.server.owner.answer(self.rfile.read(int(length)))
        self.close_connection = True
        if found is None:
            return
        status, body = found
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing: the output belongs to whoever runs it."""


def _tls(certificates: Certificates) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leaf.pem"
        path.touch(mode=0o600)
        path.write_bytes(certificates.leaf_with_key)
        context.load_cert_chain(path)
    return context
