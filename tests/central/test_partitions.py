"""Facts in parts by store, on a real PostgreSQL: nothing is lost by the cut, and all goes on."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import psycopg
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
from tests.hardware.waiting import until

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

    spread(central.database, PARTS, no_progress, among_others=True)
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
    spread(central.database, PARTS, no_progress, among_others=True)

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

    spread(central.database, PARTS, no_progress, among_others=True)
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
    spread(central.database, 2, no_progress, among_others=True)
    with pytest.raises(CannotSpread, match="in 2 parts already"):
        spread(central.database, 4, no_progress, among_others=True)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_stays_whole(central: Central) -> None:
    with pytest.raises(CannotSpread, match="one file"):
        spread(central.database, 4, no_progress, among_others=True)


@on_postgres
def test_head_office_cuts_and_is_told(central: Central, tmp_path: Path) -> None:
    url = central.database.engine.url.set(drivername="postgresql").render_as_string(False)
    where = ("--home", str(tmp_path / "office"), "--database", url)
    assert CliRunner().invoke(commands, ["init", *where]).exit_code == 0

    beside = CliRunner().invoke(commands, ["partition", "--parts", "4", *where])
    central.database.close()

    answers = []
    for arguments in ([], ["--parts", "4"], ["--parts", "4"]):
        alone_with(url)
        answers.append(CliRunner().invoke(commands, ["partition", *arguments, *where]))

    assert (beside.exit_code, ": spindel). Stop spindel central" in beside.stderr) == (1, True)
    assert [answer.exit_code for answer in answers] == [0, 0, 1]
    assert answers[0].stdout == "The facts are whole.\n"
    assert answers[1].stdout == "The facts lie in 4 parts, by store.\n"
    assert answers[2].stderr == "The facts lie in 4 parts already.\n"


@on_postgres
def test_facts_are_not_cut_under_somebody_who_uses_them(central: Central) -> None:
    url = central.database.libpq_url
    with psycopg.connect(url, application_name="serve"):
        with pytest.raises(CannotSpread, match=r"\b[1-9]\d*: .*serve.* Stop spindel central"):
            spread(central.database, 4, no_progress)
        with central.database.reading() as connection:
            assert parts_of(connection) == 0
    central.database.close()
    alone_with(url)

    came: list[psycopg.Connection] = []
    with pytest.raises(CannotSpread, match="nothing was changed"):
        spread(central.database, 4, lambda done, _: came.append(psycopg.connect(url)))

    for one in came:
        one.close()
    with central.database.reading() as connection:
        assert parts_of(connection) == 0


@on_postgres
def test_who_reads_while_the_facts_are_cut_would_find_them_empty(central: Central) -> None:
    """Why it is refused."""
    with central.database.reading() as connection:
        before = connection.execute(text("SELECT count(*) FROM store")).scalar_one()
        spread(central.database, 4, no_progress, among_others=True)
        levels = connection.execute(text("SELECT count(*) FROM stock_level")).scalar_one()

    assert (before, levels, on_hand(central)) == (2, 0, 5)


def alone_with(url: str) -> None:
    """A session that was closed is seen for a moment more."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
    name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
    with psycopg.connect(url, dbname="postgres", autocommit=True) as watching:
        until(lambda: watching.execute(query, (name,)).fetchone() == (0,))


def a_receipt_id(store_id: str, number: int) -> str:
    return f"018bcfe5-0000-7000-8000-{store_id[1:]:0>4}{number:08d}"
