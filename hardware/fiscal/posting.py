"""HTTP as a wire: what is written is one request's body, what is read its answer's.

Fulfils `transports.Transport`. A newcomer would reach for a client library with retries
of its own; here a request that may have been taken is never sent twice by anybody but the
driver, which knows what a second one means. Plain http only to this very machine, since
the receipts and the password go over it.
"""

from __future__ import annotations

import base64
import http.client
import select
import ssl
import time
from dataclasses import dataclass

from hardware.errors import Absent, Busy, Lost, Refused

CONNECT_SECONDS = 1.5
MOST_BYTES = 65_536
_ANSWER_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Site:
    """Where the server is. `certificate` is a file that it is trusted by, or ""."""

    host: str
    port: int
    path: str
    is_secure: bool
    user: str = ""
    password: str = ""
    certificate: str = ""


class HttpTransport:
    """See `transports.Transport`; one request at a time, the connection kept open."""

    answers = True
    bytes_per_second = 1_000_000.0

    def __init__(self, device: str, site: Site) -> None:
        self._device = device
        self._site = site
        self._connection: http.client.HTTPConnection | None = None
        self._is_waiting = False

    def open(self) -> None:
        """Raises Absent."""
        if not self._is_waiting and _is_idle(self._connection):
            return
        self.close()
        connection = self._new()
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise Absent(self._device, f"the server is not reached ({_plain(error)})") from error
        self._connection = connection

    def write(self, data: bytes, timeout_seconds: float) -> None:
        """Raises Lost."""
        self.open()
        connection = self._opened(timeout_seconds)
        try:
            connection.request("POST", self._site.path, data, self._headers())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(
                self._device, f"the line broke ({_plain(error)})", bytes_written=len(data)
            ) from error
        self._is_waiting = True

    def read(self, timeout_seconds: float) -> bytes:
        """The whole answer, or b"" in time. Raises Lost, Busy or Refused."""
        if not self._is_waiting:
            return b""
        connection = self._opened(_ANSWER_SECONDS)
        if (
            connection.sock is None
            or not select.select([connection.sock], [], [], timeout_seconds)[0]
        ):
            return b""
        deadline = time.monotonic() + _ANSWER_SECONDS
        try:
            with connection.getresponse() as response:
                body = _body(response, deadline)
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Lost(self._device, f"the line broke ({_plain(error)})") from error
        self._is_waiting = False
        self._check(response.status)
        return body

    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._is_waiting = False
        if connection is not None:
            connection.close()

    def _check(self, status: int) -> None:
        if status in (429, 503):
            raise Busy(self._device, "the server is busy")
        if status in (401, 403):
            raise Refused(self._device, "the server does not accept the user or the password")
        if status != 200:
            raise Refused(self._device, f"the server answers {status}; is the path right?")

    def _opened(self, timeout_seconds: float) -> http.client.HTTPConnection:
        connection = self._connection
        if connection is None:
            raise Lost(self._device, "the connection is closed")
        if connection.sock is not None:
            connection.sock.settimeout(timeout_seconds)
        return connection

    def _new(self) -> http.client.HTTPConnection:
        site = self._site
        if not site.is_secure:
            return http.client.HTTPConnection(site.host, site.port, timeout=CONNECT_SECONDS)
        try:
            context = ssl.create_default_context(cafile=site.certificate or None)
        except OSError as error:
            raise Absent(self._device, f"{site.certificate} cannot be used") from error
        return http.client.HTTPSConnection(
            site.host, site.port, timeout=CONNECT_SECONDS, context=context
        )

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "text/xml; charset=iso-8859-1", "Accept": "text/xml"}
        if self._site.user:
            pair = f"{self._site.user}:{self._site.password}".encode()
            headers["Authorization"] = f"Basic {base64.b64encode(pair).decode('ascii')}"
        return headers


def _is_idle(connection: http.client.HTTPConnection | None) -> bool:
    """Open, and nothing came unasked; what comes then is the other side hanging up."""
    if connection is None or connection.sock is None:
        return False
    return not select.select([connection.sock], [], [], 0)[0]


def _body(response: http.client.HTTPResponse, deadline: float) -> bytes:
    """Raises TimeoutError for a server that sends drop by drop past the deadline."""
    body = b""
    while part := response.read1(4096):
        body += part
        if len(body) > MOST_BYTES:
            raise http.client.HTTPException("the answer has no end")
        if time.monotonic() > deadline:
            raise TimeoutError
    return body


def _plain(error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(reason).lower()
