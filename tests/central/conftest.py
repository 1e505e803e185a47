"""Central on both databases: every test that asks for `central` runs on SQLite and PostgreSQL.

A database is copied from a migrated one, which is quicker than migrating it; nothing is
shared between tests but the PostgreSQL server of the worker.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import psycopg
import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from central_sync.database.migrate import migrate
from central_sync.database.open import open_database
from central_sync.server.app import create_app
from central_sync.server.central import Central
from central_sync.server.lines import LineProtocol
from central_sync.server.serving import open_listener
from central_sync.server.settings import CentralSettings
from central_sync.server.snapshot import Snapshots
from central_sync.wire.keys import SigningKey
from central_sync.wire.sealing import KeySet
from tests.central.office import NOON, Clock, open_chain
from tests.postgres import a_quick_server

_numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "central.db"
    _migrated(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server of this worker's own, up to the database's name."""
    with a_quick_server("template_of_central") as url:
        _migrated(url.replace("/postgres?", "/template_of_central?"))
        yield url


def _migrated(url: str) -> None:
    database = open_database(url)
    migrate(database)
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated, empty database."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "central.db")
        yield f"sqlite:///{tmp_path / 'central.db'}"
        return
    server: str = request.getfixturevalue("postgres_server")
    name = f"central_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_of_central")
        yield server.replace("/postgres?", f"/{name}?")
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def clock() -> Clock:
    return Clock(NOON)


@pytest.fixture
def central(database_url: str, tmp_path: Path, clock: Clock) -> Iterator[Central]:
    """A central with a small chain in it, and a clock that stands still."""
    settings = CentralSettings(tmp_path, database_url)
    database = open_database(database_url)
    key = SigningKey.generate()
    snapshots = Snapshots(database, settings.snapshots, key, clock)
    made = Central(settings, database, key, snapshots, clock, data_keys=KeySet.generate())
    open_chain(made)
    yield made
    made.close()


class Switch:
    """One server for all tests of a worker: it answers with the app of the test that runs."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def edge() -> Iterator[tuple[Switch, str]]:
    """A real server on a free port of this computer."""
    switch = Switch()
    config = uvicorn.Config(switch, http=LineProtocol, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    with open_listener("127.0.0.1", 0) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        yield switch, f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join(10)


@pytest.fixture
def http(edge: tuple[Switch, str], central: Central) -> Iterator[httpx.Client]:
    """Asks central over a socket, as a stranger does."""
    switch, url = edge
    switch.app = app = create_app(central)
    # A disk that others keep busy takes seconds over a commit.
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as client:
        yield client
    app.state.nudges.close()
    app.state.books.close()
