"""A network between till and central with a weather: real sockets, cut, slowed and chopped.

The thing to get wrong: connections that were made in fair weather. They are cut when the
weather changes, since a client keeps them open.
"""

from __future__ import annotations

import random
import socket
import threading
import time
from contextlib import suppress
from typing import Literal

Weather = Literal[
    "fair", "slow", "chopped", "cut up", "cut down", "black hole", "portal", "refused"
]
WEATHERS: tuple[Weather, ...] = (
    *("fair", "slow", "chopped", "cut up", "cut down", "black hole", "portal", "refused"),
)
_PORTAL = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 38\r\n\r\n"
    b"<html><h1>Welcome aboard</h1>Log in..."
)


class Relay:
    def __init__(self, target_port: int, seed: int) -> None:
        self.target_port = target_port
        self.met: set[Weather] = set()
        self._weather: Weather = "fair"
        self._chance = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def turn(self, weather: Weather) -> None:
        """From now on; whatever is open breaks."""
        self.met.discard(weather)
        self._weather = weather
        for end in list(self._open):
            _end(end)

    def close(self) -> None:
        _end(self._listener)
        self._listener.close()
        self.turn("refused")
        for thread in self._threads:
            thread.join(10)

    def _start(self, run: object, *arguments: object) -> None:
        thread = threading.Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(near)
            weather = self._weather
            self.met.add(weather)
            self._start(self._serve, near, weather)

    def _serve(self, near: socket.socket, weather: Weather) -> None:
        if weather in ("black hole", "portal", "refused"):
            with suppress(OSError):
                if weather == "portal" and near.recv(65_536):
                    near.sendall(_PORTAL)
                while weather == "black hole" and near.recv(65_536):
                    pass  # and never a word, until the weather changes
            self._done(near)
            return
        try:
            far = socket.create_connection(("127.0.0.1", self.target_port))
        except OSError:
            self._done(near)
            return
        self._open.add(far)
        limit = self._chance.randrange(2_000)
        up = threading.Thread(
            target=self._carry,
            args=(near, far, weather, limit if weather == "cut up" else None),
            daemon=True,
        )
        up.start()
        self._carry(far, near, weather, limit if weather == "cut down" else None)
        up.join()
        self._done(near, far)

    def _carry(
        self, source: socket.socket, target: socket.socket, weather: Weather, limit: int | None
    ) -> None:
        carried = 0
        with suppress(OSError):
            while data := source.recv(16_384):
                if limit is not None and carried + len(data) > limit:
                    target.sendall(data[: limit - carried])
                    break
                carried += len(data)
                for piece in self._pieces(data, weather):
                    target.sendall(piece)
        _end(source)
        _end(target)

    def _pieces(self, data: bytes, weather: Weather) -> list[bytes]:
        if weather == "slow":
            time.sleep(0.05)
        if weather != "chopped":
            return [data]
        size = self._chance.randint(1, 40)
        return [data[at : at + size] for at in range(0, len(data), size)]

    def _done(self, *ends: socket.socket) -> None:
        for end in ends:
            _end(end)
            self._open.discard(end)
            end.close()


def _end(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
