"""Central and tills a minor version apart: what one adds, the other leaves out or ignores."""

from __future__ import annotations

import json
from typing import Any

from central_sync.server.reading import Kept, Parked, read_entry
from central_sync.wire.entries import EntryBody, EntryKind
from central_sync.wire.messages import HeartbeatReply, HeartbeatRequest


def body(**changes: Any) -> bytes:
    values: dict[str, Any] = {
        "id": "e-1",
        "kind": EntryKind.DRAWER_OPENED.value,
        "at": "2026-11-22T12:00:00.000Z",
        "business_day": "2026-11-22",
        "store": "s01",
        "workstation": "s01-1",
        "operator": "1001",
        "payload": {"reason": "change"},
    }
    return EntryBody(**values | changes).to_bytes()


def read(content: bytes) -> object:
    return read_entry(content, workstation_id="s01-1", store_id="s01")


def test_a_till_of_the_version_before_is_understood() -> None:
    told = '{"heads": [], "version": "0.1.0", "clock": "2026-11-22T12:00:00.000Z", "outbox": 0}'
    request = HeartbeatRequest.model_validate_json(told)
    assert (request.revision, request.boot.boot_id) == (0, "")


def test_a_central_of_the_version_before_is_understood_and_asked_for_no_epoch() -> None:
    told = '{"heads": [], "clock": "2026-11-22T12:00:00.000Z", "version": "0.1.0", "positions": {}}'
    assert HeartbeatReply.model_validate_json(told).revision == 0


def test_what_a_newer_side_adds_is_ignored() -> None:
    told = {"heads": [], "clock": "x", "version": "9", "from_the_future": {"a": [1]}}
    assert HeartbeatReply.model_validate_json(json.dumps(told)).heads == []


def test_only_a_kind_of_entry_from_the_future_waits_for_a_person() -> None:
    unknown = read(body(kind="hologram_shown"))
    assert isinstance(unknown, Parked)
    assert "hologram_shown" in unknown.reason
    assert isinstance(read(body(payload={"reason": "change", "mood": "good"})), Kept)
