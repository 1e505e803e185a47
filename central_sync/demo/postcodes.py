"""Where every Swedish postcode is, so that the demo chain can tell distances.

The coordinates (WGS 84) are from GeoNames, geonames.org, under Creative Commons
Attribution 4.0 (creativecommons.org/licenses/by/4.0), reduced to postcode and place. Who
passes the file on passes this notice on.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib.resources import files


def postcode_rows() -> Iterator[tuple[str, ...]]:
    """postcodes.csv: postcode, latitude, longitude."""
    source = files(__package__).joinpath("data", "postcodes-se.csv")
    with source.open(encoding="utf-8") as stream:
        rows = csv.reader(stream)
        next(rows)
        yield from (tuple(row) for row in rows)
