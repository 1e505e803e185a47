"""docs/plain.md says what the prompt does."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from pos_client.plain import run_plain
from pos_client.plain.verbs import ALIASES
from tests.plain.core_twin import CoreTwin

# The manual sells what the demo chain has; the twin has goods of its own.
GOODS = {"9528531318384": "7310865004703", "KASSE-L": "SOCKA", "TJ-VALLA": "BOK"}
MANUAL = (Path(__file__).parents[2] / "docs" / "plain.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("verb", sorted(ALIASES))
def test_the_manual_has_every_command_under_each_of_its_names(verb: str) -> None:
    written = set(re.findall(r"[\w?-]+", " ".join(re.findall(r"`([^`\n]+)`", MANUAL))))

    assert {verb, *ALIASES[verb]} - written - {"?"} == set()


def test_the_manuals_day_can_be_played_as_it_stands(tmp_path: Path) -> None:
    day = next(block for block in MANUAL.split("```") if block.strip().startswith("on 1001"))
    for code_of_the_demo, code_of_the_twin in GOODS.items():
        day = day.replace(code_of_the_demo, code_of_the_twin)
    out = io.StringIO()
    with CoreTwin(tmp_path / "core.sock") as core:
        code = run_plain(
            core.path, stdin=io.StringIO(day.strip()), stdout=out, stop_on_refusal=True
        )

    answers = [line for line in out.getvalue().splitlines() if line[:2] == "OK"]
    assert code == 0, out.getvalue()
    assert len(answers) == len(day.strip().splitlines())
