"""Words on the screen: both languages say the same things, and they fit at 80 columns."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files
from typing import Any

import pytest

from pos_client.screens.frame import compose
from pos_client.screens.keys import Key
from pos_client.screens.pages import every_page
from pos_client.screens.rows import text_of, width_of
from pos_client.texts import LANGUAGES, words
from tests.builders import SHOES, SOCKS
from tests.screens.core_twin import Desk, f

SIZES = [(80, 24), (99, 30), (100, 30), (120, 40), (160, 50)]


def _texts(language: str) -> dict[str, str]:
    file = files("pos_client.texts") / f"screens_{language}.toml"
    found: dict[str, str] = {}

    def flatten(prefix: str, table: dict[str, Any]) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                flatten(f"{prefix}{name}.", value)
            else:
                found[f"{prefix}{name}"] = value

    flatten("", tomllib.loads(file.read_text(encoding="utf-8")))
    return found


def test_both_languages_have_the_same_texts() -> None:
    assert _texts("sv").keys() == _texts("en").keys()


def test_both_languages_fill_in_the_same_values() -> None:
    for key, text in _texts("sv").items():
        names = set(re.findall(r"{(\w+)}", text))
        assert names == set(re.findall(r"{(\w+)}", _texts("en")[key])), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_key_labels_fit_beside_their_keys_at_80_columns(language: str) -> None:
    labels = {key: text for key, text in _texts(language).items() if ".key." in key}
    for name, page in every_page(Desk().till).items():
        for number, label in page.labels().items():
            room = 7 if number > 9 else 8
            assert width_of(labels[f"screen.key.{label}"]) <= room, (name, number, label)


@pytest.mark.parametrize("language", LANGUAGES)
def test_refusals_fit_in_the_message_line_at_80_columns(language: str) -> None:
    shown = re.compile(r"screen\.(scan|tender\.(use|no|re)|link|line|quantity|choice|no_such)")
    for key, text in _texts(language).items():
        if shown.match(key):
            assert width_of(text) <= 77, key


def test_no_page_needs_a_text_that_is_missing() -> None:
    desk = Desk().scans(SHOES, SOCKS)
    missing = words("sv").say("fault.no_text")
    for name in desk.till.pages:
        desk.till.stack = [name]
        assert missing not in desk.text(120, 40), name


@pytest.mark.parametrize(("width", "height"), [*SIZES, (79, 24), (80, 23), (8, 3), (1, 1)])
def test_every_row_is_as_wide_as_the_terminal(width: int, height: int) -> None:
    desk = Desk().scans(SHOES, SOCKS).keys("10", f(8), "1")
    for name in desk.till.pages:
        desk.till.stack = [name]
        picture = compose(desk.till, width, height)
        assert len(picture.rows) == height
        assert {width_of(text_of(row)) for row in picture.rows} == {width}, name
        assert 0 <= picture.cursor_x < width


def test_below_80x24_total_message_and_entry_are_left() -> None:
    text = Desk().scans(SHOES).keys("12").text(40, 6)

    assert "899,00" in text
    assert "> 12▏" in text


def test_a_control_character_in_a_name_never_reaches_the_terminal() -> None:
    desk = Desk()
    desk.register.driver.shop.with_item("Ond\x1b[2J vara", sku="OND")
    desk.enters("OND")

    assert "\x1b" not in desk.text()


def test_the_basket_window_follows_the_current_line() -> None:
    desk = Desk()
    for _ in range(30):
        desk.scans(SHOES)
    assert "\n▌ 30 " in desk.text()

    for _ in range(29):
        desk.keys(Key("up"))

    assert "\n▌  1 " in desk.text()
