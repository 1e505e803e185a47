"""Countries by their ISO code; adding one is a module and a line here."""

from __future__ import annotations

from central_sync.countries.country import Country
from central_sync.countries.se import SWEDEN

COUNTRIES: dict[str, Country] = {country.code: country for country in (SWEDEN,)}
