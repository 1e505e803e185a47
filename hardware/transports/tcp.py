"""A device on the network: TCP, usually port 9100.

Port 9100 serves one client at a time and has no hello: a connection that opens
proves only that a machine is there. A newcomer would leave the connection to
the system's sixty-second defaults; here connecting takes 1.5 s at most.
"""

from __future__ import annotations

import contextlib
import fcntl
import socket
import struct
import termios

from hardware.errors import Absent, Lost
from hardware.transports.transport import Descriptor

CONNECT_SECONDS = 1.5
# Small, so that what a deaf printer was "sent" is soon seen not to leave.
_SEND_BUFFER_BYTES = 16_384
# Closing with this sends a reset and drops what is unsent.
_DROP_UNSENT = struct.pack("ii", 1, 0)


class TcpTransport:
    """See `transport.Transport`."""

    answers = True
    bytes_per_second = 1_000_000.0

    def __init__(self, device: str, host: str, port: int) -> None:
        self._device = device
        self._target = (host, port)
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Raises Absent; a connection that the other side has closed is made anew."""
        if self._socket is not None and _hung_up(self._socket):
            self.close()
        if self._socket is None:
            self._socket = self._connect()

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises Stalled or Lost."""
        self._line().write(data, timeout_seconds)

    def read(self, timeout_seconds: float) -> bytes:
        """Raises Lost."""
        return self._line().read(timeout_seconds)

    def close(self) -> None:
        connection, self._socket = self._socket, None
        if connection is None:
            return
        with contextlib.suppress(OSError):
            if _unacknowledged(connection):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROP_UNSENT)
        connection.close()

    def _connect(self) -> socket.socket:
        try:
            connection = socket.create_connection(self._target, CONNECT_SECONDS)
        except TimeoutError as error:
            raise Absent(
                self._device, "no answer; is it switched on and on the network?"
            ) from error
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Absent(self._device, f"no connection ({reason})") from error
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        return connection

    def _line(self) -> Descriptor:
        connection = self._socket
        if connection is None:
            raise Lost(self._device, "the connection is closed")
        return Descriptor(
            self._device,
            connection.fileno(),
            lambda: _unacknowledged(connection),
            lambda: _hung_up(connection),
        )


def _unacknowledged(connection: socket.socket) -> int:
    """Bytes handed to the kernel that the other machine has not confirmed."""
    answer = fcntl.ioctl(connection.fileno(), termios.TIOCOUTQ, b"\0" * 4)
    return int(struct.unpack("i", answer)[0])


def _hung_up(connection: socket.socket) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
