"""Webhooks and kill -9, with real processes: what was committed goes out, once more at most."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from central_sync.database import tables as t
from central_sync.database.open import open_database
from central_sync.server.central import make_central
from central_sync.server.orders import webhooks
from central_sync.server.settings import CentralSettings

SPINDEL = [sys.executable, "-c", "from pos_client.cli import main; main()"]
LONG_AGO = "2020-01-01T00:00:00.000Z"


class Shop:
    """A web shop that kills who calls it, as often as `kills` says, before it answers."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.kills = 0
        self.sender: subprocess.Popen[bytes] | None = None
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                shop.got.append(json.loads(body)["event_id"])
                if shop.kills and shop.sender is not None:
                    shop.kills -= 1
                    os.kill(shop.sender.pid, signal.SIGKILL)
                    return
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/spindel"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture
def shop() -> Iterator[Shop]:
    made = Shop()
    yield made
    made.close()


@pytest.fixture
def home(tmp_path: Path, shop: Shop) -> Path:
    """A central whose only order was committed by a process that died at once."""
    settings = CentralSettings(tmp_path, f"sqlite:///{tmp_path / 'central.db'}")
    make_central(settings)
    database = open_database(settings.database_url)
    with database.atomic() as connection:
        webhooks.add(connection, shop.url, ["order.placed"], LONG_AGO)
    database.close()
    died = subprocess.run([sys.executable, "-m", "tests.central.orders.dying", str(tmp_path)])
    assert died.returncode == -signal.SIGKILL
    return tmp_path


def work(home: Path, shop: Shop) -> int:
    """One round of the timed work in a process of its own; its exit code."""
    with subprocess.Popen(
        [*SPINDEL, "central", "work", "--once", "--home", str(home)], stdout=subprocess.DEVNULL
    ) as worker:
        shop.sender = worker
        return worker.wait()


def some_time_later(home: Path) -> None:
    """The dead worker's lease has run out, and so has its try."""
    database = open_database(f"sqlite:///{home / 'central.db'}")
    with database.atomic() as connection:
        connection.execute(update(t.lease).values(until=""))
        waits = t.outgoing.c.state == "waiting"
        connection.execute(update(t.outgoing).where(waits).values(next_at=LONG_AGO))
    database.close()


def states(home: Path) -> list[str]:
    database = open_database(f"sqlite:///{home / 'central.db'}")
    with database.reading() as connection:
        found = list(connection.execute(select(t.outgoing.c.state)).scalars())
    database.close()
    return found


def test_what_a_dead_process_committed_goes_out_and_once_more_when_its_sender_dies_too(
    home: Path, shop: Shop
) -> None:
    assert (states(home), shop.got) == (["waiting"], [])

    shop.kills = 1
    assert work(home, shop) == -signal.SIGKILL
    assert states(home) == ["waiting"], "nobody knows whether it was heard"
    some_time_later(home)
    assert work(home, shop) == 0

    assert len(shop.got) == 2
    assert len(set(shop.got)) == 1, "by which the shop knows that it has it"
    assert states(home) == ["sent"]
