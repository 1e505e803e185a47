"""One change at central until it is committed on a till, while others listen as well.

The till is the sync's own loop with its own stream of events, and central tells it at a random
place among the others, which are open streams in a process of their own. The clock starts when
central's commit ended (`stamping`). The thing to get wrong: a thousand tills on the computer that
is measured. In a chain each has a processor of its own, so the others let what they are told
lie in their sockets and read it between two changes, and their acknowledgements come later, as
over a network: on the loopback central's own write would wait for each of them. For the same
reason central has processors of its own here, where there are two.
"""

from __future__ import annotations

import queue
import random
import selectors
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import httpx

from bench.figures import Spread
from bench.processors import halves, on
from bench.sync.down import built
from bench.sync.world import STORE_ID, UP_SECONDS, Office, enrol_till, opened_till, serving
from central_sync.engine.catalogue import Catalogue
from central_sync.engine.client import HttpCentral
from central_sync.engine.download import take_snapshot
from central_sync.engine.loop import Kick, Loop
from central_sync.engine.nudges import Nudges
from central_sync.engine.settings import SyncSettings
from central_sync.engine.workstation import Workstation, no_progress
from central_sync.masterfile.apply import Applied
from central_sync.server.auth import add_key
from central_sync.wire.changes import Page
from central_sync.wire.keys import SigningKey, make_token

LONGEST_SECONDS = 30.0
_PAUSE_SECONDS = (0.2, 0.3)
# The others read what they were told in one go, this long after.
_READ_AFTER_SECONDS = 0.1
_SKU_QUERY = "SELECT sku FROM price ORDER BY sku LIMIT 1"


@dataclass(frozen=True, slots=True)
class Heard:
    """Milliseconds from central's commit: heard by the till, committed there; `asked` from the
    beginning of head office's request to the till's commit."""

    listeners: int
    heard: Spread
    committed: Spread
    asked: Spread


class _Noting(Catalogue):
    """The till's catalogue, which tells when a page was committed."""

    committed: queue.Queue[float]

    def apply(self, page: Page, *, accept: bool) -> Applied:
        applied = super().apply(page, accept=accept)
        if page.rows:
            self.committed.put(time.perf_counter())
        return applied


def measure_listening(office: Office, folder: Path, others: int, changes: int) -> Heard:
    """So many changed prices, one after the other, heard by one till and `others`."""
    with office.opened() as central:
        home = enrol_till(office, central, folder / f"l{others}", f"l{others}")
        with central.database.atomic() as connection:
            key = add_key(connection, "bench", ["masters:write"], central.timestamp())
            sku = connection.exec_driver_sql(_SKU_QUERY).scalar_one()
    with stamped(office) as (up, stamps), opened_till(up, home) as till:
        built(till)
        take_snapshot(till, accept=False, progress=no_progress)
        headers = {"Authorization": f"Bearer {key}"}
        with (
            _listening(up, till, home, others),
            _looping(up, till) as (heard_at, committed_at),
            httpx.Client(base_url=up.url, headers=headers, trust_env=False) as line,
        ):
            noted = _Noted(stamps, heard_at, committed_at)
            return _changed(line, sku, changes, others, noted)


@dataclass(frozen=True, slots=True)
class _Noted:
    """Moments: commits of central, what the till heard, what it committed."""

    stamps: queue.Queue[float]
    heard: queue.Queue[float]
    committed: queue.Queue[float]


def _changed(line: httpx.Client, sku: str, changes: int, others: int, noted: _Noted) -> Heard:
    heard, committed, asked = [], [], []
    for number in range(changes + 3):
        # Not at once: others still read what the change before was told as.
        time.sleep(random.uniform(*_PAUSE_SECONDS) if others else random.uniform(0, 0.02))
        _empty(noted.heard)
        _empty(noted.stamps)
        _empty(noted.committed)
        begun = time.perf_counter()
        line.put(f"/v1/items/{sku}/price", json={"price_minor": 10_000 + number}).raise_for_status()
        done = noted.committed.get(timeout=LONGEST_SECONDS)
        if number < 3:
            continue  # connections are opened and caches filled by the first
        at = noted.stamps.get(timeout=LONGEST_SECONDS)
        heard.append((noted.heard.get(timeout=LONGEST_SECONDS) - at) * 1000)
        committed.append((done - at) * 1000)
        asked.append((done - begun) * 1000)
    return Heard(others + 1, Spread.of(heard), Spread.of(committed), Spread.of(asked))


@contextmanager
def stamped(office: Office) -> Iterator[tuple[Office, queue.Queue[float]]]:
    """Central serving, and the moments of its commits."""
    stamps: queue.Queue[float] = queue.Queue()
    for_central, for_tills = halves()
    with ExitStack() as until_done:
        with on(for_central):
            up = until_done.enter_context(serving(office, by=["-m", "bench.sync.stamping"]))
        assert up.process is not None
        assert up.process.stdout is not None
        lines = up.process.stdout
        until_done.enter_context(on(for_tills))
        reader = threading.Thread(target=_read_stamps, args=(lines, stamps))
        reader.start()
        yield up, stamps
    reader.join()
    lines.close()


def _empty(noted: queue.Queue[float]) -> None:
    while not noted.empty():
        noted.get_nowait()


def _read_stamps(lines: IO[bytes], stamps: queue.Queue[float]) -> None:
    """Other lines are the server's own, for people."""
    for line in lines:
        if line[:1].isdigit():
            stamps.put(float(line))


class _Waking(threading.Event):
    """Set at each event, at the moment it came."""

    def __init__(self, heard_at: queue.Queue[float]) -> None:
        super().__init__()
        self._heard_at = heard_at

    def set(self) -> None:
        self._heard_at.put(time.perf_counter())
        super().set()


@contextmanager
def _looping(
    office: Office, till: Workstation
) -> Iterator[tuple[queue.Queue[float], queue.Queue[float]]]:
    """The till's own loop in a thread; yields when it heard and when it had committed."""
    heard_at: queue.Queue[float] = queue.Queue()
    committed_at: queue.Queue[float] = queue.Queue()

    stop, kick = threading.Event(), Kick()
    line = HttpCentral(
        SyncSettings(central=office.url), key=till.key,
        workstation_id=till.identity.workstation_id,
    )  # fmt: skip
    kick.wake = _Waking(heard_at)
    nudges = Nudges(line, kick.wake)

    def run() -> None:
        # SQLite's connections belong to the thread that opened them.
        with opened_till(office, till.home) as own:
            noting = _Noting(till.home, store_id=STORE_ID, vital_counts={})
            noting.committed = committed_at
            with closing(noting):
                Loop(replace(own, catalogue=noting), stop, kick, nudges=nudges).run()

    thread = threading.Thread(target=run)
    nudges.start()
    heard_at.get(timeout=LONGEST_SECONDS)
    thread.start()
    try:
        yield heard_at, committed_at
    finally:
        stop.set()
        kick.wake.set()
        thread.join()
        nudges.stop()


@contextmanager
def _listening(office: Office, till: Workstation, home: Path, others: int) -> Iterator[None]:
    """`others` open streams in a process of their own, each past its first event."""
    if not others:
        yield
        return
    port = office.url.rsplit(":", 1)[1]
    key = str(home / "keys" / "workstation.key")
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.sync.listening", port, key, till.identity.workstation_id,
         str(others)],
        stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"listening\n", "the streams did not open"
        yield
    finally:
        process.terminate()
        process.wait(30)
        assert process.stdout is not None
        process.stdout.close()


def _open_streams(port: int, key_path: Path, workstation_id: str, count: int) -> None:
    key = SigningKey.load(key_path)
    token = make_token(key, workstation_id=workstation_id, now_seconds=int(time.time()))
    with ThreadPoolExecutor(20) as opening:
        sockets = list(opening.map(lambda _: _open_stream(port, token), range(count)))
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    _read_in_one_go(sockets)


def _open_stream(port: int, token: str) -> socket.socket:
    """Past its first event."""
    line = socket.create_connection(("127.0.0.1", port), UP_SECONDS)
    line.sendall(
        "GET /v1/events?pages=true HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {token}\r\n"
        "Spindel-Protocol: 1\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    heard = b""
    while b"data: " not in heard:
        heard += line.recv(65_536)
    line.setblocking(False)
    _acknowledge_later(line)
    return line


def _acknowledge_later(line: socket.socket) -> None:
    """Until the next read: the kernel falls back by itself."""
    if hasattr(socket, "TCP_QUICKACK"):
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)


def _read_in_one_go(sockets: Sequence[socket.socket]) -> None:
    """Until it is ended: wait until one has something, then a while, then read them all."""
    with selectors.DefaultSelector() as first:
        first.register(sockets[0], selectors.EVENT_READ)
        while True:
            first.select()
            time.sleep(_READ_AFTER_SECONDS)
            for each in sockets:
                with suppress(BlockingIOError):
                    each.recv(1_000_000)
                    _acknowledge_later(each)


if __name__ == "__main__":
    _port, _key, _workstation, _count = sys.argv[1:]
    _open_streams(int(_port), Path(_key), _workstation, int(_count))
