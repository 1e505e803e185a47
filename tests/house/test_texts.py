"""Every word a cashier reads is there in both languages, and says money as Babel does."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from string import Formatter

import pytest
from babel.numbers import format_decimal, format_percent
from hypothesis import given
from hypothesis import strategies as st

import pos_client.texts
from hardware.ports import Health, Reason
from hardware.scales.weighing import WHY
from pos_client.bootstrap import setup
from pos_client.checkout.telling import WEIGHING_PROBLEMS
from pos_client.register.view import Mode
from pos_client.texts import LANGUAGES, words
from tests.house.rooms import sources

FOLDER = Path(pos_client.texts.__file__).parent
TOPICS = sorted({path.stem.rpartition("_")[0] for path in FOLDER.glob("*.toml")})
KEY = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")


def catalogue(topic: str, language: str) -> dict[str, str]:
    tables = tomllib.loads((FOLDER / f"{topic}_{language}.toml").read_text(encoding="utf-8"))
    return dict(flat(tables))


def flat(table: dict[str, object], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from flat(value, f"{prefix}{name}.")
        else:
            assert isinstance(value, str), f"{prefix}{name}"
            yield f"{prefix}{name}", value


@pytest.mark.parametrize("topic", TOPICS)
def test_both_languages_have_the_same_texts(topic: str) -> None:
    swedish, english = (set(catalogue(topic, language)) for language in LANGUAGES)
    assert swedish ^ english == set()


@pytest.mark.parametrize("topic", TOPICS)
def test_both_languages_fill_in_the_same_facts(topic: str) -> None:
    swedish, english = (catalogue(topic, language) for language in LANGUAGES)
    differing = [key for key in swedish if blanks(swedish[key]) != blanks(english.get(key, ""))]
    assert differing == []


def blanks(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("topic", TOPICS)
def test_no_text_is_empty(topic: str, language: str) -> None:
    assert [key for key, text in catalogue(topic, language).items() if not text.strip()] == []


def keys_in_code() -> set[str]:
    """Whole string literals in the register's code that have the form of a key we have texts of."""
    sections = {key.partition(".")[0] for key in catalogue("messages", "sv")}
    rooms = ("register", "checkout", "storage", "link", "bootstrap")
    return {
        node.value
        for source in sources(*(f"pos_client/{room}" for room in rooms))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and KEY.fullmatch(node.value)
        and node.value.partition(".")[0] in sections
    }


def test_every_key_that_the_register_says_has_a_text() -> None:
    found = keys_in_code()
    assert len(found) > 60
    assert found - set(catalogue("messages", "sv")) - FILES_AND_COLUMNS == set()


FILES_AND_COLUMNS = {"receipts.db", "item.sku", "item.rank"}


def test_every_refusal_is_a_literal_key() -> None:
    """So that the test above sees them all; problems come from the shop, checked there."""
    for source in sources("pos_client/register"):
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "refuse":
                first = node.args[0]
                literal = isinstance(first, ast.Constant)
                assert literal or getattr(first, "id", "") in ("problem", "key"), source.place(node)


def test_no_text_lies_unused() -> None:
    used = keys_in_code() | {"fault.no_text"}
    everything = " ".join(source.text for source in sources("pos_client"))
    unused = [key for key in set(catalogue("messages", "sv")) - used if key not in everything]
    families = ("sync.",)  # built from a code that central or sync gives
    assert [key for key in unused if not key.startswith(families)] == []


def test_every_refusal_says_what_to_do() -> None:
    """At least a second sentence, or a wish: no refusal only states a fact."""
    for language in LANGUAGES:
        texts = catalogue("messages", language)
        refusals = {key for key in keys_in_code() & set(texts) if is_refused(key)}
        short = [key for key in refusals if not re.search(r"[.;:] \S|, ", texts[key])]
        assert short == []


def is_refused(key: str) -> bool:
    return any(f'refuse("{key}"' in source.text for source in sources("pos_client"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_and_every_state_has_a_word(language: str) -> None:
    said = words(language)
    reasons = {
        *setup.PRICE_REASONS,
        *setup.DISCOUNT_REASONS,
        *setup.RETURN_REASONS,
        *setup.DRAWER_REASONS,
        *setup.CARD_REASONS,
    }
    ending = {key.rpartition(".")[2] for key in said.texts}
    assert reasons - ending == set()
    assert {reason.value for reason in Reason} - ending == set()
    assert {health.value for health in Health} - ending == set()
    assert len(Mode) == 6


def test_every_reason_of_a_scale_tells_the_cashier_what_to_do() -> None:
    told = {reason.value for reason in WHY} | {"busy_other_owner", "not_configured"}
    assert told - {"no_answer"} - set(WEIGHING_PROBLEMS) == set()


@given(st.integers(-(10**12), 10**12))
@pytest.mark.parametrize("language", LANGUAGES)
def test_money_is_written_as_babel_writes_it(language: str, minor: int) -> None:
    theirs = format_decimal(Decimal(minor) / 100, format="#,##0.00", locale=language)
    assert words(language).money(minor) == theirs.replace("-", "−")


@given(st.integers(-20_000, 20_000))
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rate_is_written_as_babel_writes_it(language: str, basis_points: int) -> None:
    rate = Decimal(basis_points) / 10_000
    theirs = format_percent(rate, locale=language, decimal_quantization=False)
    assert words(language).percent(basis_points) == theirs.replace("-", "−")


def test_a_missing_text_is_never_a_bare_key() -> None:
    assert words("en").say("no.such.key") == words("en").say("fault.no_text")


def test_a_missing_fact_is_an_ellipsis_and_no_crash() -> None:
    assert "…" in words("sv").say("session.welcome")


def test_an_unknown_language_is_swedish() -> None:
    assert words("fi") is words("fi")
    assert words("fi").language == "sv"
