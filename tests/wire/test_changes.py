from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from pydantic import ValidationError

from central_sync.wire.canonical import canonical
from central_sync.wire.changes import PlainPage, read_page, rows_sha256
from central_sync.wire.messages import FeedPage

GOOD: dict[str, Any] = {
    **{"key": "SKO-1", "op": "put", "position": 11, "table": "price"},
    "row": {"sku": "SKO-1", "price_minor": 79900},
}
GONE = {"key": "SKO-2", "op": "delete", "position": 12, "row": None, "table": "price"}


def _plain(*rows: object, **frame: object) -> dict[str, Any]:
    return {"scope": "chain", "next": 12, "more": True, **frame, "rows": list(rows)}


def test_a_page_is_read_as_its_description_says() -> None:
    plain = _plain(GOOD, GONE, sha256="ab" * 32, fh="cd" * 32)
    page, described = read_page(plain), FeedPage.model_validate(plain)
    assert isinstance(page, PlainPage)
    assert [row._asdict() for row in page.rows] == [row.model_dump() for row in described.rows]
    names = set(FeedPage.model_fields) - {"rows"}
    assert {n: getattr(page, n) for n in names} == {n: getattr(described, n) for n in names}


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([GOOD, 7], id="no object"),
        pytest.param([GOOD, {**GONE, "op": "drop"}], id="unknown op"),
        pytest.param([{**GOOD, "key": 7}], id="key of another type"),
        pytest.param([{**GOOD, "row": [1]}], id="row of another type"),
        pytest.param([{**GOOD, "position": None}], id="no position"),
        pytest.param([{**GOOD, "op": ["put"]}], id="op of another type"),
        pytest.param([{"key": "SKO-1"}], id="columns missing"),
    ],
)
def test_a_spoiled_page_is_refused_in_the_words_of_its_description(rows: list[object]) -> None:
    with pytest.raises(ValidationError) as described:
        FeedPage.model_validate(_plain(*rows))
    with pytest.raises(ValidationError) as read:
        read_page(_plain(*rows))
    assert read.value.errors() == described.value.errors()


def test_a_page_without_a_frame_is_refused() -> None:
    with pytest.raises(ValidationError, match="scope"):
        read_page({"rows": [GOOD]})


def test_a_row_may_leave_out_its_body_and_bring_what_is_new() -> None:
    plain = _plain({**{k: v for k, v in GONE.items() if k != "row"}, "since": "0.9"})
    assert [(row.key, row.row) for row in read_page(plain).rows] == [("SKO-2", None)]


@pytest.mark.parametrize("indent", [None, 1])
def test_rows_prove_themselves_however_the_page_is_written(indent: int | None) -> None:
    plain = _plain(GOOD, GONE)
    proof = hashlib.sha256(canonical(plain["rows"])).digest()
    content = json.dumps(plain, indent=indent).encode()
    assert rows_sha256(content, plain, proof) == proof
    as_sent = json.dumps({**plain, "rows": 0}).encode()[:-2] + canonical(plain["rows"]) + b"}"
    assert rows_sha256(as_sent, plain, proof) == proof


def test_a_changed_row_has_another_proof() -> None:
    plain = _plain(GOOD)
    proof = hashlib.sha256(canonical(plain["rows"])).digest()
    changed = _plain({**GOOD, "key": "SKO-3"})
    assert rows_sha256(json.dumps(changed).encode(), changed, proof) != proof
