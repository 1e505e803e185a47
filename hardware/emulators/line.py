"""An emulated device on a real wire: any sans-IO core on a pseudo-terminal or a TCP port.

One thread serves one wire; `unplug` and `plug_in` are done by that thread, so that a
test never closes a port that is just being read. The path of a pty changes at each
plugging in, as /dev/ttyUSB0 may; a link keeps one name for it.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Protocol, Self

_TICK_SECONDS = 0.02


class Core(Protocol):
    """Bytes in, answers out; `go_on` gives what is said without being asked again."""

    def feed(self, data: bytes, now: float) -> bytes: ...

    def go_on(self, now: float) -> bytes: ...


class _Line:
    """The thread, and calls that are made in it."""

    def __init__(self, core: Core, on_bytes: Callable[[], None] | None = None) -> None:
        self.core = core
        self._on_bytes = on_bytes
        self._closing = threading.Event()
        self._calls: SimpleQueue[tuple[Callable[[], None], threading.Event]] = SimpleQueue()
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, name="emulated device", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._closing.is_set():
            return
        self._closing.set()
        if self._thread.ident is None:
            self._end()
            return
        self._wake()
        self._thread.join(2)

    def call(self, function: Callable[[], None]) -> None:
        """Run `function` in the device's thread, between two bytes, and wait for it."""
        if not self._thread.is_alive():
            function()
            return
        done = threading.Event()
        self._calls.put((function, done))
        self._wake()
        done.wait(2)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b"\0")

    def _run(self) -> None:
        while not self._closing.is_set():
            ready, _, _ = select.select([self._wake_read, *self._readable()], [], [], _TICK_SECONDS)
            if self._wake_read in ready:
                os.read(self._wake_read, 64)
            for number in ready:
                if number != self._wake_read:
                    self._read(number)
            self._send(self.core.go_on(time.monotonic()))
            self._do_calls()
        self._end()

    def _end(self) -> None:
        self._release()
        self._do_calls()
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _do_calls(self) -> None:
        with contextlib.suppress(Empty):
            while True:
                function, done = self._calls.get_nowait()
                function()
                done.set()

    def _take(self, data: bytes) -> None:
        self._send(self.core.feed(data, time.monotonic()))
        if self._on_bytes:
            self._on_bytes()

    def _readable(self) -> list[int]:
        raise NotImplementedError

    def _read(self, number: int) -> None:
        raise NotImplementedError

    def _send(self, said: bytes) -> None:
        raise NotImplementedError

    def _release(self) -> None:
        raise NotImplementedError


class PtyLine(_Line):
    """`path` is what to open. Raises OSError when the link cannot be made."""

    def __init__(
        self, core: Core, link: Path | None = None, on_bytes: Callable[[], None] | None = None
    ) -> None:
        super().__init__(core, on_bytes)
        self._link = link
        self._master = self._slave = -1
        self._pty = ""
        self._plug_in()

    @property
    def path(self) -> str:
        return str(self._link.absolute()) if self._link else self._pty

    @property
    def place(self) -> str:
        """What stands after "://" in an address."""
        return self.path

    def unplug(self) -> None:
        """The port vanishes."""
        self.call(self._release)

    def plug_in(self) -> None:
        self.call(self._plug_in)

    def close(self) -> None:
        super().close()
        if self._link and self._link.is_symlink():
            with contextlib.suppress(FileNotFoundError):
                self._link.unlink()

    def _plug_in(self) -> None:
        if self._master >= 0:
            return
        self._master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self._master, False)
        self._pty = os.ttyname(self._slave)
        if self._link:
            new = self._link.with_name(f"{self._link.name}.new")
            with contextlib.suppress(FileNotFoundError):
                new.unlink()
            new.symlink_to(self._pty)
            new.replace(self._link)

    def _readable(self) -> list[int]:
        return [self._master] if self._master >= 0 else []

    def _read(self, number: int) -> None:
        with contextlib.suppress(OSError):
            self._take(os.read(number, 4096))

    def _send(self, said: bytes) -> None:
        if said and self._master >= 0:
            # Full: nobody reads, and a device does not wait for that.
            with contextlib.suppress(OSError):
                os.write(self._master, said)

    def _release(self) -> None:
        for number in (self._master, self._slave):
            if number >= 0:
                os.close(number)
        self._master = self._slave = -1


class TcpLine(_Line):
    """Listens on `host`:`port` (0 = any free one), one client at a time, as port 9100 does."""

    def __init__(
        self,
        core: Core,
        host: str = "127.0.0.1",
        port: int = 0,
        on_bytes: Callable[[], None] | None = None,
    ) -> None:
        """Raises OSError when the port is taken."""
        super().__init__(core, on_bytes)
        self._listener = socket.create_server((host, port))
        self._place: tuple[str, int] = self._listener.getsockname()[:2]
        self._client: socket.socket | None = None

    @property
    def place(self) -> str:
        """What stands after "://" in an address."""
        return f"{self._place[0]}:{self._place[1]}"

    def unplug(self) -> None:
        """Nothing answers on the port any more."""
        self.call(self._release)

    def plug_in(self) -> None:
        self.call(self._listen)

    def hang_up(self) -> None:
        """Close the connection as a device does that is switched off and on."""
        self.call(self._drop)

    def _listen(self) -> None:
        if self._listener.fileno() < 0:
            self._listener = socket.create_server(self._place)

    def _readable(self) -> list[int]:
        if self._listener.fileno() < 0:
            return []
        client = self._client
        return [client.fileno() if client is not None else self._listener.fileno()]

    def _read(self, number: int) -> None:
        if self._client is None:
            self._client, _ = self._listener.accept()
            self._client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return
        try:
            data = self._client.recv(4096)
        except OSError:
            data = b""
        if data:
            self._take(data)
        else:
            self._drop()

    def _send(self, said: bytes) -> None:
        if said and self._client is not None:
            with contextlib.suppress(OSError):
                self._client.sendall(said)

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _release(self) -> None:
        self._drop()
        self._listener.close()
