"""The main job on real processes: ten sales, central and the till killed in the middle.

Central, the till's three processes, a scanner on a pty and a printer on TCP. At the
end every receipt is at central exactly once, stock is right and Z is their sum.
"""

from __future__ import annotations

import csv
import os
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from hardware.scanners.debounce import WINDOW_SECONDS
from tests.e2e.shop import Shop, spindel
from tests.e2e.terminal import Terminal, pids_of
from tests.hardware.waiting import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

F9, F10 = "\x1b[20~", "\x1b[21~"


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    try:
        shop.found()
        yield shop
    finally:
        shop.close()


def test_ten_sales_reach_central_once_although_central_and_the_till_are_killed(
    shop: Shop,
) -> None:
    wares = _wares(shop, 10)
    till = shop.open_till()
    sold: Counter[str] = Counter()
    total = 0
    try:
        _sign_on_and_open(till)
        for number, ware in enumerate(wares, start=1):
            if number == 4:
                shop.kill_central()
            if number == 7:
                till = _kill_and_reopen(shop, till, ware)
            else:
                _scan(shop, till, ware)
            if number == 5:
                _kill_the_screen(shop, till, ware)
            if number == 9:
                shop.open_central()
            _pay(till, number)
            sold[ware["sku"]] += 1
            total += _minor(ware["price"])
        receipts = _wait_for_receipts(shop, 10)
    finally:
        till.close()

    numbers = [receipt["receipt_number"] for receipt in receipts]
    assert sorted(numbers, key=_last_part) == [f"s01-1-1-{n}" for n in range(1, 11)]
    assert sum(receipt["total_minor"] for receipt in receipts) == total
    _assert_stock(shop, sold)
    assert sum("Att betala" in paper for paper in shop.receipts_on_paper()) == 10
    _assert_z(shop, total)


def _wares(shop: Shop, count: int) -> list[dict[str, str]]:
    stocked = {
        row["sku"]
        for row in csv.DictReader((shop.files / "stock.csv").open(encoding="utf-8"))
        if row["store_id"] == "s01"
    }
    with (shop.files / "items.csv").open(encoding="utf-8") as file:
        found = [row for row in csv.DictReader(file) if row["gtin"] and row["sku"] in stocked]
    return [row for row in found if row["blocked"] in ("", "0")][:count]


def _sign_on_and_open(till: Terminal) -> None:
    till.wait_for("Anställd >", "Kassa 1")
    till.keys("1001\r")
    till.wait_for("PIN >")
    till.keys("1234\r")
    till.wait_for("Växelkassa >")
    till.keys("1000\r")
    till.wait_for("BETALA")


def _scan(shop: Shop, till: Terminal, ware: dict[str, str]) -> None:
    """A print that broke off may ask at any empty basket; a scan meanwhile is refused."""
    for _ in range(4):
        _answer_for_the_paper(shop, till)
        shop.scan(ware["gtin"])
        seen = till.wait_for_any("Utskriften avbröts", ware["name"])
        if ware["name"] not in seen:
            time.sleep(WINDOW_SECONDS)  # the same code sooner is the same pass over the glass
            seen = till.now()  # a question that came with the scan gives way to the line
        if ware["name"] in seen:
            return
    till.wait_for(ware["name"])


def _pay(till: Terminal, number: int) -> None:
    card = number % 2 == 0
    till.keys(F10 if card else F9)
    till.wait_for(f"Kvitto s01-1-1-{number}")


def _kill_and_reopen(shop: Shop, till: Terminal, ware: dict[str, str]) -> Terminal:
    """kill -9 of parent, screen, core and sync with a scanned line in the basket."""
    _scan(shop, till, ware)
    victims = pids_of(shop.till_home, "")
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    till.close()
    reopened = shop.open_till()
    reopened.wait_for("Kassa 1", "Anna Berg")
    reopened.wait_for_any("Utskriften avbröts", ware["name"])
    _answer_for_the_paper(shop, reopened)
    reopened.wait_for(ware["name"])
    return reopened


def _answer_for_the_paper(shop: Shop, till: Terminal) -> None:
    """A print that was under way when the power went is a question: look in the printer."""
    if "Utskriften avbröts" not in till.now():
        return
    (number,) = re.findall(r"Utskriften av kvitto (\S+)", till.text)
    papers = [paper for paper in shop.receipts_on_paper() if f"Kvitto {number} " in paper]
    is_whole = any("Kontrollkod" in paper for paper in papers)
    till.keys("1" if is_whole else "2")
    till.wait_until_gone("Utskriften avbröts")


def _kill_the_screen(shop: Shop, till: Terminal, ware: dict[str, str]) -> None:
    """kill -9 of the screen alone: it comes back by itself with the basket."""
    (screen,) = pids_of(shop.till_home, "pos_client.screens")
    till.clear()
    os.kill(screen, signal.SIGKILL)
    till.wait_for(ware["name"])


def _wait_for_receipts(shop: Shop, count: int) -> list[dict[str, Any]]:
    until = time.monotonic() + 60
    while True:
        receipts: list[dict[str, Any]] = _ask(shop, "/v1/receipts")["receipts"]
        if len(receipts) >= count:
            return receipts
        assert time.monotonic() < until, f"only {len(receipts)} receipts at central"
        time.sleep(0.3)


def _ask(shop: Shop, path: str) -> Any:
    answer = httpx.get(
        f"{shop.url}{path}", headers={"Authorization": f"Bearer {shop.reading_key()}"}
    )
    assert answer.status_code == 200, answer.text
    return answer.json()


def _last_part(number: object) -> int:
    return int(str(number).rsplit("-", 1)[1])


def _minor(price: str) -> int:
    whole, _, rest = price.replace(",", ".").partition(".")
    return int(whole) * 100 + int((rest or "0").ljust(2, "0"))


def _assert_stock(shop: Shop, sold: Counter[str]) -> None:
    before = {
        row["sku"]: int(row["on_hand"])
        for row in csv.DictReader((shop.files / "stock.csv").open(encoding="utf-8"))
        if row["store_id"] == "s01"
    }
    for sku, pieces in sold.items():
        (level,) = _ask(shop, f"/v1/stock?store=s01&sku={sku}")["stock"]
        assert level["on_hand"] == before[sku] - pieces


def _assert_z(shop: Shop, total: int) -> None:
    """Close the day in the line mode, and read the Z report off the paper."""
    script = "on 1001 1234\nz cash=1000 card=0\nquit\n"
    spindel("till", "--plain", "--home", str(shop.till_home), typed=script)

    def on_paper() -> str:
        papers = (paper for paper in shop.receipts_on_paper() if "Z-dagrapport" in paper)
        return next(papers, "")

    until(lambda: bool(on_paper()), timeout_seconds=30.0)  # the printer looks at it a moment later
    z_report = on_paper()
    (row,) = [line for line in z_report.splitlines() if line.startswith("Total försäljning")]
    printed = row.removeprefix("Total försäljning").replace(" ", "").replace("\u00a0", "")
    assert _minor(printed) == total
