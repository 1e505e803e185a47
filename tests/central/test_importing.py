"""Import: a chain comes in whole or not at all, and only what changed is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from central_sync.database import tables as t
from central_sync.server import feed, feed_pages
from central_sync.server.central import Central
from central_sync.server.importing import fields
from central_sync.server.importing.fields import BadValue
from central_sync.server.importing.run import NoFiles, Report, check_folder, import_folder
from central_sync.wire.pins import pin_matches
from tests.central.office import count_of, on_hand

ITEMS = "sku,name,gtin,price,tax_group,kind,open_price,blocked,model,colour,size,rank\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


def _write(folder: Path, **files: str) -> None:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")


def _import(central: Central, folder: Path, **options: Any) -> Report:
    return import_folder(central, folder, lambda _done, _all: None, **options)


def _check(central: Central, folder: Path, **options: Any) -> Report:
    return check_folder(central, folder, lambda _done, _all: None, **options)


def _bad(report: Report) -> list[tuple[str, int, str, str]]:
    return [(cell.file, cell.line, cell.column, cell.value) for cell in report.bad]


def _news(central: Central, scope: str, after: int) -> list[tuple[str, str, str]]:
    with central.database.reading() as connection:
        page = feed_pages.page(connection, scope, after, 1000)
    assert not page.is_gone
    return [(row.table, row.key, row.op) for row in page.rows]


def _position(central: Central, scope: str) -> int:
    with central.database.reading() as connection:
        return feed.positions(connection, [scope])[scope]


def test_files_become_masters(central: Central, folder: Path) -> None:
    _write(
        folder,
        items=ITEMS + 'A1,Löparsko,9520000000004,"1 299,50",standard,goods,0,0,Löpa,blå,42,7\n',
        barcodes="code,sku\nabc-1,A1\n",
        stock="store_id,sku,on_hand\ns02,A1,12\n",
        operators="number,name,role,pin,language,stores\n1001,Anna Berg,cashier,1234,sv,s01;s02\n",
        customers="member_number,name,email\n700001,Eva Ek,eva@example.com\n",
        tenders="tender_id,name,kind,is_recorded,opens_drawer,rank\ncash,Kontant,cash,1,1,1\n",
    )

    report = _import(central, folder)

    assert (report.is_written, report.bad) == (True, [])
    with central.database.reading() as connection:
        item = connection.execute(select(t.item).where(t.item.c.sku == "A1")).one()
        price = connection.execute(
            select(t.price.c.price_minor).where(t.price.c.sku == "A1")
        ).scalar_one()
        codes = set(
            connection.execute(select(t.barcode.c.code).where(t.barcode.c.sku == "A1")).scalars()
        )
        pin_hash = connection.execute(select(t.operator.c.pin_hash)).scalar_one()
    assert (item.name, item.size, item.rank, price) == ("Löparsko", "42", 7, 129_950)
    assert codes == {"09520000000004", "ABC-1"}
    assert pin_matches(pin_hash, "1234")
    assert on_hand(central, "A1", "s02") == 12
    assert count_of(central, t.operator_store) == 2


def test_a_second_import_of_the_same_files_changes_and_tells_nothing(
    central: Central, folder: Path
) -> None:
    _write(
        folder,
        stores="store_id,name\ns01,Två Par Ett\n",
        items=ITEMS + "A1,Sko,,199,standard,goods,0,0,,,,7\n",
        stock="store_id,sku,on_hand\ns01,A1,12\n",
        operators="number,name,role,pin\n1001,Anna Berg,cashier,1234\n",
    )
    _import(central, folder)
    before = [_position(central, scope) for scope in ("chain", "store:s01")]

    report = _import(central, folder)

    assert set(report.changed.values()) == {0}
    assert [_position(central, scope) for scope in ("chain", "store:s01")] == before


def test_only_what_changed_is_told(central: Central, folder: Path) -> None:
    chain, store = _position(central, "chain"), _position(central, "store:s01")
    _write(
        folder,
        items=ITEMS
        + "SKU-1,Sko 1,,149,standard,goods,0,0,,,,1\nSKU-2,Sko 2,,199,standard,goods,0,0,,,,2\n",
        stock="store_id,sku,on_hand\ns01,SKU-1,7\n",
    )

    _import(central, folder)

    assert _news(central, "chain", chain) == [("price", "SKU-1", "put")]
    assert _news(central, "store:s01", store) == [("stock", "SKU-1", "put")]
    assert on_hand(central) == 7


def test_a_store_that_moves_is_told_to_all_stores(central: Central, folder: Path) -> None:
    chain = _position(central, "chain")
    _write(folder, stores="store_id,kind,name,phone\ns02,store,Två Par,031\n")

    _import(central, folder)

    assert _news(central, "chain", chain) == [("site", "s02", "put")]


def test_a_counted_stock_becomes_a_movement(central: Central, folder: Path) -> None:
    _write(folder, stock="store_id,sku,on_hand\ns01,SKU-1,2\n")

    _import(central, folder)

    with central.database.reading() as connection:
        movement = connection.execute(
            select(t.stock_movement.c.kind, t.stock_movement.c.delta).order_by("movement_id")
        ).all()
    assert [tuple(row) for row in movement] == [("opening", 5), ("adjustment", -3)]


def test_a_first_chain_comes_without_rows_and_raises_the_floor(central: Central) -> None:
    with central.database.reading() as connection:
        known = feed.places(connection, ["chain", "store:s01", "store:s02"])

    assert {scope.floor.position for scope in known.values()} == {1}
    assert count_of(central, t.feed) == 0


def test_a_chain_without_rates_has_its_countrys(central: Central) -> None:
    with central.database.reading() as connection:
        rate = connection.execute(
            select(t.tax_rate.c.rate_basis_points).where(t.tax_rate.c.tax_group == "standard")
        ).scalar_one()

    assert rate == 2500


def test_bad_cells_are_listed_by_file_line_and_column(central: Central, folder: Path) -> None:
    _write(
        folder,
        items=ITEMS
        + "A1,Sko,9520000000005,199,standard,goods,0,0,,,,\n"
        + "A2,,,1.999,luxury,animal,maybe,0,,,,x\n",
        stock="store_id,sku,on_hand\ns99,SKU-1,1\ns01,NONE,1\ns01,SKU-1,many\n",
        operators="number,name,role,pin\n10o1,Anna,cashier,12\n",
    )

    report = _check(central, folder)

    assert _bad(report) == [
        ("items.csv", 2, "gtin", "9520000000005"),
        ("items.csv", 3, "name", ""),
        ("items.csv", 3, "price", "1.999"),
        ("items.csv", 3, "kind", "animal"),
        ("items.csv", 3, "open_price", "maybe"),
        ("items.csv", 3, "rank", "x"),
        ("stock.csv", 2, "store_id", "s99"),
        ("stock.csv", 3, "sku", "NONE"),
        ("stock.csv", 4, "on_hand", "many"),
        ("operators.csv", 2, "number", "10o1"),
        ("operators.csv", 2, "pin", "12"),
    ]
    assert all(cell.allowed for cell in report.bad)


def test_what_comes_twice_is_bad_the_second_time(central: Central, folder: Path) -> None:
    _write(
        folder,
        items=ITEMS
        + "A1,Sko,9520000000004,199,standard,goods,0,0,,,,8\n"
        + "A1,Sko,,199,standard,goods,0,0,,,,9\n"
        + "A2,Sko,9520000000004,199,standard,goods,0,0,,,,8\n",
        barcodes="code,sku\n09520000000004,A1\n09520000000004,A1\n",
        stock="store_id,sku,on_hand\ns01,SKU-1,1\ns02,SKU-1,1\ns01,SKU-1,1\n",
    )

    report = _check(central, folder)

    assert [(name, line, column) for name, line, column, _ in _bad(report)] == [
        ("items.csv", 3, "sku"),
        ("items.csv", 4, "gtin"),
        ("items.csv", 4, "rank"),
        ("barcodes.csv", 3, "code"),
        ("stock.csv", 4, "sku"),
    ]


def test_an_item_without_price_must_have_an_open_one(central: Central, folder: Path) -> None:
    _write(
        folder,
        items=ITEMS
        + "OPEN-25,Övrig vara,,,standard,goods,1,0,,,,\nA2,Sko,,,standard,goods,0,0,,,,\n",
    )

    assert _bad(_check(central, folder)) == [
        ("items.csv", 3, "price", "A2,Sko,,,standard,goods,0,0,,,,")
    ]


def test_one_bad_row_stops_the_whole_import(central: Central, folder: Path) -> None:
    good, bad = "A1,Sko,,199,standard,goods,0,0,,,,\n", "A2,Sko,,x,standard,goods,0,0,,,,\n"
    _write(folder, items=ITEMS + good + bad)

    report = _import(central, folder)

    assert (report.is_written, report.bad_count, report.changed) == (False, 1, {})
    assert count_of(central, t.item) == 3


def test_good_rows_are_taken_when_that_is_asked_for(central: Central, folder: Path) -> None:
    good, bad = "A1,Sko,,199,standard,goods,0,0,,,,\n", "A2,Sko,,x,standard,goods,0,0,,,,\n"
    _write(folder, items=ITEMS + good + bad, stock="store_id,sku,on_hand\ns01,A1,1\ns01,A2,1\n")

    report = _import(central, folder, good_rows=True)

    assert (report.is_written, report.bad_count) == (True, 2)
    assert count_of(central, t.item) == 4


def test_a_dry_run_writes_nothing(central: Central, folder: Path) -> None:
    _write(folder, items=ITEMS + "A1,Sko,,199,standard,goods,0,0,,,,\n")

    report = _check(central, folder)

    assert (report.rows, report.is_written) == ({"items": 1}, False)
    assert count_of(central, t.item) == 3


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("sku,name\nA1,Sko\n", 1, "price"),
        (ITEMS.replace("rank", "ranking"), 1, "ranking"),
        (ITEMS + "A1,Sko\n", 2, ""),
        (ITEMS + '"A1,Sko\n', 2, ""),
        ("", 1, "sku"),
    ],
)
def test_a_file_that_is_not_as_agreed_says_where(
    central: Central, folder: Path, text: str, line: int, column: str
) -> None:
    _write(folder, items=text)

    assert (line, column) in [(bad[1], bad[2]) for bad in _bad(_check(central, folder))]


def test_bytes_that_are_not_utf_8_are_named(central: Central, folder: Path) -> None:
    row = "A1,Löparsko,,199,standard,goods,0,0,,,,\n"
    (folder / "items.csv").write_bytes(ITEMS.encode() + row.encode("latin-1"))

    report = _check(central, folder)

    assert (report.bad[0].line, report.bad[0].allowed) == (2, "text in UTF-8")


def test_a_spreadsheets_byte_order_mark_does_no_harm(central: Central, folder: Path) -> None:
    text = "\ufeff" + ITEMS + "A1,Sko,,199,standard,goods,0,0,,,,\r\n"
    (folder / "items.csv").write_text(text, encoding="utf-8", newline="")

    assert _check(central, folder).bad == []


def test_a_folder_without_files_is_refused(central: Central, folder: Path) -> None:
    with pytest.raises(NoFiles, match=r"items\.csv"):
        _import(central, folder)


def test_progress_ends_at_the_whole(central: Central, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    _write(folder, items=ITEMS + "A1,Sko,,199,standard,goods,0,0,,,,\n")

    import_folder(central, folder, lambda done, whole: seen.append((done, whole)))

    assert seen[-1][0] == seen[-1][1] == (folder / "items.csv").stat().st_size


@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("199,00", 19_900),
        ("199.00", 19_900),
        ("199", 19_900),
        ("0,5", 50),
        ("1\u00a0299,90", 129_990),
    ],
)
def test_money_is_read_without_a_float(cell: str, minor: int) -> None:
    assert fields.money_minor(cell) == minor


@pytest.mark.parametrize("cell", ["-1", "1,999", "1e3", "", "ett", "١٢", "1,2,3", "nan"])
def test_what_is_no_amount_is_refused(cell: str) -> None:
    with pytest.raises(BadValue, match="199,00"):
        fields.money_minor(cell)


@pytest.mark.parametrize(
    ("cell", "rate"), [("25", 2500), ("12,5", 1250), ("0", 0), ("100", 10_000)]
)
def test_a_rate_is_read_in_basis_points(cell: str, rate: int) -> None:
    assert fields.rate_basis_points(cell) == rate


def test_a_kept_pin_keeps_its_hash(central: Central, folder: Path) -> None:
    _write(folder, operators="number,name,role,pin\n1001,Anna,cashier,1234\n")
    _import(central, folder)
    with central.database.reading() as connection:
        before = connection.execute(select(t.operator.c.pin_hash)).scalar_one()
    _write(folder, operators="number,name,role,pin\n1001,Anna Berg,senior,\n")

    _import(central, folder)

    with central.database.reading() as connection:
        operator = connection.execute(select(t.operator)).one()
    assert (operator.pin_hash, operator.role) == (before, "senior")


def test_a_new_company_name_goes_out_to_every_store(central: Central, folder: Path) -> None:
    position = _position(central, "store:s02")
    _write(
        folder,
        chain="chain,country,company,organisation_number\nTvå Par,SE,Tre Par AB,559999-4703\n",
    )

    _import(central, folder)

    assert _news(central, "store:s02", position) == [("store", "s02", "put")]
    with central.database.reading() as connection:
        row = connection.execute(
            select(t.feed.c.row).where(t.feed.c.scope == "store:s02")
        ).scalar_one()
    assert json.loads(str(row))["company"] == "Tre Par AB"


def test_an_import_that_blocks_more_than_half_waits_for_a_person(
    central: Central, folder: Path
) -> None:
    def item(number: int, blocked: int) -> str:
        return f"SKU-{number},Sko,,199.00,standard,goods,0,{blocked},,,,{number}\n"

    _write(folder, items=ITEMS + "".join(item(number, number > 1) for number in (1, 2, 3)))
    before = _position(central, "chain")

    foretold = _check(central, folder)
    held = _import(central, folder)

    assert (held.is_written, held.held) == (False, "of 3 items for sale 1 would be left")
    assert (foretold.is_written, foretold.held) == (False, held.held)
    assert _check(central, folder, accept=True).held == ""
    assert (held.changed, _position(central, "chain")) == ({}, before)
    assert _import(central, folder, accept=True).is_written
    assert _import(central, folder).is_written
