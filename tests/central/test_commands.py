"""`spindel central` in a terminal: facts as JSON, one sentence when it cannot."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner, Result

from central_sync.cli import central


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "central"
    assert _run("init", "--home", str(made)).exit_code == 0
    return made


@pytest.fixture
def stocked(home: Path, tmp_path: Path) -> Path:
    """A home with a demo chain of two hundred items."""
    files = tmp_path / "files"
    assert _run("demo-files", str(files), "--items", "200").exit_code == 0
    (files / "operators.csv").unlink()  # their PINs take two seconds to hash
    assert _run("import", str(files), "--home", str(home)).exit_code == 0
    return home


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(central, list(arguments))


def _json(*arguments: str) -> Any:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_whole_chain_is_made_by_commands(stocked: Path) -> None:
    status = _json("status", "--home", str(stocked))

    assert (status["stores"], status["items"] >= 200, status["database"]) == (13, True, "sqlite")
    assert len(_json("store", "list", "--home", str(stocked))) == 13


def test_a_workstation_is_added_listed_and_revoked(stocked: Path) -> None:
    where = ("--home", str(stocked))
    code = _json("workstation", "add", "--store", "s01", "--label", "1", *where)
    listed = [_json("workstation", "list", *where)[0]["status"]]
    _run("workstation", "revoke", code["workstation_id"], *where)

    listed.append(_json("workstation", "list", *where)[0]["status"])

    assert listed == ["waiting", "revoked"]
    assert len(code["code"]) == 16


def test_the_fleet_is_told_and_checked_by_exit_code(stocked: Path) -> None:
    where = ("--home", str(stocked))
    _json("workstation", "add", "--store", "s01", "--label", "9", *where)

    listed = _json("fleet", *where)["workstations"]

    assert [member["label"] for member in listed if not member["concerns"]] == ["9"]
    assert _run("fleet", "--troubled", *where).output == "No workstation wants looking at.\n"
    assert _run("fleet", "--check", *where).exit_code == 0


def test_a_key_is_shown_once_and_can_be_revoked(home: Path) -> None:
    where = ("--home", str(home))
    key = _json("key", "add", "--name", "webshop", "--scope", "stock:read", *where)["key"]
    listed = _run("key", "list", *where).output

    assert _run("key", "revoke", key.split("_")[1], *where).exit_code == 0
    assert "webshop" in listed
    assert key.split("_")[2] not in listed
    assert _json("key", "list", *where)[0]["revoked_at"]


def test_a_key_wants_a_scope_that_exists(home: Path) -> None:
    result = _run("key", "add", "--name", "x", "--scope", "all", "--home", str(home))

    assert result.exit_code == 2
    assert "receipts:read" in result.output


def test_a_price_is_changed(stocked: Path, tmp_path: Path) -> None:
    sku = (tmp_path / "files" / "items.csv").read_text().splitlines()[1].split(",")[0]

    answers = [_run("price", sku, "123,45", "--home", str(stocked)).output for _ in range(2)]

    assert answers == [f"{sku} costs 123,45.\n", f"{sku} costs 123,45 already.\n"]


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (("price", "NONE", "1,00"), 1, "There is no item NONE."),
        (("price", "NONE", "cheap"), 2, "199,00"),
        (("workstation", "add", "--store", "s99", "--label", "1"), 1, "There is no store s99."),
        (("workstation", "revoke", "s99-1"), 1, "There is no workstation s99-1."),
        (("key", "revoke", "none"), 1, "There is no key none."),
        (("serve", "--host", "0.0.0.0"), 1, "--behind-proxy"),
        (("serve", "--key", __file__), 1, "--certificate"),
        (("serve", "--certificate", __file__), 1, "PEM"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    home: Path, arguments: tuple[str, ...], code: int, word: str
) -> None:
    result = _run(*arguments, "--home", str(home))

    assert result.exit_code == code
    assert word in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["status", "serve"])
def test_a_home_without_central_is_told_how_to_make_one(tmp_path: Path, command: str) -> None:
    result = _run(command, "--home", str(tmp_path))

    assert (result.exit_code, "spindel central init" in result.output) == (1, True)


def test_bad_rows_are_listed_and_nothing_is_written(stocked: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "stock.csv").write_text("store_id,sku,on_hand\ns99,NONE,1\n")

    result = _run("import", str(bad), "--home", str(stocked))

    assert result.exit_code == 1
    assert "stock.csv:2 store_id: 's99' - allowed: the id of a store" in result.output
    assert "Nothing was written" in result.output


def test_a_dry_run_with_bad_rows_exits_with_1(stocked: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad"
    bad.mkdir()
    (bad / "stock.csv").write_text("store_id,sku,on_hand\ns99,NONE,1\n")

    result = _run("import", str(bad), "--dry-run", "--json", "--home", str(stocked))

    facts = json.loads(result.stdout)
    assert (result.exit_code, facts["written"], facts["bad_count"]) == (1, False, 2)
    assert facts["bad"][0]["line"] == 2


def test_a_remembered_database_is_used(tmp_path: Path) -> None:
    home, other = tmp_path / "home", tmp_path / "other.db"

    _run("init", "--home", str(home), "--database", f"sqlite:///{other}")

    assert _json("status", "--home", str(home))["items"] == 0
    assert (other.exists(), (home / "central.db").exists()) == (True, False)
    assert (home / "central.toml").stat().st_mode & 0o077 == 0


def test_a_wrong_settings_file_names_the_key(home: Path) -> None:
    (home / "central.toml").write_text("[central]\ndatabas = ''\n")

    result = _run("status", "--home", str(home))

    assert (result.exit_code, "central.databas" in result.output) == (1, True)


def test_the_api_is_described_without_a_central() -> None:
    document = json.loads(_run("openapi").stdout)

    assert document["info"]["title"] == "Spindel central"
    assert "/v1/journal" in document["paths"]
    body = document["paths"]["/v1/journal"]["post"]["requestBody"]["content"]
    assert "entries" in body["application/json"]["schema"]["properties"]


def test_every_command_shows_an_example() -> None:
    names = ["init", "migrate", "serve", "import", "status", "price", "openapi", "demo-files"]
    groups = {
        "store": ["list"],
        "workstation": ["add", "code", "list", "revoke"],
        "key": ["add", "list", "revoke"],
        "parked": ["list", "retry", "settle"],
        "aside": ["list", "take", "settle"],
    }
    commands = [[name] for name in names] + [[g, name] for g in groups for name in groups[g]]

    helps = [_run(*command, "--help").output for command in commands]

    assert all("Example: spindel central" in text for text in helps)


@pytest.mark.postgres
def test_one_address_makes_it_postgresql(postgres_server: str, tmp_path: Path) -> None:
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE of_a_command")
    url = postgres_server.replace("/postgres?", "/of_a_command?")

    made = _run("init", "--home", str(tmp_path / "home"), "--database", url)

    assert made.exit_code == 0, made.output
    assert _json("status", "--home", str(tmp_path / "home"))["database"] == "postgresql"


def test_a_database_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"

    result = _run("init", "--home", str(tmp_path / "home"), "--database", url)

    assert result.exit_code == 1
    assert result.output.startswith("The database does not answer")


def test_an_init_that_failed_leaves_no_central_on_another_database(tmp_path: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"
    where = ("--home", str(tmp_path / "home"))
    _run("init", *where, "--database", url)

    after = [_run(command, *where) for command in ("status", "migrate")]

    assert [one.exit_code for one in after] == [1, 1]
    assert all("Make one with: spindel central init" in one.output for one in after)
    assert list((tmp_path / "home").iterdir()) == []


def test_an_init_that_failed_leaves_the_central_that_is_there(home: Path) -> None:
    url = "postgresql://nobody@127.0.0.1:1/nothing"

    assert _run("init", "--home", str(home), "--database", url).exit_code == 1

    assert _json("status", "--home", str(home))["database"] == "sqlite"


def test_stock_is_held_against_its_ledger_and_mended(stocked: Path) -> None:
    where = ("--home", str(stocked))
    database = sqlite3.connect(stocked / "central.db")
    database.execute(
        "UPDATE stock_level SET on_hand = 99 WHERE store_id = 's01' AND rowid % 50 = 0"
    )
    database.commit()
    database.close()

    looked = _run("rebuild-stock", "--check", "--json", *where)
    mended = _json("rebuild-stock", *where)
    after = _run("rebuild-stock", "--check", *where)

    assert (looked.exit_code, after.exit_code) == (1, 0)
    assert json.loads(looked.stdout)["wrong"] == mended["wrong"] != []
    assert "what they should be" in after.stdout


def test_goods_on_their_way_and_counts_are_seen_and_asked_for_by_commands(
    stocked: Path, tmp_path: Path
) -> None:
    at_home = ("--home", str(stocked))
    [first, *_] = _json("store", "list", *at_home)
    with sqlite3.connect(stocked / "central.db") as database:
        [sku] = database.execute("SELECT min(sku) FROM item").fetchone()
    advice = f"store_id,reference,sku,quantity\n{first['store_id']},L-1,{sku},3\n"
    (tmp_path / "advice").mkdir()
    (tmp_path / "advice" / "deliveries.csv").write_text(advice)
    assert _run("import", str(tmp_path / "advice"), *at_home).exit_code == 0

    [coming] = _json("delivery", "list", "--state", "open", *at_home)
    closed = _run("delivery", "close", coming["delivery_id"], *at_home)
    asked = _json("count", "ask", "--store", first["store_id"], "--sku", sku, *at_home)

    assert coming["lines"] == {sku: [3, 0]}
    assert (closed.exit_code, asked["skus"]) == (0, [sku])
    assert _run("delivery", "close", "s99/L-1", *at_home).exit_code == 1
    assert _run("count", "ask", "--store", first["store_id"], *at_home).exit_code == 2
    assert _json("delivery", "differences", *at_home)["deliveries"] == []
    assert set(_json("tidy", *at_home)) >= {"quotes", "tasks", "addresses"}


def test_pieces_are_lent_listed_and_given_back_by_hand(stocked: Path) -> None:
    where = ("--home", str(stocked))
    with sqlite3.connect(stocked / "central.db") as database:
        place = database.execute(
            "SELECT store_id, sku FROM stock_level WHERE on_hand >= 2 LIMIT 1"
        ).fetchone()
    database.close()

    made = _run("pledges", "set", *place, "2", "--author", "Eva", "--why", "the drop", *where)
    [pledge] = _json("pledges", "list", *where)
    assert (made.exit_code, pledge["quantity"], pledge["state"]) == (0, 2, "offered")
    assert _run("pledges", "set", *place, "1000000", *where).exit_code == 1

    assert _run("pledges", "lift", *place, *where).exit_code == 0
    assert _run("pledges", "lift", *place, *where).exit_code == 1
    assert _json("pledges", "list", *where) == []
    kinds = [event["kind"] for event in _json("pledges", "history", *where)]
    assert kinds == ["offer", "lift"]


def test_the_rule_of_lending_is_shown_and_changed(home: Path) -> None:
    where = ("--home", str(home))

    changed = _json("pledges", "rules", "--set", "thin_upto=2", "--author", "Eva", *where)

    assert (changed["thin_upto"], changed["is_on"]) == (2, 1)
    assert _run("pledges", "rules", "--set", "thin_upto=-1", *where).exit_code == 1
    assert _run("pledges", "rules", "--set", "no_such=1", *where).exit_code == 1
