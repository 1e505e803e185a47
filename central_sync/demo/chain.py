"""Write the demo chain as the CSV files that `spindel central import` takes.

The demo has no importer of its own: what it writes is what any chain would hand in.
The same seed gives the same bytes, so a number in a guide or a benchmark stays true.
There is no tax_rates.csv: the country's own rates serve.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from central_sync.demo.catalogue import Article, articles, old_codes
from central_sync.demo.people import customer_rows, operator_rows
from central_sync.demo.postcodes import postcode_rows
from central_sync.demo.stock import Shelves
from central_sync.demo.stores import SITES, Site, chain_rows, tender_rows

if TYPE_CHECKING:
    from _csv import Writer

COLUMNS: dict[str, tuple[str, ...]] = {
    "chain": ("chain", "country", "company", "organisation_number"),
    "stores": (
        *("store_id", "kind", "name", "address", "postcode", "town", "latitude", "longitude"),
        *("phone", "opening_hours", "footer"),
    ),
    "items": (
        *("sku", "name", "gtin", "price", "tax_group", "kind", "open_price", "blocked"),
        *("model", "colour", "size", "rank", "unit", "tare_grams"),
    ),
    "barcodes": ("code", "sku"),
    "stock": ("store_id", "sku", "on_hand"),
    "postcodes": ("postcode", "latitude", "longitude"),
    "operators": ("number", "name", "role", "pin", "language", "stores"),
    "customers": ("member_number", "name", "email", "phone", "address", "postcode", "town"),
    "tenders": ("tender_id", "name", "kind", "is_recorded", "opens_drawer", "rank"),
}

_ITEMS_PER_OLD_CODE = 50
_ITEMS_PER_NEWS = 500


def write_chain(
    folder: Path,
    *,
    seed: int = 1,
    items: int = 20_000,
    stock_sites: Sequence[str] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write the chain's CSV files into `folder`, which is made when it is missing.

    `stock_sites` are the store ids to give stock, all when None. `progress` is called
    with (items written, items in all). Each file takes its name only when it is whole.
    Raises ValueError on fewer than one item or an unknown site, OSError as the disk does.
    """
    if items < 1:
        raise ValueError(f"items is {items}: ask for 1 or more")
    sites = _sites(stock_sites)
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder, "chain", chain_rows())
    _write(folder, "stores", (site.row() for site in SITES))
    _write(folder, "tenders", tender_rows())
    _write(folder, "postcodes", postcode_rows())
    _write(folder, "operators", operator_rows(seed))
    _write(folder, "customers", customer_rows(seed))
    _write_goods(folder, seed, items, Shelves(seed, sites), progress or _silent)


def _sites(stock_sites: Sequence[str] | None) -> list[Site]:
    known = {site.store_id: site for site in SITES}
    wanted = known if stock_sites is None else dict.fromkeys(stock_sites)
    unknown = [store_id for store_id in wanted if store_id not in known]
    if unknown:
        raise ValueError(f"no site {', '.join(unknown)}: the demo chain has {', '.join(known)}")
    return [known[store_id] for store_id in wanted]


def _write_goods(
    folder: Path, seed: int, items: int, shelves: Shelves, progress: Callable[[int, int], None]
) -> None:
    """Items, codes and stock in one walk of the catalogue, which never stands in memory."""
    codes = _old_code_rows()
    with ExitStack() as files:
        item_file, barcode_file, stock_file = (
            files.enter_context(_file(folder, name)) for name in ("items", "barcodes", "stock")
        )
        for rank, article in enumerate(articles(seed, items), 1):
            item_file.writerow(article.row(rank))
            stock_file.writerows(shelves.rows(article))
            if article.gtin and rank % _ITEMS_PER_OLD_CODE == 0:
                barcode_file.writerows(codes(article))
            if rank % _ITEMS_PER_NEWS == 0:
                progress(rank, items)
    progress(items, items)


def _old_code_rows() -> Callable[[Article], list[tuple[str, str]]]:
    ordinals = count()
    return lambda article: [(code, article.sku) for code in old_codes(next(ordinals))]


def _write(folder: Path, name: str, rows: Iterable[tuple[str, ...]]) -> None:
    with _file(folder, name) as file:
        file.writerows(rows)


@contextmanager
def _file(folder: Path, name: str) -> Iterator[Writer]:
    """A CSV file with its header, under its own name once everything is in it."""
    whole = folder / f"{name}.csv"
    part = whole.with_suffix(".csv.part")
    with part.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS[name])
        yield writer
    os.replace(part, whole)


def _silent(_done: int, _total: int) -> None:
    return
