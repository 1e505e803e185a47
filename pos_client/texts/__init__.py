"""Every word a cashier reads, in Swedish and English, by key.

Catalogues are TOML files beside this module: `<topic>_<language>.toml`, nested
tables giving dotted keys ("status.online"). A missing text falls back to
Swedish, then to a neutral sentence, never to a bare key on the screen: the house
test sees to it that none is missing. The thing to get wrong: formatting money
with a locale library on the scan path; the little formatter here is 20 times
faster and is checked against Babel in a test.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("sv", "en")
NO_BREAK_SPACE = "\u00a0"


@dataclass(frozen=True, slots=True)
class Words:
    """One language's texts. `say` never raises for a missing key or value."""

    language: str
    texts: Mapping[str, str]
    fallback: Mapping[str, str]

    def say(self, key: str, **values: Any) -> str:
        """The sentence under `key`; values named `*_minor` are worded as money."""
        text = self.texts.get(key) or self.fallback.get(key) or self.texts["fault.no_text"]
        if not values and "{" not in text:
            return text
        return text.format_map(_Worded(self, values))

    def has(self, key: str) -> bool:
        return key in self.texts

    def money(self, minor: int) -> str:
        """1 234,50 in Swedish, 1,234.50 in English; a real minus sign before it."""
        whole, rest = divmod(abs(minor), 100)
        group, point = (NO_BREAK_SPACE, ",") if self.language == "sv" else (",", ".")
        grouped = f"{whole:,}".replace(",", group)
        return f"{'−' if minor < 0 else ''}{grouped}{point}{rest:02d}"

    def kilograms(self, grams: int) -> str:
        """0,452 in Swedish, 0.452 in English: always to the gram."""
        whole, rest = divmod(abs(grams), 1000)
        return f"{'−' if grams < 0 else ''}{whole}{',' if self.language == 'sv' else '.'}{rest:03d}"

    def percent(self, basis_points: int) -> str:
        """12,5 % or 12.5%; whole percents without decimals."""
        whole, rest = divmod(abs(basis_points), 100)
        point = "," if self.language == "sv" else "."
        digits = f"{whole}{point}{rest:02d}".rstrip("0") if rest else str(whole)
        sign = "−" if basis_points < 0 else ""
        return f"{sign}{digits}{NO_BREAK_SPACE}%" if self.language == "sv" else f"{sign}{digits}%"


class _Worded(dict[str, Any]):
    """Values for a sentence: money worded, an absent one shown as an ellipsis."""

    def __init__(self, words: Words, values: Mapping[str, Any]) -> None:
        super().__init__(
            {
                name: words.money(value) if name.endswith("_minor") else value
                for name, value in values.items()
            }
        )

    def __missing__(self, key: str) -> str:
        return "…"


@cache
def words(language: str) -> Words:
    """The texts of a language; an unknown language gets Swedish."""
    known = language if language in LANGUAGES else "sv"
    return Words(known, _catalogue(known), _catalogue("sv"))


@cache
def _catalogue(language: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for file in sorted(files(__name__).iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(f"_{language}.toml"):
            _flatten("", tomllib.loads(file.read_text(encoding="utf-8")), texts)
    return texts


def _flatten(prefix: str, table: Mapping[str, Any], into: dict[str, str]) -> None:
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            _flatten(f"{key}.", value, into)
        else:
            assert key not in into, f"{key} is given twice"
            into[key] = value


def device_advice(name: str) -> str:
    """What to do about a device, for store IT at its prompt: "printer.paper_out" in English."""
    return words("en").say(f"device.advice.{name}")
