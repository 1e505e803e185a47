"""One change at central until it is committed on a till, while others listen as well.

The till is the sync's own loop with its own stream of events; the others are open streams in
a process of their own that hear every change and fetch nothing. The clock starts before head
office's request, so central's own commit is within. The thing to get wrong: asking for 25 ms
with a thousand streams open. Central then asks the tills to spread their fetching
(`server/nudging.py`), so what it can be held to is when the change is heard.
"""

from __future__ import annotations

import asyncio
import queue
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from bench.figures import Spread
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
_SKU_QUERY = "SELECT sku FROM price ORDER BY sku LIMIT 1"


@dataclass(frozen=True, slots=True)
class Heard:
    """Milliseconds from head office's request: answered, heard by the till, committed there."""

    listeners: int
    answered: Spread
    heard: Spread
    committed: Spread


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
    with serving(office) as up, opened_till(up, home) as till:
        built(till)
        take_snapshot(till, accept=False, progress=no_progress)
        headers = {"Authorization": f"Bearer {key}"}
        with (
            _listening(up, till, home, others),
            _looping(up, till) as (heard_at, committed_at),
            httpx.Client(base_url=up.url, headers=headers, trust_env=False) as line,
        ):
            return _changed(line, sku, changes, others, heard_at, committed_at)


def _changed(
    line: httpx.Client, sku: str, changes: int, others: int,
    heard_at: queue.Queue[float], committed_at: queue.Queue[float],
) -> Heard:  # fmt: skip
    answered, heard, committed = [], [], []
    for number in range(changes + 3):
        _empty(heard_at)
        begun = time.perf_counter()
        reply = line.put(f"/v1/items/{sku}/price", json={"price_minor": 10_000 + number})
        ended = time.perf_counter()
        reply.raise_for_status()
        done = committed_at.get(timeout=LONGEST_SECONDS)
        if number < 3:
            continue  # connections are opened and caches filled by the first
        answered.append((ended - begun) * 1000)
        heard.append((heard_at.get(timeout=LONGEST_SECONDS) - begun) * 1000)
        committed.append((done - begun) * 1000)
    return Heard(others + 1, Spread.of(answered), Spread.of(heard), Spread.of(committed))


def _empty(noted: queue.Queue[float]) -> None:
    while not noted.empty():
        noted.get_nowait()


@contextmanager
def _looping(
    office: Office, till: Workstation
) -> Iterator[tuple[queue.Queue[float], queue.Queue[float]]]:
    """The till's own loop in a thread; yields when it heard and when it had committed."""
    heard_at: queue.Queue[float] = queue.Queue()
    committed_at: queue.Queue[float] = queue.Queue()

    def chance() -> float:
        # The stream asks for chance once at each event, at the moment it came.
        heard_at.put(time.perf_counter())
        return random.random()

    stop, kick = threading.Event(), Kick()
    line = HttpCentral(
        SyncSettings(central=office.url), key=till.key,
        workstation_id=till.identity.workstation_id,
    )  # fmt: skip
    nudges = Nudges(line, kick.wake, chance=chance)

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


async def _open_streams(port: int, key_path: Path, workstation_id: str, count: int) -> None:
    key = SigningKey.load(key_path)
    opening = asyncio.Semaphore(20)
    readers = []
    for _ in range(count):
        token = make_token(key, workstation_id=workstation_id, now_seconds=int(time.time()))
        readers.append(_open_stream(port, token, opening))
    streams = await asyncio.wait_for(asyncio.gather(*readers), UP_SECONDS)
    sys.stdout.write("listening\n")
    sys.stdout.flush()
    await asyncio.gather(*(_hear(reader) for reader, _ in streams))


async def _open_stream(
    port: int, token: str, opening: asyncio.Semaphore
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    async with opening:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(
            f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
            "Spindel-Protocol: 1\r\nAccept: text/event-stream\r\n\r\n".encode()
        )
        await reader.readuntil(b"data: ")
    return reader, writer


async def _hear(reader: asyncio.StreamReader) -> None:
    while await reader.read(65_536):
        pass


if __name__ == "__main__":
    _port, _key, _workstation, _count = sys.argv[1:]
    asyncio.run(_open_streams(int(_port), Path(_key), _workstation, int(_count)))
