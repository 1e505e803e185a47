"""An emulated control unit on a real wire: a pseudo-terminal paced like RS-232, or HTTP.

A pty knows no baud rate, so the emulator keeps it: a byte has come when its ten bits had
time to, and goes out no faster. One thread serves one wire.
"""

from __future__ import annotations

import base64
import contextlib
import os
import select
import threading
import time
import tty
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from hardware.emulators.fiscal import EmulatedUnit
from hardware.emulators.fiscal_mouths import Mouth, Said, XccspMouth

_TICK_SECONDS = 0.05
_PORTION_BYTES = 16


class PtyUnit:
    """A unit at the far end of a pseudo-terminal; `path` is what to open.

    `baud` 0 does not pace. `on_stored` is told how many receipts it holds, when that grew.
    """

    def __init__(
        self,
        mouth: Mouth,
        scheme: str,
        *,
        baud: int = 0,
        link: Path | None = None,
        on_stored: Callable[[int], None] | None = None,
    ) -> None:
        """Raises OSError when the link cannot be made."""
        self.mouth = mouth
        self._scheme = scheme
        self._byte_seconds = 10 / baud if baud else 0.0
        self._link = link
        self._on_stored = on_stored
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self._pty = os.ttyname(self._slave)
        if link:
            _point(link, self._pty)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="emulated unit", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> str:
        return str(self._link.absolute()) if self._link else self._pty

    @property
    def address(self) -> str:
        return f"{self._scheme}://{self.path}"

    def close(self) -> None:
        self._closing.set()
        self._thread.join(5)
        if self._link and self._link.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                self._link.unlink()

    def _serve(self) -> None:
        told = len(self.mouth.unit.stored)
        while not self._closing.is_set():
            if not select.select([self._master], [], [], _TICK_SECONDS)[0]:
                continue
            data = os.read(self._master, 4096)
            self._pass(len(data))
            for said in self.mouth.feed(data):
                self._say(said)
            if self._on_stored and len(self.mouth.unit.stored) != told:
                told = len(self.mouth.unit.stored)
                self._on_stored(told)
        os.close(self._master)
        os.close(self._slave)

    def _say(self, said: Said) -> None:
        self._closing.wait(said.after_seconds)
        due = time.monotonic()
        for at in range(0, len(said.data), _PORTION_BYTES):
            portion = said.data[at : at + _PORTION_BYTES]
            due += len(portion) * self._byte_seconds
            self._closing.wait(max(due - time.monotonic(), 0.0))
            os.write(self._master, portion)

    def _pass(self, count: int) -> None:
        """As long as so many bytes take on the line."""
        if self._byte_seconds:
            self._closing.wait(count * self._byte_seconds)


class HttpUnit:
    """A control unit server on this machine; a lost reply is a connection that closes."""

    def __init__(
        self,
        unit: EmulatedUnit,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str = "",
        password: str = "",
        on_stored: Callable[[int], None] | None = None,
    ) -> None:
        """Raises OSError when the port is taken."""
        self.mouth = XccspMouth(unit)
        self._on_stored = on_stored
        self._closing = threading.Event()
        self._lock = threading.Lock()
        pair = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._expected = f"Basic {pair}" if user else ""
        self._server = _QuietServer((host, port), self._handler())
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_TICK_SECONDS,), daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def address(self) -> str:
        host, port = self._server.server_address[:2]
        return f"xccsp+http://{host!s}:{port}/xccsp"

    def close(self) -> None:
        self._closing.set()
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60.0

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                body = self.rfile.read(length)
                if outer._expected and self.headers.get("Authorization") != outer._expected:
                    self.send_error(401)
                    return
                answer = outer._answer(body)
                if answer is None:
                    self.close_connection = True
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/xml; charset=iso-8859-1")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Standard error belongs to the person."""

        return Handler

    def _answer(self, body: bytes) -> bytes | None:
        """None where nothing is said; a deaf server says it only when it is mended."""
        while self.mouth.unit.faults.deaf and not self._closing.wait(_TICK_SECONDS):
            pass
        with self._lock:
            before = len(self.mouth.unit.stored)
            said = self.mouth.feed(body)
            after = len(self.mouth.unit.stored)
        if self._on_stored and after != before:
            self._on_stored(after)
        if not said:
            return None
        self._closing.wait(said[0].after_seconds)
        return b"".join(one.data for one in said)


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A till that hung up is no fault of the unit's."""


def _point(link: Path, path: str) -> None:
    new = link.with_name(f"{link.name}.new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    new.symlink_to(path)
    new.replace(link)
