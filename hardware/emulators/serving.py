"""An emulated printer on a real wire: a TCP port or a pseudo-terminal.

One thread serves one wire. A newcomer would leave the pty in its default mode,
where the terminal echoes and turns CR into LF, and the first print would differ
from the second; it is set raw before anybody hears of its path.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import threading
import tty
from collections.abc import Callable
from typing import Self

from hardware.emulators.paper import Paper
from hardware.emulators.printer import EmulatedPrinter

_TICK_SECONDS = 0.05
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class _Wire:
    """What TCP and pty share: a printer, a thread, and papers and kicks told to a listener."""

    def __init__(
        self, printer: EmulatedPrinter, on_paper: Callable[[Paper], None] | None = None
    ) -> None:
        self.printer = printer
        self.on_drawer: Callable[[], None] | None = None
        self._on_paper = on_paper
        self._told = self._told_pulses = 0
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="emulated printer", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(2)

    def _serve(self) -> None:
        raise NotImplementedError

    def _tell(self) -> None:
        while self._told_pulses < self.printer.pulses:
            self._told_pulses += 1
            if self.on_drawer:
                self.on_drawer()
        papers = self.printer.papers
        while self._told < len(papers):
            self._told += 1
            if self._on_paper:
                self._on_paper(papers[self._told - 1])


class TcpPrinter(_Wire):
    """Listens on `host`:`port` (0 = any free one) and takes several clients in turn."""

    def __init__(
        self,
        printer: EmulatedPrinter,
        host: str = "127.0.0.1",
        port: int = 0,
        on_paper: Callable[[Paper], None] | None = None,
        receive_buffer_bytes: int | None = None,
    ) -> None:
        """Raises OSError when the port is taken."""
        super().__init__(printer, on_paper)
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if receive_buffer_bytes is not None:
            self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self._listener.bind((host, port))
        self._listener.listen()
        self._clients: list[socket.socket] = []
        self._reboots = 0

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def address(self) -> str:
        host = self._listener.getsockname()[0]
        return f"escpos+tcp://{host}:{self.port}"

    def hang_up(self) -> None:
        """Close every connection as a printer does that is switched off and on."""
        for client in list(self._clients):
            self._drop(client)

    def _serve(self) -> None:
        with self._listener:
            while not self._closing.is_set():
                self._send(self.printer.go_on())
                self._tell()
                self._go_down_with_power()
                waiting = [self._listener, *(self._clients if not self._deaf() else ())]
                with contextlib.suppress(ValueError, OSError):
                    for ready in select.select(waiting, [], [], _TICK_SECONDS)[0]:
                        self._accept() if ready is self._listener else self._take(ready)
            for client in list(self._clients):
                self._drop(client)

    def _go_down_with_power(self) -> None:
        if self._reboots < self.printer.reboots:
            self._reboots = self.printer.reboots
            self.hang_up()

    def _deaf(self) -> bool:
        return self.printer.faults.deaf

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._clients.append(client)

    def _take(self, client: socket.socket) -> None:
        reset_after = self.printer.faults.reset_after_bytes
        most = 1 if self.printer.faults.slow_reader else 4096
        left = most if reset_after is None else max(reset_after - self.printer.taken, 0)
        try:
            data = client.recv(min(left, most)) if left else b""
        except OSError:
            data = b""
        if not data:
            self._drop(client, reset=reset_after is not None)
            return
        self._send(self.printer.feed(data), client)
        self._tell()

    def _send(self, said: bytes, client: socket.socket | None = None) -> None:
        listeners = [client] if client else self._clients[-1:]
        for listener in listeners:
            if said:
                with contextlib.suppress(OSError):
                    listener.sendall(said)

    def _drop(self, client: socket.socket, *, reset: bool = False) -> None:
        with contextlib.suppress(OSError):
            if reset:
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
            else:
                client.shutdown(socket.SHUT_RDWR)
        client.close()
        if client in self._clients:
            self._clients.remove(client)


class PtyPrinter(_Wire):
    """A printer at the far end of a pseudo-terminal; `path` is what to open."""

    def __init__(
        self, printer: EmulatedPrinter, on_paper: Callable[[Paper], None] | None = None
    ) -> None:
        super().__init__(printer, on_paper)
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)

    @property
    def address(self) -> str:
        return f"escpos+serial://{self.path}"

    def _serve(self) -> None:
        while not self._closing.is_set():
            self._say(self.printer.go_on())
            self._tell()
            if self.printer.faults.deaf:
                self._closing.wait(_TICK_SECONDS)
                continue
            if select.select([self._master], [], [], _TICK_SECONDS)[0]:
                most = 1 if self.printer.faults.slow_reader else 4096
                self._say(self.printer.feed(os.read(self._master, most)))
                self._tell()
        os.close(self._master)
        os.close(self._slave)

    def _say(self, said: bytes) -> None:
        if said:
            os.write(self._master, said)
