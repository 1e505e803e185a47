"""The folders that every run starts from: a migrated central with a chain, and its tills.

Made once a process by the product's own functions, then copied; migrating and hashing PINs
for each seed would cost more than the seed. Everything in them is fixed, ids and keys too.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from central_sync.database.open import open_database
from central_sync.engine.catalogue import Catalogue
from central_sync.engine.journal import NoJournal
from central_sync.engine.round import contact
from central_sync.engine.state import Identity, SyncStore
from central_sync.engine.workstation import Workstation, iso
from central_sync.server.central import Central, make_central
from central_sync.server.enrolment import add_workstation, enrol
from central_sync.server.importing.load import Loader
from central_sync.server.orders.room import OrderRoom
from central_sync.server.refused import Refused
from central_sync.server.settings import CentralSettings
from central_sync.server.snapshot import Snapshots
from central_sync.wire.key_files import load_keys
from central_sync.wire.messages import EnrolRequest
from tests.simulation.chance import MORNING, Chance, fed_by, fixed_key
from tests.simulation.edge import Edge
from tests.simulation.network import Line, NetWeather

SKUS = ("SKU-1", "SKU-2", "SKU-3")
OPEN = "OPEN"
OPENING_STOCK = 1_000
CASHIER, PIN = "1001", "1234"
PLACES = (("s01", "1"), ("s01", "2"), ("s02", "1"))
"""Store and label of the tills: two of one store, one of another."""


@dataclass(frozen=True, slots=True)
class Images:
    """Folders to copy: central's home, and a till's home for each of PLACES."""

    central: Path
    tills: tuple[Path, ...]
    identities: tuple[Identity, ...]


def make_images(folder: Path, first_start: Callable[[Path, Identity], None]) -> Images:
    """`first_start` runs a till's core once: signs the cashier on and opens the day."""
    with fed_by(random.Random(0)):
        home = folder / "central"
        settings = CentralSettings(home, f"sqlite:///{home / 'central.db'}")
        home.mkdir(parents=True)
        fixed_key("central").save(settings.key_file)
        make_central(settings)
        central = open_central_at(home, lambda: MORNING)
        try:
            open_chain(central)
            identities = tuple(_enrolled(central, store, label) for store, label in PLACES)
            tills = tuple(
                _till_home(folder / f"till-{number}", central, identity)
                for number, identity in enumerate(identities)
            )
        finally:
            central.close()
        for till, identity in zip(tills, identities, strict=True):
            first_start(till, identity)
        for wal in [*folder.rglob("*-wal"), *folder.rglob("*-shm")]:
            wal.unlink()
        return Images(home, tills, identities)


def open_central_at(home: Path, now: Callable[[], datetime], database: Any = None) -> Central:
    """Central on this folder; `database` may be one that was opened there before."""
    settings = CentralSettings(home, f"sqlite:///{home / 'central.db'}")
    database = database or open_database(settings.database_url)
    key = fixed_key("central")
    snapshots = Snapshots(database, settings.snapshots, key, now)
    data_keys = load_keys(settings.data_key_file)
    return Central(settings, database, key, snapshots, now, data_keys=data_keys)


def open_chain(central: Central) -> None:
    """Two stores, three items with stock, one of open price, a cashier and two tenders."""
    stores = sorted({store for store, _ in PLACES})
    with central.database.atomic() as connection:
        loader = Loader(connection, iso(MORNING))
        loader.write("chain", [_CHAIN])
        loader.write("stores", [_store(store) for store in stores])
        loader.write("tenders", _TENDERS)
        loader.write("items", [*map(_item, SKUS), _item(OPEN)])
        stock = [
            {"store_id": store, "sku": sku, "on_hand": OPENING_STOCK}
            for store in stores
            for sku in SKUS
        ]
        loader.write("stock", stock)
        loader.write("operators", [_OPERATOR])
        loader.finish()


def _enrolled(central: Central, store: str, label: str) -> Identity:
    key = fixed_key(f"{store}-{label}")
    with central.database.atomic() as connection:
        code = add_workstation(connection, store, label, MORNING).code
        request = EnrolRequest(code=code, public_key=key.public, nonce="n" * 20, version="0")
        reply = enrol(connection, request, central.key.public, MORNING)
    assert not isinstance(reply, Refused)
    fields = {name: getattr(reply, name) for name in Identity.__dataclass_fields__}
    return Identity(**fields)


def _till_home(home: Path, central: Central, identity: Identity) -> Path:
    """What enrolment and the first contact leave behind, the whole catalogue among it."""
    home.mkdir()
    fixed_key(identity.workstation_id).save(home / "keys" / "workstation.key")
    store = SyncStore(home)
    store.enrolled(identity, 1, iso(MORNING))
    edge = Edge(cast("OrderRoom", None))
    line = Line(
        Chance(0),
        NetWeather(),
        deliver=lambda token, asked: edge.answer(central, token, asked),
        hop=lambda: None,
        stash=lambda asked: None,
        key=fixed_key(identity.workstation_id),
        workstation_id=identity.workstation_id,
        skew_seconds=lambda: 0.0,
        read=lambda name: iter([(central.settings.snapshots / name).read_bytes()]),
        name="image",
    )
    catalogue = Catalogue(home, store_id=identity.store_id, vital_counts={})
    report = contact(
        Workstation(
            *(home, identity, line.key, store, NoJournal(), catalogue, line), now=lambda: MORNING
        )
    )
    assert report.is_snapshot_taken, report.troubles
    catalogue.close()
    store.close()
    return home


_CHAIN = {
    "chain": "Två Par",
    "country": "SE",
    "company": "Två Par AB",
    "organisation_number": "559999-4703",
}
_TENDERS = [
    {
        "tender_id": name,
        "name": name,
        "kind": name,
        "is_recorded": 0,
        "opens_drawer": int(name == "cash"),
        "rank": rank,
    }
    for rank, name in enumerate(("cash", "card"))
]
_OPERATOR = {
    "number": CASHIER,
    "name": "Maria Lund",
    "role": "manager",
    "pin": PIN,
    "language": "sv",
    "stores": [],
}


def _store(store_id: str) -> dict[str, Any]:
    return {
        "store_id": store_id,
        "kind": "store",
        "name": f"Två Par {store_id}",
        "address": "Kungsgatan 1",
        "postcode": "411 19",
        "town": "Göteborg",
        "latitude": "57.7072",
        "longitude": "11.9668",
        "phone": "",
        "opening_hours": "",
        "footer": "",
    }


def _item(sku: str) -> dict[str, Any]:
    is_open = sku == OPEN
    return {
        "sku": sku,
        "name": f"Vara {sku}",
        "gtin": "",
        "price": 0 if is_open else 10_000,
        "tax_group": "standard",
        "kind": "service" if is_open else "goods",
        "open_price": int(is_open),
        "blocked": 0,
        "model": "",
        "colour": "",
        "size": "",
        "unit": "piece",
        "tare_grams": 0,
        "rank": 10 if is_open else int(sku[-1]),
    }
