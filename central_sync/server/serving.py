"""`spindel central serve`: uvicorn around the app, until Ctrl+C or SIGTERM.

Plain http leaves this computer only behind a proxy that adds TLS: a till's token on the
wire is a token given away. On SQLite one process serves; a lock in the home sees to it.
"""

from __future__ import annotations

import asyncio
import fcntl
import gc
import logging
import resource
import signal
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from central_sync.log_lines import LogFile, formatter, log_faults_of_threads
from central_sync.server.app import bookkeeper, create_app
from central_sync.server.bookkeeper import Bookkeeper
from central_sync.server.central import Central
from central_sync.server.console import say
from central_sync.server.lines import LineProtocol
from central_sync.server.nudging import Nudges
from central_sync.server.orders.opening import open_orders, open_outlets
from central_sync.server.orders.room import OrderRoom
from central_sync.server.orders.working import Worker
from central_sync.server.settings import CentralTrouble

STOP_SECONDS = 5
BACKLOG = 2_048
# Between threads: with Python's own 5 ms a thread that only has a word to say (a commit is
# there, tell the tills) may wait that long behind one that computes.
SWITCH_SECONDS = 0.0005
# Every online till keeps one stream open, and a line for what it asks and sends.
LARGEST_CONNECTIONS = 20_000
# Files and the database's connections; whoever comes beyond the rest hears a no, not nothing.
OTHER_FILES = 256
# Longer than a till keeps its own end (`engine.client`): it never asks on a line that is closing.
KEEP_ALIVE_SECONDS = 75
_LOG_BYTES, _LOG_FILES = 10_000_000, 5


@dataclass(frozen=True, slots=True)
class Serving:
    """Where and how; `certificate` and `key` are PEM files, None for plain http."""

    host: str
    port: int
    certificate: Path | None
    key: Path | None
    behind_proxy: bool

    @property
    def scheme(self) -> str:
        return "https" if self.certificate else "http"


def serve(central: Central, serving: Serving) -> None:
    """Serve until told to stop; raises CentralTrouble when it cannot begin."""
    _check(serving)
    sys.setswitchinterval(SWITCH_SECONDS)
    with _only_one(central), _listening(serving) as listener:
        _log_to(central.settings.home / "logs")
        host, port = listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        say(f"Central listens on {serving.scheme}://{shown}:{port} (Ctrl+C stops it).")
        with _orders_at_work(central) as room, _books_kept(central, room) as books:
            server = _server(central, serving, room, books)
            # What is there now stays: the collector need not look through it again and again.
            gc.collect()
            gc.freeze()
            _run(server, listener)
    say("Central has stopped.")


def room_for_connections() -> int:
    """As many as the system lets this process have; most systems give 1,024 until asked."""
    asked, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = LARGEST_CONNECTIONS + OTHER_FILES
    if most != resource.RLIM_INFINITY:
        wanted = min(wanted, most)
    if asked != resource.RLIM_INFINITY and asked < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return max(1, wanted - OTHER_FILES)


@contextmanager
def _orders_at_work(central: Central) -> Iterator[OrderRoom]:
    """On SQLite this process does the timed work too; on PostgreSQL `spindel central work`."""
    room = open_orders(central)
    worker = Worker(room, open_outlets(central)) if central.database.is_sqlite else None
    if worker:
        worker.start()
    try:
        yield room
    finally:
        if worker:
            worker.stop()


@contextmanager
def _books_kept(central: Central, room: OrderRoom) -> Iterator[Bookkeeper]:
    books = bookkeeper(central, room)
    books.look()
    try:
        yield books
    finally:
        books.close()


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serve until Ctrl+C or SIGTERM; both are an ordinary end.

    uvicorn finishes what it is at and then raises the signal again, for a handler that
    stood before its own: this one, which has nothing left to do.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    server.run(sockets=[listener])


class _Server(uvicorn.Server):
    """Ends the tills' streams when told to stop, instead of waiting for them to hang up."""

    def __init__(self, config: uvicorn.Config, nudges: Nudges) -> None:
        super().__init__(config)
        self._nudges = nudges

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await asyncio.to_thread(self._nudges.close)
        await super().shutdown(sockets)


def _server(
    central: Central, serving: Serving, room: OrderRoom, books: Bookkeeper
) -> uvicorn.Server:
    nudges = Nudges(central.database)
    config = uvicorn.Config(
        create_app(central, nudges=nudges, orders=room, books=books),
        http=LineProtocol,
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        ssl_certfile=serving.certificate,
        ssl_keyfile=serving.key,
        proxy_headers=serving.behind_proxy,
        forwarded_allow_ips="*" if serving.behind_proxy else None,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        limit_concurrency=room_for_connections(),
        backlog=BACKLOG,
    )
    return _Server(config, nudges)


def _check(serving: Serving) -> None:
    if serving.key and not serving.certificate:
        raise CentralTrouble("--key needs --certificate, the file that it belongs to.")
    if serving.certificate:
        _check_certificate(serving.certificate, serving.key)
    elif not (_is_loopback(serving.host) or serving.behind_proxy):
        raise CentralTrouble(
            f"Plain http on {serving.host} would send tokens in clear."
            " Give --certificate and --key, or --behind-proxy where a proxy adds TLS."
        )


def _check_certificate(certificate: Path, key: Path | None) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as problem:
        raise CentralTrouble(
            f"The certificate {certificate} cannot be used ({problem})."
            " Give a PEM certificate and its key."
        ) from problem


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


@contextmanager
def _listening(serving: Serving) -> Iterator[socket.socket]:
    try:
        listener = open_listener(serving.host, serving.port)
    except OSError as problem:
        raise CentralTrouble(
            f"Central cannot listen on {serving.host}:{serving.port} ({problem.strerror})."
            " Stop what uses it, or choose another with --port."
        ) from problem
    with listener:
        yield listener


def open_listener(host: str, port: int) -> socket.socket:
    """A listening TCP socket; raises OSError.

    It names its protocol, which socket.create_server does not: only then does asyncio set
    TCP_NODELAY on what it accepts, and without that every reply waits 40 ms for an ACK.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with ExitStack() as unless_listening:
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        unless_listening.callback(listener.close)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        unless_listening.pop_all()
    return listener


@contextmanager
def _only_one(central: Central) -> Iterator[None]:
    """On SQLite one process serves; on PostgreSQL any number."""
    with (central.settings.home / "central.lock").open("w") as lock:
        if central.database.is_sqlite:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as problem:
                raise CentralTrouble(
                    f"A central already serves {central.settings.home}."
                    " Stop it first; several processes need PostgreSQL."
                ) from problem
        yield


def _log_to(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "central.log"
    handler = LogFile(path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8")
    handler.setFormatter(formatter())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    log_faults_of_threads()
