"""Snapshots: a signed file that holds the masters at one feed position, and is made once."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
import zstandard
from sqlalchemy import update

from central_sync.database import tables as t
from central_sync.masterfile.check import check_master, open_reader
from central_sync.server import feed, masters
from central_sync.server.app import create_app
from central_sync.server.central import Central, make_central, open_central
from central_sync.server.facts import OperatorWrite
from central_sync.server.settings import CentralSettings
from central_sync.server.snapshot import Snapshots
from central_sync.wire.canonical import canonical
from central_sync.wire.keys import verify
from tests.central.conftest import Switch
from tests.central.office import Clock, Workstation, enrolled, open_chain


@pytest.fixture
def till(central: Central) -> Workstation:
    return enrolled(central)


def _manifest(http: httpx.Client, till: Workstation) -> Any:
    for _ in range(10):
        reply = http.get("/v1/snapshot", headers=till.headers, timeout=30)
        if reply.status_code == 200:
            break
    return reply.json()


def _fetched(http: httpx.Client, till: Workstation, folder: Path) -> Path:
    name = _manifest(http, till)["name"]
    packed = http.get(f"/v1/snapshot/{name}", headers=till.headers).content
    path = folder / "fetched.db"
    path.write_bytes(zstandard.ZstdDecompressor().stream_reader(packed).read())
    return path


def test_a_manifest_is_signed_by_central_and_proves_its_file(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    manifest = _manifest(http, till)
    packed = http.get(f"/v1/snapshot/{manifest['name']}", headers=till.headers).content

    signed = canonical({key: manifest[key] for key in manifest if key != "signature"})
    signature = base64.b64decode(manifest["signature"])
    assert verify(central.key.public, signature, signed)
    assert len(packed) == manifest["size"]
    assert hashlib.sha256(packed).hexdigest() == manifest["sha256"]


def test_a_snapshot_is_a_master_file_of_the_tills_store(
    central: Central, till: Workstation, http: httpx.Client, tmp_path: Path
) -> None:
    with central.database.atomic() as connection:
        wish = OperatorWrite(name="Anna Berg", role="cashier", pin="1234", stores=["s01"])
        masters.put_operator(connection, "1001", wish, central.timestamp())
        masters.put_operator(
            connection, "2001", wish.model_copy(update={"stores": ["s02"]}), central.timestamp()
        )

    facts = check_master(_fetched(http, till, tmp_path), store_id="s01")

    counts = {name: facts.counts[name] for name in ("item", "price", "stock", "operator", "store")}
    assert counts == {"item": 3, "price": 3, "stock": 1, "operator": 1, "store": 1}
    assert (facts.counts["tax_rate"], facts.counts["site"]) == (7, 2)
    with central.database.reading() as connection:
        assert facts.positions == feed.positions(connection, ["chain", "store:s01"])


def test_a_file_serves_until_the_feed_no_longer_reaches_it(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    first = _manifest(http, till)
    with central.database.atomic() as connection:
        masters.set_price(connection, "SKU-1", 5, central.timestamp())
    same = _manifest(http, till)
    with central.database.atomic() as connection:
        feed.raise_floor(connection, ["chain"], central.timestamp())

    other = _manifest(http, till)

    assert (same["name"], other["name"] == first["name"]) == (first["name"], False)


def test_a_file_of_a_history_that_is_not_ours_is_not_offered(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    first = _manifest(http, till)
    with central.database.atomic() as connection:
        connection.execute(update(t.feed_scope).values(position=0, floor=0))

    assert _manifest(http, till)["name"] != first["name"]


def test_a_file_that_nobody_looked_over_is_not_offered(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    first = _manifest(http, till)
    path = central.settings.snapshots / f"{first['name']}.json"
    older = json.loads(path.read_text())
    del older["is_looked_over"]
    path.write_text(json.dumps(older))

    assert first["is_looked_over"]
    assert _manifest(http, till)["name"] != first["name"]


def test_a_file_may_be_fetched_from_where_it_was_cut(till: Workstation, http: httpx.Client) -> None:
    name = _manifest(http, till)["name"]
    whole = http.get(f"/v1/snapshot/{name}", headers=till.headers).content

    rest = http.get(f"/v1/snapshot/{name}", headers=till.headers | {"Range": "bytes=1000-"})

    assert (rest.status_code, rest.content) == (206, whole[1000:])


def test_another_stores_file_is_not_given(
    central: Central, till: Workstation, http: httpx.Client
) -> None:
    name = _manifest(http, till)["name"]
    other = enrolled(central, "s02")

    assert http.get(f"/v1/snapshot/{name}", headers=other.headers).status_code == 404


@pytest.mark.parametrize("name", ["..%2Fcentral.db", "x", "%00"])
def test_only_master_files_are_given(till: Workstation, http: httpx.Client, name: str) -> None:
    assert http.get(f"/v1/snapshot/{name}", headers=till.headers).status_code == 404


def test_old_files_are_removed(central: Central, clock: Clock) -> None:
    for _ in range(4):
        clock.forward(seconds=1)
        central.snapshots.build("s01")

    assert len(list(central.settings.snapshots.glob("*.db.zst"))) == 2
    assert not list(central.settings.snapshots.glob("*.draft"))


def test_while_a_file_is_made_the_till_is_told_when_to_come_back(
    central: Central, till: Workstation, http: httpx.Client, edge: tuple[Switch, str]
) -> None:
    edge[0].app = create_app(central, snapshot_wait_seconds=0.0)

    reply = http.get("/v1/snapshot", headers=till.headers)

    assert (reply.status_code, reply.json()["code"]) == (202, "snapshot_building")
    assert int(reply.headers["Retry-After"]) > 0


def test_items_with_one_rank_still_make_a_file(
    central: Central, till: Workstation, http: httpx.Client, tmp_path: Path
) -> None:
    with central.database.atomic() as connection:
        connection.execute(update(t.item).values(rank=1))

    reader = open_reader(_fetched(http, till, tmp_path))
    ranks = reader.execute("SELECT rank FROM item ORDER BY rank").fetchall()
    reader.close()

    assert ranks == [(1,), (2,), (3,)]


def test_servers_that_share_a_folder_make_a_file_once_and_all_serve_it(
    central: Central, tmp_path: Path
) -> None:
    folder = tmp_path / "shared"
    with ExitStack() as opened:
        servers = [
            opened.enter_context(
                closing(Snapshots(central.database, folder, central.key, central.now))
            )
            for _ in range(3)
        ]
        with ThreadPoolExecutor(3) as asking:
            offers = list(asking.map(lambda server: server.offer("s01", 60), servers))

        (name,) = {offer.name for offer in offers if offer}
        assert all(server.path("s01", name) for server in servers)
    assert sorted(path.name for path in folder.iterdir()) == [name, f"{name}.json", "s01.lock"]


def test_what_a_killed_builder_left_is_removed_by_the_next(central: Central) -> None:
    folder = central.settings.snapshots
    folder.mkdir(parents=True)
    killed = "s01-20261122120000000-abcdef.db.zst"
    left = [folder / f"{killed}{end}" for end in (".draft", ".draft-journal", ".part", "", ".new")]
    others = folder / "s011-20261122120000000-abcdef.db.zst.part"
    for path in (*left, others):
        path.write_bytes(b"half")

    offer = central.snapshots.offer("s01", 60)

    assert offer is not None
    assert [path.name for path in left if path.exists()] == []
    assert others.exists()
    assert central.snapshots.path("s01", offer.name) is not None


@pytest.mark.postgres
def test_processes_of_one_central_make_a_stores_file_once(
    postgres_server: str, tmp_path: Path
) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute("CREATE DATABASE two_builders TEMPLATE template_of_central")
    url = postgres_server.replace("/postgres?", "/two_builders?")
    settings = CentralSettings(tmp_path / "home", url)
    make_central(settings)
    with closing(open_central(settings)) as office:
        open_chain(office)
    command = [sys.executable, "-c", _OFFER, str(settings.home), url]
    with ExitStack() as running:
        builders = [running.enter_context(_process(command)) for _ in range(2)]
        for builder in builders:
            assert _line(builder) == "ready"
        for builder in builders:
            assert builder.stdin is not None
            print("go", file=builder.stdin, flush=True)
        (name,) = {_line(builder) for builder in builders}
    left = sorted(path.name for path in settings.snapshots.iterdir())
    assert left == [name, f"{name}.json", "s01.lock"]


_OFFER = """
import sys
from contextlib import closing
from pathlib import Path
from central_sync.server.central import open_central
from central_sync.server.settings import CentralSettings

with closing(open_central(CentralSettings(Path(sys.argv[1]), sys.argv[2]))) as office:
    print("ready", flush=True)
    sys.stdin.readline()
    print(office.snapshots.offer("s01", 60).name, flush=True)
"""


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()
