"""The demo chain's company, its twelve stores and its warehouse.

The towns, postcodes and coordinates are real, so that distances and opening hours
mean something; the chain, its street numbers and its phone numbers are not. Do not
"correct" a phone number: all are from the series that PTS keeps free for books and
films. The organisation number has a right check digit but is above the series in
use: the low 556000 ones belong to real companies.

Postcodes and coordinates (WGS 84, the town's) are from GeoNames, geonames.org, CC BY 4.0.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

COMPANY = "Två Par AB"
COUNTRY = "SE"
ORGANISATION_NUMBER = "559999-4703"
WAREHOUSE_ID = "w01"

_FOOTER = "Öppet köp 30 dagar mot kvitto. Välkommen åter!"
_LATE = "mon-fri 10:00-20:00; sat 10:00-18:00; sun 11:00-17:00"
_PLAIN = "mon-fri 10:00-19:00; sat 10:00-17:00; sun 11:00-16:00"
_SHORT = "mon-fri 10:00-18:00; sat 10:00-15:00"
_WAREHOUSE = "mon-fri 06:00-16:00"


@dataclass(frozen=True, slots=True)
class Site:
    """One row of stores.csv, and how deep it is stocked.

    `range_percent` is the share of the models it carries, `depth_percent` how many
    pairs of a size it has beside an ordinary store.
    """

    store_id: str
    name: str
    address: str
    postcode: str
    town: str
    latitude: str
    longitude: str
    phone: str
    opening_hours: str
    range_percent: int
    depth_percent: int
    kind: str = "store"
    footer: str = _FOOTER

    def row(self) -> tuple[str, ...]:
        return (
            self.store_id,
            self.kind,
            self.name,
            self.address,
            self.postcode,
            self.town,
            self.latitude,
            self.longitude,
            self.phone,
            self.opening_hours,
            self.footer,
        )


# fmt: off
SITES: tuple[Site, ...] = (
    Site("s01", "Två Par Stockholm", "Drottninggatan 57", "111 60", "Stockholm",
         "59.3326", "18.0649", "08-465 004 01", _LATE, 95, 150),
    Site("s02", "Två Par Göteborg", "Kungsgatan 41", "411 19", "Göteborg",
         "57.7072", "11.9668", "031-390 06 02", _LATE, 90, 140),
    Site("s03", "Två Par Malmö", "Södra Förstadsgatan 28", "211 43", "Malmö",
         "55.6059", "13.0007", "040-628 04 03", _LATE, 85, 130),
    Site("s04", "Två Par Uppsala", "Kungsängsgatan 19", "753 22", "Uppsala",
         "59.8585", "17.6454", "08-465 004 04", _PLAIN, 75, 110),
    Site("s05", "Två Par Västerås", "Stora gatan 36", "722 12", "Västerås",
         "59.6162", "16.5528", "08-465 004 05", _PLAIN, 65, 100),
    Site("s06", "Två Par Örebro", "Drottninggatan 23", "702 10", "Örebro",
         "59.2741", "15.2066", "08-465 004 06", _PLAIN, 65, 100),
    Site("s07", "Två Par Linköping", "Storgatan 44", "582 23", "Linköping",
         "58.4167", "15.6167", "08-465 004 07", _PLAIN, 70, 100),
    Site("s08", "Två Par Helsingborg", "Kullagatan 31", "252 20", "Helsingborg",
         "56.0467", "12.6944", "040-628 04 08", _PLAIN, 60, 90),
    Site("s09", "Två Par Umeå", "Kungsgatan 62", "903 26", "Umeå",
         "63.8284", "20.2597", "08-465 004 09", _PLAIN, 60, 90),
    Site("s10", "Två Par Östersund", "Prästgatan 27", "831 31", "Östersund",
         "63.1792", "14.6357", "08-465 004 10", _SHORT, 45, 70),
    Site("s11", "Två Par Karlstad", "Drottninggatan 14", "652 25", "Karlstad",
         "59.3793", "13.5036", "031-390 06 11", _PLAIN, 50, 80),
    Site("s12", "Två Par Växjö", "Storgatan 22", "352 30", "Växjö",
         "56.8777", "14.8091", "040-628 04 12", _SHORT, 40, 70),
    Site(WAREHOUSE_ID, "Två Par Centrallager", "Lagervägen 8", "556 52", "Jönköping",
         "57.7815", "14.1562", "08-465 004 13", _WAREHOUSE, 100, 1000, "warehouse", ""),
)
# fmt: on

STORES = tuple(site for site in SITES if site.kind == "store")


def chain_rows() -> Iterator[tuple[str, ...]]:
    """chain.csv: chain, country, company, organisation_number."""
    yield (COMPANY, COUNTRY, COMPANY, ORGANISATION_NUMBER)


def tender_rows() -> Iterator[tuple[str, ...]]:
    """tenders.csv: tender_id, name, kind, is_recorded, opens_drawer, rank."""
    yield ("cash", "Kontant", "cash", "1", "1", "1")
    yield ("card", "Kort", "card", "1", "0", "2")
    yield ("swish", "Swish", "mobile", "1", "0", "3")
