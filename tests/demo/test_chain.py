"""What the demo chain promises: valid, unique, uneven, and the same every time."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from stdnum.se import orgnr

from central_sync.countries import COUNTRIES
from central_sync.demo.assortment import FAMILIES
from central_sync.demo.catalogue import articles
from central_sync.demo.chain import COLUMNS, write_chain
from central_sync.retail.codes import Measured, read_code
from central_sync.retail.item import ItemKind, check_digit, code_key, is_gtin
from central_sync.retail.operator import Role
from central_sync.retail.tender import TenderKind

Rows = list[dict[str, str]]
FILES = tuple(COLUMNS)
ITEMS = 20_000


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Rows]:
    folder = tmp_path_factory.mktemp("chain")
    write_chain(folder)
    return read(folder)


def read(folder: Path) -> dict[str, Rows]:
    return {name: rows(folder / f"{name}.csv") for name in FILES}


def rows(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, strict=True))


def column(chain: dict[str, Rows], file: str, name: str) -> list[str]:
    return [row[name] for row in chain[file]]


def on_hand(chain: dict[str, Rows]) -> dict[str, list[int]]:
    stock: dict[str, list[int]] = defaultdict(list)
    for row in chain["stock"]:
        stock[row["store_id"]].append(int(row["on_hand"]))
    return stock


def as_bytes(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_chain(tmp_path / name, seed=7, items=1_500)

    assert as_bytes(tmp_path / "one") == as_bytes(tmp_path / "two")


def test_another_seed_gives_another_chain(tmp_path: Path) -> None:
    for seed in (1, 2):
        write_chain(tmp_path / str(seed), seed=seed, items=1_500)

    one, two = as_bytes(tmp_path / "1"), as_bytes(tmp_path / "2")

    assert {name for name in one if one[name] != two[name]} == {
        *("barcodes.csv", "customers.csv", "items.csv", "operators.csv", "stock.csv"),
    }


def test_a_sku_keeps_its_name_and_code_in_every_chain(tmp_path: Path) -> None:
    write_chain(tmp_path / "small", seed=1, items=1_500, stock_sites=())
    write_chain(tmp_path / "large", seed=2, items=30_000, stock_sites=())

    small, large = (
        {row["sku"]: (row["name"], row["gtin"]) for row in rows(tmp_path / name / "items.csv")}
        for name in ("small", "large")
    )

    shared = small.keys() & large.keys()
    assert len(shared) > 500
    assert all(small[sku] == large[sku] for sku in shared)


def test_only_the_contract_s_files_are_left_behind(tmp_path: Path) -> None:
    write_chain(tmp_path, items=300)

    assert {path.name for path in tmp_path.iterdir()} == {f"{name}.csv" for name in FILES}


def test_every_row_fills_the_columns_of_its_file(chain: dict[str, Rows]) -> None:
    for name in FILES:
        assert chain[name]
        assert all(tuple(row) == COLUMNS[name] and None not in row.values() for row in chain[name])


@pytest.mark.parametrize("items", [1, 2, 50, 1_234])
def test_exactly_the_asked_number_of_items_is_written(tmp_path: Path, items: int) -> None:
    write_chain(tmp_path, items=items, stock_sites=())

    assert len(rows(tmp_path / "items.csv")) == items


def test_the_usual_chain_has_twenty_thousand_items(chain: dict[str, Rows]) -> None:
    assert len(chain["items"]) == ITEMS
    assert column(chain, "items", "rank") == [str(rank) for rank in range(1, ITEMS + 1)]


def test_skus_and_names_are_unique_and_names_fit_a_receipt(chain: dict[str, Rows]) -> None:
    skus, names = column(chain, "items", "sku"), column(chain, "items", "name")

    assert len(set(skus)) == len(set(names)) == ITEMS
    assert all(0 < len(name) <= 40 for name in names)
    assert all(re.fullmatch(r"[A-Z0-9-]{3,20}", sku) for sku in skus)


def test_goods_by_weight_have_the_code_of_their_labels(chain: dict[str, Rows]) -> None:
    weighed = [row for row in chain["items"] if row["unit"] == "kg"]

    assert {row["sku"] for row in weighed} == {"GODIS-1", "NOTTER-1"}
    for row in weighed:
        code = row["gtin"][:8] + "0450"
        found = read_code(code + check_digit(code))
        assert isinstance(found, Measured)
        assert found.base_code == row["gtin"]


def test_every_gtin_is_valid_and_a_demonstration_number(chain: dict[str, Rows]) -> None:
    by_piece = [row for row in chain["items"] if row["unit"] == "st"]
    gtins = [row["gtin"] for row in by_piece if row["gtin"]]

    assert all(is_gtin(gtin) and len(gtin) == 13 and gtin.startswith("952") for gtin in gtins)
    assert len(gtins) > ITEMS - 20


def test_no_code_leads_to_two_items(chain: dict[str, Rows]) -> None:
    codes = [code for code in column(chain, "items", "gtin") if code]
    codes += [*column(chain, "items", "sku"), *column(chain, "barcodes", "code")]

    assert max(Counter(map(code_key, codes)).values()) == 1


def test_names_stay_unique_and_short_in_a_large_catalogue() -> None:
    names = [article.name for article in articles(seed=3, items=150_000)]

    assert len(set(names)) == 150_000
    assert max(map(len, names)) <= 40


def test_old_codes_are_of_three_sorts_and_lead_to_known_items(chain: dict[str, Rows]) -> None:
    codes = column(chain, "barcodes", "code")

    assert set(column(chain, "barcodes", "sku")) <= set(column(chain, "items", "sku"))
    assert {len(code) for code in codes if is_gtin(code)} == {8, 13}
    assert any(not is_gtin(code) for code in codes)


def test_only_open_price_items_lack_a_price(chain: dict[str, Rows]) -> None:
    assert all(
        re.fullmatch(r"\d+\.\d\d", row["price"])
        and (row["price"] == "0.00") == (row["open_price"] == "1")
        for row in chain["items"]
    )


def test_open_price_items_are_there_for_goods_and_for_print(chain: dict[str, Rows]) -> None:
    assert {row["sku"]: row["tax_group"] for row in chain["items"] if row["open_price"] == "1"} == {
        "OPEN-25": "standard",
        "OPEN-6": "print",
    }


def test_every_tax_group_is_known_to_the_country(chain: dict[str, Rows]) -> None:
    groups = Counter(column(chain, "items", "tax_group"))

    assert groups.keys() <= {rate.group for rate in COUNTRIES["SE"].tax_rates}
    assert min(groups["standard"], groups["food"], groups["print"]) > 20


def test_goods_services_and_a_blocked_item_are_sold(chain: dict[str, Rows]) -> None:
    assert set(column(chain, "items", "kind")) == set(ItemKind)
    assert column(chain, "items", "blocked").count("1") == 1


def test_every_family_of_goods_is_on_the_shelves(chain: dict[str, Rows]) -> None:
    codes = {re.split(r"\d", sku)[0] for sku in column(chain, "items", "sku")}

    assert {family.code for family in FAMILIES} <= codes


def test_there_are_twelve_stores_and_a_warehouse_all_in_sweden(chain: dict[str, Rows]) -> None:
    stores = chain["stores"]

    assert [row["store_id"] for row in stores] == [*(f"s{at:02d}" for at in range(1, 13)), "w01"]
    assert Counter(row["kind"] for row in stores) == {"store": 12, "warehouse": 1}
    assert len({row["town"] for row in stores}) == 13
    assert all(55 < float(row["latitude"]) < 69 for row in stores)
    assert all(11 < float(row["longitude"]) < 24 for row in stores)


def test_opening_hours_are_days_and_times(chain: dict[str, Rows]) -> None:
    span = r"(mon-fri|sat|sun) \d\d:\d\d-\d\d:\d\d"

    assert all(
        re.fullmatch(rf"{span}(; {span})*", hours)
        for hours in column(chain, "stores", "opening_hours")
    )


def test_the_organisation_number_has_a_right_check_digit(chain: dict[str, Rows]) -> None:
    [company] = chain["chain"]

    assert company["company"] == "Två Par AB"
    assert orgnr.is_valid(company["organisation_number"])


def test_every_site_has_stock_of_known_items_once(chain: dict[str, Rows]) -> None:
    places = [(row["store_id"], row["sku"]) for row in chain["stock"]]

    assert {store_id for store_id, _ in places} == set(column(chain, "stores", "store_id"))
    assert {sku for _, sku in places} <= set(column(chain, "items", "sku"))
    assert len(set(places)) == len(places)


def test_stock_is_uneven(chain: dict[str, Rows]) -> None:
    stock = on_hand(chain)
    stores = [figures for store_id, figures in stock.items() if store_id != "w01"]

    assert all(figures.count(0) > 50 and figures.count(1) > 500 for figures in stores)
    assert len({len(figures) for figures in stores}) == 12
    assert sum(stock["w01"]) > max(map(sum, stores)) * 5
    assert min(map(min, stock.values())) == 0


def test_what_is_sold_out_in_one_store_lies_in_another(chain: dict[str, Rows]) -> None:
    sold_out = {row["sku"] for row in chain["stock"] if row["on_hand"] == "0"}
    elsewhere = {row["sku"] for row in chain["stock"] if int(row["on_hand"]) > 1}

    assert len(sold_out & elsewhere) > 1_000


def test_a_site_has_the_same_stock_whichever_others_are_asked_for(tmp_path: Path) -> None:
    write_chain(tmp_path / "one", items=1_500, stock_sites=["s04"])
    write_chain(tmp_path / "all", items=1_500)

    only, of_all = (rows(tmp_path / name / "stock.csv") for name in ("one", "all"))

    assert only == [row for row in of_all if row["store_id"] == "s04"]


def test_services_have_no_stock(chain: dict[str, Rows]) -> None:
    services = {row["sku"] for row in chain["items"] if row["kind"] == "service"}

    assert services.isdisjoint(column(chain, "stock", "sku"))


def test_the_chain_s_named_operators_are_there(chain: dict[str, Rows]) -> None:
    operators = {row["number"]: row for row in chain["operators"]}

    assert [
        (row["name"], row["role"], row["pin"], row["stores"])
        for row in (operators[number] for number in ("1001", "1002", "1009"))
    ] == [
        ("Anna Berg", "cashier", "1234", ""),
        ("Olle Ek", "senior", "2345", ""),
        ("Maria Lund", "manager", "9876", ""),
    ]


def test_operators_have_roles_and_pins_of_four_digits(chain: dict[str, Rows]) -> None:
    operators = chain["operators"]

    assert len({row["number"] for row in operators}) == len(operators)
    assert {row["role"] for row in operators} == set(Role)
    assert all(re.fullmatch(r"\d{4}", row["pin"]) for row in operators)


def test_every_store_has_a_manager_a_senior_and_three_cashiers(chain: dict[str, Rows]) -> None:
    staff: dict[str, Counter[str]] = defaultdict(Counter)
    for row in chain["operators"]:
        if row["stores"]:
            staff[row["stores"]][row["role"]] += 1

    assert len(staff) == 12
    assert all(roles == {"manager": 1, "senior": 1, "cashier": 3} for roles in staff.values())


def test_customers_can_be_told_apart_and_reached_by_nobody(chain: dict[str, Rows]) -> None:
    customers = chain["customers"]

    assert len(customers) == len({row["member_number"] for row in customers}) == 3_000
    assert len({row["email"] for row in customers}) == 3_000
    assert all(
        re.fullmatch(r"[a-z.]+\d+@example\.com", row["email"])
        and re.fullmatch(r"070-174 06|08-465 004|031-390 06|040-628 04", row["phone"][:-3])
        for row in customers
    )


def test_tenders_are_cash_card_and_swish(chain: dict[str, Rows]) -> None:
    tenders = {row["tender_id"]: row for row in chain["tenders"]}

    assert {tender_id: row["kind"] for tender_id, row in tenders.items()} == {
        "cash": TenderKind.CASH,
        "card": TenderKind.CARD,
        "swish": TenderKind.MOBILE,
    }
    assert [row["tender_id"] for row in chain["tenders"] if row["opens_drawer"] == "1"] == ["cash"]


def test_progress_ends_at_the_number_of_items(tmp_path: Path) -> None:
    news: list[tuple[int, int]] = []

    write_chain(tmp_path, items=1_200, progress=lambda done, total: news.append((done, total)))

    assert news[-1] == (1_200, 1_200)
    assert news == sorted(news)


def test_an_unknown_site_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no site x9"):
        write_chain(tmp_path / "chain", items=100, stock_sites=["s01", "x9"])

    assert not (tmp_path / "chain").exists()


def test_a_chain_without_items_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 or more"):
        write_chain(tmp_path, items=0)
