"""A network cable on TCP: carries connections to central until it is pulled.

The thing to get wrong: cutting only what comes next. A till holds connections open, so
pulling ends those too; while pulled, whoever comes is let go at once.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

PIECE_BYTES = 1 << 16


class Relay:
    """Listens on a port of its own for its whole life; `pull` and `plug_in` from any thread."""

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._is_pulled = False
        self._ends: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pull(self) -> None:
        with self._lock:
            self._is_pulled = True
            ends = list(self._ends)
        for end in ends:
            _shut(end)

    def plug_in(self) -> None:
        with self._lock:
            self._is_pulled = False

    def close(self) -> None:
        self.pull()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(10)

    def _start(self, run: object, *arguments: object) -> None:
        assert callable(run)
        thread = threading.Thread(target=run, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = self._reach()
            if far is None or not self._hold(near, far):
                near.close()
                continue
            self._start(self._carry, near, far)
            self._start(self._carry, far, near)

    def _reach(self) -> socket.socket | None:
        if self._is_pulled:
            return None
        try:
            return socket.create_connection(("127.0.0.1", self._target_port))
        except OSError:
            return None

    def _hold(self, near: socket.socket, far: socket.socket) -> bool:
        """Remember both ends for `pull`; False when it was quicker."""
        with self._lock:
            if self._is_pulled:
                far.close()
                return False
            self._ends |= {near, far}
            return True

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(PIECE_BYTES):
                target.sendall(data)
        _shut(source)
        _shut(target)
        with self._lock:
            is_last = source not in self._ends
            self._ends.discard(target)
            self._ends.discard(source)
        if is_last:
            source.close()
            target.close()


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
