"""Log lines: the same words for people and for machines."""

from __future__ import annotations

import json
import logging

import pytest

from central_sync.log_lines import ENVIRONMENT, formatter


def a_record(says: str, *arguments: object) -> logging.LogRecord:
    record = logging.LogRecord("spindel.sync", logging.WARNING, "", 0, says, arguments, None)
    record.created, record.msecs = 1_795_348_800.25, 250
    return record


def test_a_person_reads_a_line_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    line = formatter().format(a_record("trouble code=%s %s", "offline", "no answer"))
    assert line == "2026-11-22T12:00:00Z WARNING spindel.sync: trouble code=offline no answer"


def test_a_machine_reads_fields_and_the_same_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "json")
    line = formatter().format(a_record("done receipts=%d snapshot=%s", 3, True))
    assert json.loads(line) == {
        "at": "2026-11-22T12:00:00.250Z",
        "level": "warning",
        "from": "spindel.sync",
        "says": "done receipts=3 snapshot=True",
        "receipts": "3",
        "snapshot": "True",
    }


def test_a_fact_never_takes_the_place_of_the_lines_own_fields(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ENVIRONMENT, "json")
    line = json.loads(formatter().format(a_record("odd level=none at=never from=me says=so")))
    assert (line["level"], line["from"]) == ("warning", "spindel.sync")


def test_a_trace_stays_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT, "json")
    record = a_record("fault reference=F-1")
    try:
        raise ValueError("one\ntwo")
    except ValueError as problem:
        record.exc_info = (ValueError, problem, problem.__traceback__)
    text = formatter().format(record)
    assert "\n" not in text
    assert "ValueError" in json.loads(text)["trace"]
