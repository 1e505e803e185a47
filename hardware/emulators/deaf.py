"""Devices that are there, take a connection and never say a word: the worst kind of broken.

No thread: a listening socket that is never accepted from is connected by the kernel, and a
pseudo-terminal that nobody reads takes bytes until its buffer is full. A newcomer would
test hanging with an address that refuses; that fails at once and makes nobody wait.
"""

from __future__ import annotations

import os
import select
import socket
import tty
from typing import Self

_BACKLOG = 64


class DeafLane:
    """One deaf device of every kind a till has. `settings` is the TOML that names them all."""

    def __init__(self) -> None:
        self._ports = {name: _listening() for name in _ON_TCP}
        self._lines = {name: _line() for name in _ON_SERIAL}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def settings(self) -> str:
        """A [devices] section for workstation.toml."""
        places = {name: f"127.0.0.1:{port.getsockname()[1]}" for name, port in self._ports.items()}
        places |= {name: os.ttyname(slave) for name, (_, slave) in self._lines.items()}
        kinds = (_ON_TCP | _ON_SERIAL).items()
        rows = [f'{name} = "{address.format(places[name])}"' for name, address in kinds]
        return "\n".join(("[devices]", *rows, ""))

    def spoken_to(self) -> set[str]:
        """Who has been connected to, or sent something that nobody will ever read."""
        watched = {port.fileno(): name for name, port in self._ports.items()}
        watched |= {master: name for name, (master, _) in self._lines.items()}
        ready, _, _ = select.select(list(watched), [], [], 0.0)
        return {watched[number] for number in ready}

    def close(self) -> None:
        for port in self._ports.values():
            port.close()
        for pair in self._lines.values():
            for number in pair:
                os.close(number)


_ON_TCP = {
    "printer": "escpos+tcp://{}",
    "fiscal_unit": "xccsp+http://{}",
    "payment_terminal": "nexo+http://{}?poi=P-1&sale=till1",
    "scale": "dialog06+tcp://{}",
    "label_printer": "zpl+tcp://{}",
}
_ON_SERIAL = {
    "customer_display": "cd5220+serial://{}",
    "drawer": "serial://{}",
}
DEVICES = frozenset(_ON_TCP) | frozenset(_ON_SERIAL)


def _listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG)


def _line() -> tuple[int, int]:
    master, slave = os.openpty()
    tty.setraw(slave)
    return master, slave
