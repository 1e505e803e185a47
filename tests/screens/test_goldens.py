"""The sale as text, off a real pty, at both sizes and in both languages.

`make snapshots` writes the files anew; look at the difference before you keep it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from pos_client.texts import LANGUAGES
from tests.builders import ANNA, MAGAZINE, SHOES, SOCKS, a_shoe_shop, an_open_register
from tests.screens.core_twin import Register, a_core
from tests.screens.pty_till import PtyTill

GOLDENS = Path(__file__).parent / "goldens"
CLOCK = re.compile(r"\d\d:\d\d(?=\s*$)", re.MULTILINE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_the_sale_looks_as_agreed(
    tmp_path: Path, request: pytest.FixtureRequest, width: int, height: int, language: str
) -> None:
    with a_core(tmp_path / "core.sock", _register(language)) as twin:
        till = PtyTill(twin, width, height)
        try:
            for code in (SHOES, SOCKS, MAGAZINE):
                till.send(code + "\r")
                till.wait_until(lambda code=code: code in twin.register.scanned, code)  # type: ignore[misc]
            till.wait_until(lambda: "▌  3" in till.text, "the third line is the current one")
            till.send("\x1b[A")
            till.wait_until(lambda: "▌  2" in till.text, "the second line is the current one")
            till.read(0.2)
            text = CLOCK.sub("hh:mm", till.text)
        finally:
            till.close()

    golden = GOLDENS / f"sale_{width}x{height}_{language}.txt"
    if request.config.getoption("update_snapshots"):
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(text + "\n", encoding="utf-8")
    assert text + "\n" == golden.read_text(encoding="utf-8")


def _register(language: str) -> Register:
    shop = a_shoe_shop()
    shop.operators[ANNA] = replace(shop.operators[ANNA], language=language)
    return Register(an_open_register(shop))
