"""A workstation's home of any size, made directly: what the benches stand on.

The catalogue is the demo chain's own generator, so names, codes and prices look
like a shop's; only the road there (CSV, central, sync) is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from central_sync.countries import COUNTRIES
from central_sync.demo.catalogue import Article, articles
from central_sync.engine.state import Identity, SyncStore
from central_sync.masterfile.build import build_master
from central_sync.masterfile.swap import install
from central_sync.retail.item import code_key
from central_sync.wire.keys import SigningKey
from central_sync.wire.pins import hash_pin

STORE_ID = "s01"
OPERATOR, PIN = "1001", "1234"
TENDERS = (
    ("cash", "Kontant", "cash", 1, 1, 1),
    ("card", "Kort", "card", 1, 0, 2),
    ("swish", "Swish", "mobile", 1, 0, 3),
)


@dataclass(frozen=True, slots=True)
class Ware:
    """An item that a bench may scan and look for on the screen."""

    sku: str
    name: str
    gtin: str
    price_minor: int


def make_world(home: Path, items: int, *, printer: str = "", scanner: str = "") -> list[Ware]:
    """A ready home with `items` items; returns the most popular wares that have a code."""
    home.mkdir(parents=True, exist_ok=True)
    _enrolled(home)
    _settings(home, printer or f"escpos+file://{home}/paper", scanner)
    fresh = home / "master.new"
    build_master(fresh, _rows(items), positions={"chain": 1, f"store:{STORE_ID}": 1},
                 store_id=STORE_ID)  # fmt: skip
    install(fresh, home / "master.db")
    return wares(items)


def wares(items: int, wanted: int = 3000) -> list[Ware]:
    sold = (a for a in articles(1, items) if a.gtin and a.unit == "st" and not a.blocked)
    return [Ware(a.sku, a.name, a.gtin, a.price_minor) for a in islice(sold, wanted)]


def _enrolled(home: Path) -> None:
    key = SigningKey.generate()
    key.save(home / "keys" / "workstation.key")
    store = SyncStore(home)
    try:
        identity = Identity("w-bench", "1", STORE_ID, "Bänken", "Två Par AB", "SE", key.public)
        store.enrolled(identity, 1, "2026-01-01T00:00:00.000Z")
    finally:
        store.close()


def _settings(home: Path, printer: str, scanner: str) -> None:
    (home / "workstation.toml").write_text(
        f'[devices]\nprinter = "{printer}"\nscanner = "{scanner}"\nfiscal_unit = "demo://"\n',
        encoding="utf-8",
    )


def _rows(items: int) -> dict[str, Iterable[tuple[Any, ...]]]:
    return {
        "item": (_item(rank, a) for rank, a in enumerate(articles(1, items), start=1)),
        "barcode": sorted((code_key(a.gtin), a.sku) for a in articles(1, items) if a.gtin),
        "price": sorted((a.sku, a.price_minor) for a in articles(1, items)),
        "stock": sorted((a.sku, 5, "{}") for a in articles(1, items) if a.gtin),
        "operator": [(OPERATOR, "Anna Berg", "cashier", hash_pin(PIN), "sv")],
        "tax_rate": list(_tax_rates()),
        "tender": TENDERS,
        "store": [(STORE_ID, "Bänken", "Två Par AB", "559999-4703", "Storgatan 1", "111 20",
                   "Stockholm", "SE", "", "")],
    }  # fmt: skip


def _item(rank: int, a: Article) -> tuple[Any, ...]:
    return (rank, a.sku, a.name, a.gtin, a.tax_group, a.kind, int(a.open_price), int(a.blocked),
            a.model, a.colour, a.size, "weight" if a.unit == "kg" else "piece",
            a.tare_grams)  # fmt: skip


def _tax_rates() -> Iterator[tuple[str, str, int]]:
    for rate in COUNTRIES["SE"].tax_rates:
        yield rate.group, rate.valid_from, rate.rate_basis_points
