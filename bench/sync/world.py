"""A central of any size as a process of its own, and tills with receipts to send.

Central's masters are written straight into its database, and receipts straight into the
tills' journals, signed and chained as the register does it; the roads that are measured
begin after that.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert

from bench.payment import resident_megabytes
from central_sync.countries import COUNTRIES
from central_sync.database import tables as t
from central_sync.database.write import chunks
from central_sync.demo.catalogue import Article, articles
from central_sync.engine.catalogue import Catalogue
from central_sync.engine.client import HttpCentral
from central_sync.engine.settings import SyncSettings
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.workstation import Workstation
from central_sync.retail.item import code_key
from central_sync.retail.plain import to_plain
from central_sync.server import feed
from central_sync.server.central import Central, make_central, open_central
from central_sync.server.enrolment import add_workstation, enrol
from central_sync.server.refused import Refused
from central_sync.server.settings import CentralSettings
from central_sync.wire.entries import EntryBody, EntryKind
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import EnrolRequest
from pos_client.storage.database import durable, open_receipts
from pos_client.storage.journal import JournalReader, append
from tests.retail.trade import basket_line, cash, closed

STORE_ID = "s01"
SPINDEL = [sys.executable, "-m", "pos_client.commands.spindel"]
UP_SECONDS = 60.0
_AT = "2026-11-22T12:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Office:
    """A central's home, and where its process listens."""

    settings: CentralSettings
    url: str
    process: subprocess.Popen[bytes] | None = None

    @contextmanager
    def opened(self) -> Iterator[Central]:
        """Central itself in this process too: to enrol, to change prices, to count."""
        central = open_central(self.settings)
        try:
            yield central
        finally:
            central.close()

    @property
    def megabytes(self) -> float:
        return resident_megabytes(self.process.pid) if self.process else 0.0

    @property
    def processor_seconds(self) -> float:
        """Of central's process since its start, all its threads."""
        assert self.process is not None
        facts = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(facts[11]) + int(facts[12])) / os.sysconf("SC_CLK_TCK")


def make_office(home: Path, items: int, *, database_url: str = "", stores: int = 1) -> Office:
    """A chain with so many items, of one store unless more are wanted; not serving yet."""
    settings = CentralSettings(home, database_url or f"sqlite:///{home / 'central.db'}")
    make_central(settings)
    office = Office(settings, f"http://127.0.0.1:{_free_port()}")
    with office.opened() as central:
        _fill(central, items, stores)
    return office


@contextmanager
def serving(office: Office, by: Sequence[str] = ()) -> Iterator[Office]:
    """The real `spindel central serve`, up and answering; or a module that serves, and tells
    something on its standard output."""
    port = office.url.rsplit(":", 1)[1]
    environment = os.environ | {"SPINDEL_DATABASE": office.settings.database_url}
    home = str(office.settings.home)
    command = [*SPINDEL, "central", "serve", "--home", home, "--port", port]
    process = subprocess.Popen(
        [sys.executable, *by, home, port] if by else command,
        stdout=subprocess.PIPE if by else subprocess.DEVNULL,
        env=environment,
    )
    try:
        _until_up(int(port), process)
        yield replace(office, process=process)
    finally:
        process.terminate()
        process.wait(30)


def store_name(number: int) -> str:
    """The stores of a chain are s01, s02 and on."""
    return f"s{number:02d}"


def enrol_till(
    office: Office, central: Central, home: Path, label: str, store_id: str = STORE_ID
) -> Path:
    """A till that central knows, with its key and no receipt yet; returns its home."""
    home.mkdir(parents=True)
    key = SigningKey.generate()
    key.save(home / "keys" / "workstation.key")
    with central.database.atomic() as connection:
        code = add_workstation(connection, store_id, label, central.now()).code
        asked = EnrolRequest(code=code, public_key=key.public, nonce="n" * 16, version="0")
        reply = enrol(connection, asked, central.key.public, central.now())
    assert not isinstance(reply, Refused)
    identity = Identity(
        reply.workstation_id, label, store_id, "Bänken", "Två Par", "SE", central.key.public
    )
    with closing(SyncStore(home)) as store:
        store.enrolled(identity, 1, _AT)
    (home / "workstation.toml").write_text(f'[workstation]\ncentral = "{office.url}"\n')
    return home


@contextmanager
def opened_till(office: Office, home: Path) -> Iterator[Workstation]:
    """The sync engine's own workstation, on the till's real files."""
    with closing(SyncStore(home)) as store:
        identity = store.state().identity
        assert identity is not None
        key = SigningKey.load(home / "keys" / "workstation.key")
        line = HttpCentral(
            SyncSettings(central=office.url), key=key, workstation_id=identity.workstation_id
        )
        catalogue = Catalogue(home, store_id=identity.store_id, vital_counts={})
        database = open_receipts(home / "receipts.db")
        with closing(line), closing(catalogue), closing(database.conn):
            yield Workstation(home, identity, key, store, JournalReader(database), catalogue, line)


def sell(home: Path, workstation_id: str, receipts: int) -> list[bytes]:
    """Write so many receipts of three lines into a till's journal; returns their bodies."""
    key = SigningKey.load(home / "keys" / "workstation.key")
    with closing(open_receipts(home / "receipts.db").conn) as connection:
        connection.close()
    database = open_receipts(home / "receipts.db")
    head = JournalReader(database).head(1)
    bodies = []
    with durable(database) as connection:
        for number in range(head.sequence + 1, head.sequence + 1 + receipts):
            body = _receipt(workstation_id, number)
            head = append(connection, head, body, key.sign)
            bodies.append(body.to_bytes())
    database.conn.close()
    return bodies


def _receipt(workstation_id: str, number: int) -> EntryBody:
    own = workstation_id.encode().hex()[-8:].rjust(8, "0")
    receipt_id = f"{own}-687b-7000-8000-{number:012d}"
    lines = [
        basket_line(at + 1, f"Löparsko Fjäll {at} blå 42", 19_900, 1, sku=_sku(number * 3 + at))
        for at in range(3)
    ]
    transaction = closed(
        lines, [cash(59_700)], number=number, receipt_id=receipt_id,
        receipt_number=f"{workstation_id}-1-{number}",
    )  # fmt: skip
    return EntryBody(
        receipt_id, EntryKind.RECEIPT, _AT, "2026-11-22", workstation_id.partition("-")[0],
        workstation_id, "1001", to_plain(transaction),
    )  # fmt: skip


_SKUS: list[str] = []


def _sku(number: int) -> str:
    if not _SKUS:
        _SKUS.extend(a.sku for a in articles(1, 300))
    return _SKUS[number % len(_SKUS)]


def _fill(central: Central, items: int, stores: int) -> None:
    names = [store_name(number) for number in range(1, stores + 1)]
    with central.database.atomic() as connection:

        def put(table: Table, rows: Iterator[dict[str, Any]] | Sequence[dict[str, Any]]) -> None:
            for part in chunks(rows, 20_000):
                connection.execute(insert(table), part)

        put(t.chain, [{"chain": "Två Par", "country": "SE", "company": "Två Par AB",
                       "organisation_number": "559999-4703"}])  # fmt: skip
        put(t.store, [{"store_id": name, "kind": "store", "name": "Bänken"} for name in names])
        put(t.item, (_item(rank, a) for rank, a in enumerate(articles(1, items), start=1)))
        coded = (a for a in articles(1, items) if a.gtin)
        put(t.barcode, ({"code": code_key(a.gtin), "sku": a.sku} for a in coded))
        put(t.price, ({"sku": a.sku, "price_minor": a.price_minor} for a in articles(1, items)))
        put(t.tax_rate, [{"tax_group": r.group, "valid_from": r.valid_from,
                          "rate_basis_points": r.rate_basis_points}
                         for r in COUNTRIES["SE"].tax_rates])  # fmt: skip
        scopes = [feed.CHAIN, *(feed.store_scope(name) for name in names)]
        feed.raise_floor(connection, scopes, _AT)


def _item(rank: int, a: Article) -> dict[str, Any]:
    return {
        "sku": a.sku, "rank": rank, "name": a.name, "gtin": a.gtin, "tax_group": a.tax_group,
        "kind": a.kind, "is_open_price": int(a.open_price), "is_blocked": int(a.blocked),
        "model": a.model, "colour": a.colour, "size": a.size,
        "sold_by": "weight" if a.unit == "kg" else "piece", "tare_grams": a.tare_grams,
    }  # fmt: skip


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _until_up(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until:
        assert process.poll() is None, "central did not start"
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("central did not come up")


def now() -> datetime:
    return datetime.now(UTC)
