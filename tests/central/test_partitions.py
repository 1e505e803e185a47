"""Facts in parts by store, on a real PostgreSQL: nothing is lost by the cut, and all goes on."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from central_sync.database import tables as t
from central_sync.database.copying import TableDump, digests_postgres
from central_sync.database.partitions import SPREAD, CannotSpread, parts_of, spread
from central_sync.server.central import Central
from central_sync.server.commands import central as commands
from central_sync.server.warehouse.rebuild import rebuild
from tests.central.office import count_of, enrolled, on_hand, sale

PARTS = 8


def no_progress(_done: int, _total: int) -> None:
    return


def digests(central: Central) -> dict[str, str]:
    dumps = [
        TableDump(table.name, tuple(column.name for column in table.columns), 0, "")
        for table in SPREAD
    ]
    return digests_postgres(central.database, dumps)


on_postgres = pytest.mark.parametrize(
    "database_url", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)


@on_postgres
def test_nothing_is_lost_by_the_cut_and_selling_goes_on(
    central: Central, http: httpx.Client
) -> None:
    tills = [enrolled(central, store) for store in ("s01", "s02")]
    for till in tills:
        till.sell(sale(42, receipt_id=a_receipt_id(till.store_id, 1)))
        assert till.send(http).status_code == 200
    before = digests(central)

    spread(central.database, PARTS, no_progress)
    after = digests(central)
    for till in tills:
        till.sell(sale(43, receipt_id=a_receipt_id(till.store_id, 2)))
        till.note()
        assert [till.send(http).json()["head"]["sequence"] for _ in range(2)] == [3, 3]

    assert after == before
    assert count_of(central, t.receipt) == 4
    assert on_hand(central) == 3
    with central.database.reading() as connection:
        assert parts_of(connection) == PARTS
    with central.database.atomic() as connection:
        assert rebuild(connection, central.timestamp(), check=True).wrong == ()


@on_postgres
def test_what_is_asked_of_one_store_is_read_in_one_part(central: Central) -> None:
    spread(central.database, PARTS, no_progress)

    with central.database.reading() as connection:
        plans = [
            connection.execute(text(f"EXPLAIN SELECT * FROM {table.name} WHERE store_id = 's01'"))
            for table in SPREAD
        ]
        parts = [set(re.findall(r"_\d{4}\b", str(plan.all()))) for plan in plans]

    assert [len(read) for read in parts] == [1] * len(SPREAD)
    assert len(set.union(*parts)) == 1


@on_postgres
def test_the_counters_go_on_and_keys_still_refuse(central: Central, http: httpx.Client) -> None:
    till = enrolled(central)
    till.sell(sale(42))
    till.send(http)
    with central.database.reading() as connection:
        newest = connection.execute(
            text("SELECT max(movement_id) FROM stock_movement")
        ).scalar_one()

    spread(central.database, PARTS, no_progress)
    till.sell(sale(43, receipt_id=a_receipt_id("s01", 2)))
    till.send(http)

    with central.database.reading() as connection:
        moved = connection.execute(text("SELECT max(movement_id) FROM stock_movement")).scalar_one()
        keys = connection.execute(
            text("SELECT count(*) FROM pg_constraint WHERE contype = 'p' AND conparentid = 0")
        ).scalar_one()
    assert moved == newest + 1
    assert keys > len(SPREAD)


@on_postgres
def test_facts_are_cut_once(central: Central) -> None:
    spread(central.database, 2, no_progress)
    with pytest.raises(CannotSpread, match="in 2 parts already"):
        spread(central.database, 4, no_progress)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_stays_whole(central: Central) -> None:
    with pytest.raises(CannotSpread, match="one file"):
        spread(central.database, 4, no_progress)


@on_postgres
def test_head_office_cuts_and_is_told(central: Central, tmp_path: Path) -> None:
    url = central.database.engine.url.set(drivername="postgresql").render_as_string(False)
    where = ("--home", str(tmp_path / "office"), "--database", url)
    assert CliRunner().invoke(commands, ["init", *where]).exit_code == 0

    answers = [
        CliRunner().invoke(commands, ["partition", *arguments, *where])
        for arguments in ([], ["--parts", "4"], ["--parts", "4"])
    ]

    assert [answer.exit_code for answer in answers] == [0, 0, 1]
    assert answers[0].stdout == "The facts are whole.\n"
    assert answers[1].stdout == "The facts lie in 4 parts, by store.\n"
    assert answers[2].stderr == "The facts lie in 4 parts already.\n"


def a_receipt_id(store_id: str, number: int) -> str:
    return f"018bcfe5-0000-7000-8000-{store_id[1:]:0>4}{number:08d}"
