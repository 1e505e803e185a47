"""The house rules that a linter does not know."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.house.rooms import Source, sources

PURE_OF_FLOATS = (
    "central_sync/retail",
    "central_sync/countries",
    "pos_client/register",
    "pos_client/receipts",
)
VAGUE = {"utils", "util", "helpers", "helper", "manager", "common", "misc", "base"}
LONGEST_FILE = 400


def floats_in(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        match node:
            case ast.Constant(value=float()) | ast.Name(id="float" | "round"):
                yield source.place(node)
            case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
                yield source.place(node)


def test_no_float_comes_near_money_or_tax() -> None:
    assert [place for source in sources(*PURE_OF_FLOATS) for place in floats_in(source)] == []


def test_no_room_has_a_name_that_says_nothing() -> None:
    parts = {part for source in sources() for part in source.path[:-3].split("/")}
    assert parts & VAGUE == set()


def test_every_file_says_what_it_is_for() -> None:
    silent = [
        source.path
        for source in sources()
        if source.tree.body and not ast.get_docstring(source.tree)
    ]
    assert silent == []


def test_no_file_is_too_long_to_hold_in_mind() -> None:
    long = [source.path for source in sources() if source.text.count("\n") > LONGEST_FILE]
    assert long == []


def broad_catches(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ExceptHandler):
            names = {name.id for name in ast.walk(node.type or node) if isinstance(name, ast.Name)}
            is_broad = node.type is None or names & {"Exception", "BaseException"}
            goes_on = not isinstance(node.body[-1], ast.Raise)
            reason = re.search(r"# noqa: BLE001 - \w{3,}", source.line(node))
            if is_broad and goes_on and not reason:
                yield source.place(node)


def test_a_catch_of_everything_that_goes_on_gives_its_reason() -> None:
    assert [place for source in sources() for place in broad_catches(source)] == []


def test_nothing_is_left_for_later_in_the_code() -> None:
    later = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert [source.path for source in sources() if later.search(source.text)] == []


def test_the_core_prints_nothing() -> None:
    rooms = sources(*PURE_OF_FLOATS, "pos_client/storage", "pos_client/checkout", "pos_client/link")
    calls = [
        source.place(node)
        for source in rooms
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]
    assert calls == []


@pytest.mark.parametrize("word", ["datetime.now(", "utcnow(", "time.time(", "random."])
def test_the_pure_rooms_know_no_clock_and_no_chance(word: str) -> None:
    assert [source.path for source in sources(*PURE_OF_FLOATS) if word in source.text] == []
