"""A message is one line on the smallest screen, or its advice is what gets cut off."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest

from pos_client.texts import LANGUAGES, words

WIDTH = 78
LIKELY = {
    "name": "Löparsko Klippa 3 dam 37",
    "code": "9520541019671",
    "number": "117-1-12345",
    "day": "2026-11-22",
    "at": "2026-11-22 14:32",
    "reference": "F-1A2B3C",
    "tender": "presentkort",
    "sku": "LD10-SVA-37",
    "count": 12,
    "left": 2,
    "grams": 12_345,
    "seconds": 300,
    "cash_minor": 100_000,
    "amount_minor": 123_450,
    "due_minor": 1_234_500,
    "total_minor": 1_234_500,
    "change_minor": 1_234_500,
    "price_minor": 129_900,
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_fits_the_smallest_screen_with_likely_values(language: str) -> None:
    file = files("pos_client.texts").joinpath(f"messages_{language}.toml")
    topics = tomllib.loads(file.read_text(encoding="utf-8"))

    worded = {
        f"{topic}.{key}": words(language).say(f"{topic}.{key}", **LIKELY)
        for topic, texts in topics.items()
        for key in texts
    }

    assert {key: text for key, text in worded.items() if len(text) > WIDTH} == {}
    assert {key: text for key, text in worded.items() if "…" in text} == {}
