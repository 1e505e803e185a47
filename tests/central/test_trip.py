"""Statements of a trip: nothing before `go`, then all of them in order, on every database."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError

from central_sync.database import statements
from central_sync.database import tables as t
from central_sync.database.trip import Trip, among
from central_sync.server.central import Central

_PLACES = (
    select(t.postcode).where(among(t.postcode.c.postcode, "codes")).order_by(t.postcode.c.postcode)
)
_LEVELS = (
    select(t.stock_level.c.sku)
    .where(among((t.stock_level.c.store_id, t.stock_level.c.sku), "places"))
    .order_by(t.stock_level.c.sku)
)
_SCOPES = select(t.feed_scope.c.scope, t.feed_scope.c.position, t.feed_scope.c.fh).where(
    among(t.feed_scope.c.scope, "scopes")
)
_PLAIN_IN = select(t.postcode).where(t.postcode.c.postcode.in_(["1", "2"]))


def _row(postcode: str, latitude: str = "1") -> dict[str, str]:
    return {"postcode": postcode, "latitude": latitude, "longitude": "2"}


def test_a_trip_does_nothing_before_it_goes_and_then_all_in_order(central: Central) -> None:
    with central.database.atomic() as connection:
        trip = Trip(connection)
        before = trip.ask(_PLACES, codes=["1", "2", "3"])
        trip.insert(t.postcode, [_row("1"), _row("2")])
        after = trip.ask(_PLACES, codes=["1", "2", "3"])
        trip.upsert(t.postcode, [_row("2", "8"), _row("2", "9"), _row("3")])
        there = trip.insert_missing(t.postcode, [_row("3", "7"), _row("4")])
        changed = trip.update(t.postcode, [_row("1", "6")], "postcode")
        last = trip.ask(_PLACES, codes=["1", "2", "3", "4"])

        assert (before.count, last.rows) == (0, ())
        trip.go()

    assert [row.postcode for row in after.rows] == ["1", "2"]
    assert [row.latitude for row in last.rows] == ["6", "9", "1", "1"]
    assert (before.count, after.count, there.count, changed.count) == (0, 2, 1, 1)


def test_a_key_is_given_to_the_row_that_had_another(central: Central) -> None:
    with central.database.atomic() as connection:
        trip = Trip(connection)
        trip.insert(t.postcode, [_row("1"), _row("2")])
        trip.update(t.postcode, [{"postcode": "9", "was": "2"}], "postcode", was="was")
        found = trip.ask(_PLACES, codes=("2", "9"))
        trip.go()

    assert [row.postcode for row in found.rows] == ["9"]


def test_bytes_and_words_come_back_as_they_were_given(central: Central) -> None:
    fh, words = bytes(range(256)), "\"citat\" \\ 'å' {} %s\n%(x)s"
    row = {"scope": words, "position": 2**62, "fh": fh}
    with central.database.atomic() as connection:
        trip = Trip(connection)
        trip.insert(t.feed_scope, [row])
        found = trip.ask(_SCOPES, scopes=[words])
        trip.go()

    assert [tuple(one) for one in found.rows] == [(words, 2**62, fh)]


def test_pairs_are_found_as_pairs(central: Central) -> None:
    levels = [
        {"store_id": store_id, "sku": f"{store_id}-{sku}", "on_hand": 1}
        for store_id in ("s01", "s02")
        for sku in ("a", "b")
    ]
    with central.database.atomic() as connection:
        trip = Trip(connection)
        trip.insert(t.stock_level, levels)
        found = trip.ask(_LEVELS, places=[("s01", "s01-a"), ("s02", "s01-a"), ("s02", "s02-b")])
        trip.go()

    assert [row.sku for row in found.rows] == ["s01-a", "s02-b"]


@pytest.mark.parametrize("statement", [_SCOPES, _LEVELS])
def test_a_list_is_looked_up_by_an_index(central: Central, statement: Select[Any]) -> None:
    sql, fixed, order = statements.worded(statement, central.database.is_sqlite)
    values = dict.fromkeys(fixed, '[["s01", "SKU-1"]]')
    with central.database.reading() as connection:
        if central.database.is_sqlite:
            asked = tuple(values[name] for name in order)
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", asked).all()
        else:
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {sql}", values).all()

    told = " ".join(str(row) for row in plan)
    assert "INDEX" in told.upper()
    assert not any(word in told for word in ("SCAN feed", "SCAN stock", "Seq Scan"))


def test_what_the_database_refuses_is_told_as_it_always_is(central: Central) -> None:
    with pytest.raises(IntegrityError):
        _written_twice(central)
    with central.database.glancing() as connection:
        trip = Trip(connection)
        found = trip.ask(_PLACES, codes=["1"])
        trip.go()

    assert found.rows == []


def _written_twice(central: Central) -> None:
    with central.database.atomic() as connection:
        trip = Trip(connection)
        trip.insert(t.postcode, [_row("1")])
        trip.insert(t.postcode, [_row("1")])
        trip.go()


def test_a_plain_in_is_refused_in_a_trip(central: Central) -> None:
    with central.database.reading() as connection, pytest.raises(AssertionError):
        Trip(connection).ask(_PLAIN_IN)
