from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine import printing
from central_sync.engine.commands import sync
from central_sync.engine.printing import ago
from central_sync.engine.report import RoundReport
from central_sync.engine.round import contact
from central_sync.engine.workstation import iso
from central_sync.wire.keys import SigningKey
from tests.engine.conftest import Shop
from tests.engine.journal_twin import NOON

COMMANDS = ["enrol", "status", "now", "run", "verify", "doctor"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str) -> None:
    answer = CliRunner().invoke(sync, [command, "--help"], env={"COLUMNS": "200"})
    assert answer.exit_code == 0
    assert f"Example: spindel sync {command}" in " ".join(answer.output.split())


@pytest.mark.parametrize("command", ["status", "now", "verify"])
def test_a_workstation_that_is_not_enrolled_is_told_how(tmp_path: Path, command: str) -> None:
    answer = CliRunner().invoke(sync, [command, "--home", str(tmp_path)])
    assert answer.exit_code == 1
    assert "spindel sync enrol CODE" in answer.stderr
    assert answer.stdout == ""


def test_wrong_usage_is_exit_code_2() -> None:
    assert CliRunner().invoke(sync, ["enrol"]).exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["K7QP-2MXA"], "--central"),
        (["K7QP-2MXA", "--central", "http://central.example.com"], "https://"),
        (["K7", "--central", "https://central.invalid"], "code"),
    ],
)
def test_an_enrolment_that_cannot_begin_says_why(
    tmp_path: Path, arguments: list[str], told: str
) -> None:
    answer = CliRunner().invoke(sync, ["enrol", *arguments, "--home", str(tmp_path / "till")])
    assert answer.exit_code == 1
    assert told in answer.stderr
    assert "Traceback" not in answer.output


def test_status_tells_every_stream(shop: Shop) -> None:
    contact(shop.workstation)
    home = str(shop.workstation.home)
    facts = json.loads(CliRunner().invoke(sync, ["status", "--home", home, "--json"]).stdout)
    assert (facts["workstation"], facts["items"]) == ("s01-1", 4)
    assert [stream["name"] for stream in facts["streams"]] == ["receipts", "catalogue", "store"]
    text = CliRunner().invoke(sync, ["status", "--home", home]).stdout
    assert "Workstation 1 in s01 Växjö" in text
    assert "4 items" in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_till_that_has_sold_nothing_has_nothing_to_replay(shop: Shop) -> None:
    answer = CliRunner().invoke(sync, ["replay", "--home", str(shop.workstation.home)])
    assert answer.exit_code == 1
    assert answer.stderr.startswith("This till has no journal yet")


def test_a_new_series_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    printing.report(RoundReport(receipts=1, new_epoch=2), dry_run=False, as_json=False)
    assert capsys.readouterr().out.splitlines() == [
        "Done: sent 1 journal entry.",
        "Its disk was restored or copied: it goes on in series 2.",
        "Head office sees both lives: spindel central forks list",
    ]


def test_the_doctor_names_each_fault_and_its_fix(shop: Shop) -> None:
    contact(shop.workstation)
    home = shop.workstation.home
    key = home / "keys" / "workstation.key"
    SigningKey.generate().save(key)
    key.chmod(0o644)
    answer = CliRunner().invoke(sync, ["doctor", "--home", str(home), "--json"])
    assert answer.exit_code == 1
    findings = {each["name"]: each for each in json.loads(answer.stdout)["findings"]}
    assert findings["key"]["fix"].startswith("chmod 600")
    assert findings["master.db"]["finding"] == "4 items"
    assert [name for name in findings if not findings[name]["is_good"]] == [
        "settings",
        "key",
        "central",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s ago"),
        (119, "119 s ago"),
        (121, "2 min ago"),
        (7300, "2 h ago"),
        (172801, "2 days ago"),
    ],
)
def test_ages_are_told_in_the_largest_fitting_unit(seconds: int, words: str) -> None:
    assert ago(iso(NOON - timedelta(seconds=seconds)), NOON) == words
    assert ago("", NOON) == "never"
