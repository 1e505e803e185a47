"""Stock look-up at the screen: the grid, where it lies, and what is said of old figures."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from pos_client.register import commands
from pos_client.register.stock_queries import ChainStock, ItemStock, ModelItem, SiteStock
from pos_client.screens.keys import ENTER, Key
from pos_client.screens.sizes import grid_of
from tests.builders import SHOES, MemoryShop, a_shop, an_open_register, gtin
from tests.screens.core_twin import Desk, Register, f

MOLNDAL = SiteStock("s02", "Två Par Mölndal", "store", 3, "few", 120, km=7)
BORAS = SiteStock("s03", "Två Par Borås", "store", 1, "last", 600, km=61)
WAREHOUSE = SiteStock("c01", "Centrallager", "warehouse", 40, "many", 0, km=12, can_collect=False)
HERE = SiteStock("s01", "Två Par Göteborg", "store", 0, "none", 0, km=0)


def a_shop_with_sizes() -> MemoryShop:
    shop = a_shop()
    for colour in ("blå", "svart"):
        for size in range(40, 47):
            sku = f"FJALL-{colour[:2].upper()}-{size}"
            code = SHOES if (colour, size) == ("blå", 42) else gtin(100 + size + len(colour) * 50)
            shop.with_item(
                f"Löparsko Fjäll {colour} {size}", "899,00", sku=sku, gtin=code,
                model="Fjäll", colour=colour, size=str(size),
            )  # fmt: skip
    return shop


def told(*sites: SiteStock, sku: str = "FJALL-BL-43", is_live: bool = True) -> ChainStock:
    item = ItemStock(sku, 44, "many", sites, earliest_promise="2026-11-25")
    return ChainStock((item,), is_live, 0 if is_live else 1_620)


@pytest.fixture
def desk() -> Desk:
    register = Register(an_open_register(a_shop_with_sizes()))
    register.chain_stock = told(HERE, BORAS, WAREHOUSE, MOLNDAL)
    return Desk(register)


def test_f4_on_a_line_shows_all_sizes_and_colours_of_its_model(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(4))

    assert desk.page == "stock"
    assert all(str(size) in desk.text() for size in range(40, 47))
    assert "svart" in desk.text()
    assert len(desk.register.asked) == 14


def test_the_missing_size_shows_who_has_it_by_distance_with_age(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(4)).enters("43")

    text = desk.text()
    assert "Löparsko Fjäll blå 43" in text
    places = [text.index(name) for name in ("Mölndal", "Centrallager (lager)", "Borås")]
    assert places == sorted(places)
    assert "7 km" in text
    assert "2 min" in text
    assert "2026-11-25" in text


def test_what_is_on_its_way_is_told_beside_what_is_there() -> None:
    register = Register(an_open_register(a_shop_with_sizes()))
    here = replace(HERE, expected=6, expected_on="2026-11-24")
    only_coming = replace(BORAS, available=0, band="none", expected=2)
    register.chain_stock = told(here, only_coming)

    text = Desk(register).scans(SHOES).keys(f(4)).enters("43").text()

    assert "+6 väntas 11-24" in text
    assert re.search(r"Borås +\+2 väntas +0 st", text), text


def test_a_size_that_is_only_elsewhere_stands_in_brackets(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(4))

    assert "(44)" in desk.text()


def test_arrows_go_through_the_grid_and_f12_sells_from_the_shelf(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(4), Key("right"), Key("right"), Key("down"), f(12))

    assert desk.page == "sale"
    assert desk.register.done[-1] == commands.AddItem("FJALL-SV-44")


def test_what_central_said_before_is_shown_as_old(desk: Desk) -> None:
    desk.register.chain_stock = told(MOLNDAL, is_live=False)
    desk.scans(SHOES).keys(f(4)).enters("43")

    assert "27 min" in desk.text()
    assert "Mölndal" in desk.text()


def test_without_central_the_own_shelf_is_still_known(desk: Desk) -> None:
    desk.register.chain_stock = ChainStock()
    desk.scans(SHOES).keys(f(4))

    assert "Här i butiken" in desk.text()
    assert "Bara den egna butiken" in desk.text()


def test_an_unknown_code_is_refused_and_the_page_stays(desk: Desk) -> None:
    desk.keys(f(4)).enters("nothing")

    assert (desk.page, desk.bells) == ("stock", 1)


def test_the_search_leads_to_the_stock_of_what_it_found(desk: Desk) -> None:
    desk.keys(f(5), "svart 41", f(4))

    assert desk.page == "stock"
    assert "Löparsko Fjäll svart 41" in desk.text()


@pytest.mark.parametrize("typed", [SHOES, f"2*{SHOES}"])
def test_f4_looks_up_the_code_that_stands_typed_and_sells_nothing(desk: Desk, typed: str) -> None:
    desk.keys(typed, f(4))

    assert (desk.page, desk.till.pages["sale"].entry.text) == ("stock", "")
    assert "Löparsko Fjäll blå 42" in desk.text()
    assert desk.register.done == []


def test_f4_on_words_that_many_items_have_lets_one_be_chosen_and_sells_nothing(desk: Desk) -> None:
    desk.keys(f(4)).enters("fjäll svart").keys(Key("down"), Key("down"))

    assert desk.page == "search"
    assert "Enter visar lager" in desk.text()
    assert "Löparsko Fjäll svart 42" in desk.keys(ENTER).text()
    assert (desk.page, desk.register.done) == ("stock", [])
    assert desk.escapes().page == "search"


def test_part_of_one_items_code_leads_f4_to_that_item(desk: Desk) -> None:
    desk.keys(gtin(100 + 45 + 150)[2:], f(4))

    assert desk.page == "stock"
    assert "Löparsko Fjäll blå 45" in desk.text()


def test_a_size_that_the_model_lacks_is_refused_and_no_name_to_search_for(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(4)).enters("4")

    assert (desk.page, desk.bells) == ("stock", 1)


def test_f4_in_a_search_without_hits_says_so_and_stays(desk: Desk) -> None:
    desk.keys(f(5), "zzz", f(4))

    assert (desk.page, desk.bells) == ("search", 1)


def test_enter_from_a_scanner_never_chooses_a_size(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(4)).scans(gtin(100 + 45 + 150))

    assert "Löparsko Fjäll blå 45" in desk.text()
    assert len(desk.view.lines) == 1


def test_sizes_stand_in_the_order_a_person_counts_them() -> None:
    sizes = ["XL", "100", "36", "S", "36½", "One size", "M"]
    grid = grid_of([ModelItem(size, size, "", size, 0, 1) for size in sizes])

    assert grid.sizes == ("36", "36½", "100", "S", "M", "XL", "One size")


def test_enter_on_an_empty_line_does_nothing(desk: Desk) -> None:
    desk.scans(SHOES).keys(f(4), ENTER)

    assert (desk.page, len(desk.register.done)) == ("stock", 1)


def many_stores(count: int) -> list[SiteStock]:
    return [replace(BORAS, store_id=f"x{at:02}", name=f"Ort {at:02}", km=at) for at in range(count)]


def test_stores_beyond_the_screen_are_told_of_and_come_with_a_key(desk: Desk) -> None:
    desk.register.chain_stock = told(HERE, *many_stores(25))
    desk.scans(SHOES).keys(f(4)).enters("43")

    first = desk.text()
    assert "1–10 av 25" in first
    assert "Ort 09" in first
    assert "Ort 10" not in first

    last = desk.keys(*[Key("pagedown")] * 3).text()
    assert "16–25 av 25" in last
    assert "Ort 24" in last
    assert "Ort 00" in desk.keys(Key("right"), Key("left")).text()


def test_sizes_and_colours_beyond_the_screen_are_told_of_by_arrows() -> None:
    shop = a_shop()
    for colour in range(7):
        for size in range(30, 45):
            shop.with_item(
                f"Sko {colour} {size}", "899,00", sku=f"S-{colour}-{size}",
                gtin=SHOES if (colour, size) == (3, 42) else gtin(100 + colour * 50 + size),
                model="Sko", colour=f"färg {colour}", size=str(size),
            )  # fmt: skip

    text = Desk(Register(an_open_register(shop))).scans(SHOES).keys(f(4)).text()
    size_row = next(line for line in text.splitlines() if "←" in line)

    assert size_row.index("←") < size_row.index("42") < size_row.index("→")
    assert "↓" in text


def test_a_store_that_was_never_heard_is_said_to_be_so_and_has_no_age(desk: Desk) -> None:
    silent = replace(BORAS, age_seconds=60 * 86_400, never_heard=True)
    desk.register.chain_stock = told(HERE, silent)

    text = desk.scans(SHOES).keys(f(4)).enters("43").text()

    assert "aldrig hörd" in text
    assert "60 d" not in text
