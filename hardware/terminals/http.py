"""One question and its answer over HTTP, with one deadline for all of it.

A newcomer would give `http.client` a timeout: that is per read, so a terminal that
drips a byte a minute is never late. Here the time that is left is given to each read.
TLS trusts the CA file and nothing else; the certificate's common name must be the
terminal's own (its host name is an address on the shop's network, and never matches).
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from hardware.errors import Absent, DeviceError, Lost, Misconfigured, Refused, Stalled

CONNECT_SECONDS = 1.5
_MOST_BYTES = 1_000_000
# Closing with this drops what is unsent: nothing of ours may arrive after we gave up.
_DROP_UNSENT = struct.pack("ii", 1, 0)


class WrongTerminal(Misconfigured):
    """Somebody answers at the address who is not the terminal that was named."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a terminal is. `tls` is None for plain HTTP; `poi_id` is its name."""

    device: str
    host: str
    port: int
    poi_id: str
    tls: ssl.SSLContext | None = None


def trusting(device: str, ca_file: Path) -> ssl.SSLContext:
    """Raises Misconfigured when the file holds no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_verify_locations(ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or "it holds no certificate"
        raise Misconfigured(device, f"the CA file {ca_file}: {reason}") from error
    return context


class Line(Protocol):
    """One connection for one exchange; `close` may come from any thread."""

    def exchange(self, path: str, content_type: str, body: bytes, timeout_seconds: float) -> bytes:
        """The answer's body. Raises Stalled, Lost and Refused (an HTTP error)."""

    def close(self) -> None:
        """Never blocks, never raises."""


class HttpLine:
    """See `Line`."""

    def __init__(self, place: Place) -> None:
        """Connects. Raises Absent, and WrongTerminal; nothing has been sent then."""
        self._place = place
        self._socket = _connect(place)

    def exchange(self, path: str, content_type: str, body: bytes, timeout_seconds: float) -> bytes:
        """See `Line`; all of it within `timeout_seconds`."""
        deadline = time.monotonic() + timeout_seconds
        try:
            self._socket.settimeout(timeout_seconds)
            self._socket.sendall(_head(self._place, path, content_type, len(body)) + body)
            answer = http.client.HTTPResponse(_Reading(self._socket, deadline))  # type: ignore[arg-type]
            answer.begin()
            data = answer.read(_MOST_BYTES + 1)
        except TimeoutError as error:
            raise self._error(Stalled, "no answer in time", body) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._error(Lost, "the line broke before the answer came", body) from error
        if answer.length:
            raise self._error(Lost, "the line broke in the middle of the answer", body)
        if len(data) > _MOST_BYTES:
            raise self._error(Lost, "its answer has no end", body)
        if answer.status not in (200, 204):
            raise self._error(Refused, f"it answers HTTP {answer.status}", body)
        return data

    def close(self) -> None:
        """See `Line`."""
        _drop(self._socket)

    def _error(self, kind: type[DeviceError], reason: str, body: bytes) -> DeviceError:
        return kind(self._place.device, reason, bytes_written=len(body))


def _head(place: Place, path: str, content_type: str, length: int) -> bytes:
    return (
        f"POST {path} HTTP/1.1\r\nHost: {place.host}:{place.port}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {length}\r\n"
        "Accept: */*\r\nConnection: close\r\n\r\n"
    ).encode("ascii")


def _connect(place: Place) -> socket.socket:
    raw = None
    try:
        raw = socket.create_connection((place.host, place.port), CONNECT_SECONDS)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if place.tls is None:
            return raw
        secured = place.tls.wrap_socket(raw)
    except ssl.SSLCertVerificationError as error:
        _drop(raw)
        raise WrongTerminal(
            place.device, "its certificate is not from the CA file that was named"
        ) from error
    except TimeoutError as error:
        _drop(raw)
        raise Absent(place.device, "no answer; is it switched on and on the network?") from error
    except OSError as error:
        _drop(raw)
        reason = (error.strerror or str(error)).lower()
        raise Absent(place.device, f"no connection ({reason})") from error
    if not _is_named(secured, place.poi_id):
        _drop(secured)
        raise WrongTerminal(place.device, f"its certificate does not name {place.poi_id}")
    return secured


def _is_named(connection: ssl.SSLSocket, poi_id: str) -> bool:
    """The common name is the terminal's name, alone or before the vendor's domain."""
    subject = (connection.getpeercert() or {}).get("subject", ())
    names = [
        str(pair[1]).lower()
        for group in subject
        if isinstance(group, tuple)
        for pair in group
        if isinstance(pair, tuple) and pair[0] == "commonName"
    ]
    wanted = poi_id.lower()
    return any(name == wanted or name.startswith(wanted + ".") for name in names)


def _drop(connection: socket.socket | None) -> None:
    if connection is None:
        return
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _DROP_UNSENT)
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # It was gone already.
    connection.close()


class _Reading(io.RawIOBase):
    """A socket as `http.client` reads it, with the time that is left."""

    def __init__(self, connection: socket.socket, deadline: float) -> None:
        self._socket = connection
        self._deadline = deadline

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(self)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._socket.settimeout(left)
        return self._socket.recv_into(buffer)
