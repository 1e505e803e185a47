"""docs/demo.md names codes and PINs: they must be those of the chain."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from central_sync.demo.chain import write_chain

GUIDE = Path(__file__).parents[2] / "docs" / "demo.md"


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chain")
    write_chain(folder)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def table(first_column: str) -> list[list[str]]:
    """The cells of the guide's table whose header begins so."""
    lines = iter(GUIDE.read_text(encoding="utf-8").splitlines())
    for line in lines:
        if line.startswith(f"| {first_column} |"):
            break
    next(lines)
    body = []
    for line in lines:
        if not line.startswith("|"):
            break
        body.append([cell.strip() for cell in line.strip("|").split("|")])
    return body


def test_the_guide_s_operators_can_sign_on(chain: Path) -> None:
    operators = {
        (row["number"], row["name"], row["role"], row["pin"])
        for row in rows(chain / "operators.csv")
    }

    assert {tuple(cells[:4]) for cells in table("Number")} <= operators


def test_the_guide_s_codes_lead_to_the_items_it_names(chain: Path) -> None:
    items = {row["sku"]: row for row in rows(chain / "items.csv")}
    codes = {row["gtin"]: row["sku"] for row in items.values()} | {sku: sku for sku in items}
    codes |= {row["code"]: row["sku"] for row in rows(chain / "barcodes.csv")}

    for code, what, price, _ in table("Scan or type"):
        item = items[codes[code.split(",")[0]]]
        assert what.startswith(item["name"])
        if price[:1].isdigit():
            assert item["price"] == price.replace(" ", "").replace(",", ".")


def test_the_guide_s_last_pair_is_the_last_pair(chain: Path) -> None:
    stock = {
        row["store_id"]: row["on_hand"]
        for row in rows(chain / "stock.csv")
        if row["sku"] == "LS17-BLA-42"
    }

    assert (stock["s01"], stock["s05"], stock["s08"]) == ("1", "0", "0")
