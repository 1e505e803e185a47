from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from central_sync.engine.client import HttpCentral
from central_sync.engine.settings import SyncSettings
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.wire.batch import MEDIA_TYPE, Batch, signed_batch
from central_sync.wire.keys import SigningKey, verify
from central_sync.wire.messages import HeartbeatRequest, JournalRequest
from tests.engine.journal_twin import MemoryJournal
from tests.engine.strangers import JSON, problem, self_signed, silent, stranger

HEARTBEAT = HeartbeatRequest(heads=[], version="1", clock="", outbox=0)
KEY = SigningKey.generate()


def trouble_with(url: str, certificate: str = "", now: datetime | None = None) -> SyncTrouble:
    central = HttpCentral(
        SyncSettings(central=url, certificate=certificate),
        key=KEY,
        workstation_id="s01-1",
        now=lambda: now or datetime.now(UTC),
        timeout=httpx.Timeout(0.5),
    )
    try:
        with pytest.raises(SyncTrouble) as raised:
            central.heartbeat(HEARTBEAT)
        return raised.value
    finally:
        central.close()


def test_a_central_that_is_not_there_is_unreachable() -> None:
    with stranger(200) as url:
        pass
    trouble = trouble_with(url)
    assert trouble.code is Code.UNREACHABLE
    assert url in trouble.sentence
    assert trouble.again


def test_a_name_that_nobody_knows_is_told() -> None:
    trouble = trouble_with("https://central.invalid")
    assert trouble.code is Code.ADDRESS
    assert "central.invalid" in trouble.sentence


@pytest.mark.parametrize("proxy", ["socks5://proxy:1080", "http://user:secret@proxy:abc"])
def test_a_proxy_that_cannot_be_used_is_told_and_its_password_is_not(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(SyncTrouble, match="HTTPS_PROXY") as raised:
        HttpCentral(SyncSettings(central="https://central.example.com"))
    assert "secret" not in str(raised.value)


def test_an_address_that_only_the_network_finds_out_to_be_none_is_told() -> None:
    assert trouble_with("https://xn--a.com").code is Code.SETTINGS


@pytest.mark.parametrize("zone", ["-0000", "+0100", "GMT"])
def test_whatever_clock_a_stranger_shows_he_is_told_as_a_stranger(zone: str) -> None:
    answer = f"HTTP/1.1 403 No\r\nDate: Mon, 01 Jan 2026 00:00:00 {zone}\r\n"
    with silent(f"{answer}Content-Length: 0\r\n\r\n".encode()) as url:
        assert trouble_with(url).code is Code.NOT_CENTRAL


def test_an_answer_without_a_bottom_is_not_centrals() -> None:
    with stranger(200, b"[" * 100_000, JSON) as url:
        assert trouble_with(url).code is Code.NOT_CENTRAL


def test_a_central_without_tls_is_told_from_a_bad_certificate() -> None:
    with stranger(200) as url:
        trouble = trouble_with(url.replace("http://", "https://"))
    assert trouble.code is Code.CERTIFICATE
    assert "does not speak TLS" in trouble.sentence


def test_a_log_in_page_is_not_central() -> None:
    with stranger(200, b"<html>Log in to the guest network</html>") as url:
        assert trouble_with(url).code is Code.NOT_CENTRAL


@pytest.mark.parametrize(
    ("status", "body"), [(302, b""), (404, b"<html>"), (200, b"{}"), (403, b'{"code": "revoked"}')]
)
def test_an_answer_without_centrals_header_is_not_believed(status: int, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Location": "http://login.example"}
    with stranger(status, body, headers) as url:
        assert trouble_with(url).code is Code.NOT_CENTRAL


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        (426, JSON),
        (200, {**JSON, "Spindel-Protocol": "2"}),
        (400, {**JSON, "Spindel-Protocol": "2"}),
    ],
)
def test_a_central_of_another_version_is_told(status: int, headers: dict[str, str]) -> None:
    body = problem("protocol", "This central speaks 2", status)
    with stranger(status, body, headers) as url:
        assert trouble_with(url).code is Code.PROTOCOL


def test_an_answer_of_another_shape_is_another_version() -> None:
    with stranger(200, json.dumps({"heads": "all"}).encode(), JSON) as url:
        trouble = trouble_with(url)
    assert trouble.code is Code.PROTOCOL
    assert "HeartbeatReply.heads" in trouble.sentence


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with stranger(200, certificate=self_signed(tmp_path)) as url:
        trouble = trouble_with(url)
    assert trouble.code is Code.CERTIFICATE
    assert "self-signed" in trouble.sentence


def test_a_certificate_named_in_the_settings_is_trusted(tmp_path: Path) -> None:
    certificate = self_signed(tmp_path)
    reply = {"heads": [], "clock": "2026-11-22T12:00:00.000Z", "version": "9"}
    with stranger(200, json.dumps(reply).encode(), JSON, certificate=certificate) as url:
        settings = SyncSettings(central=url, certificate=str(certificate))
        central = HttpCentral(settings, key=KEY, workstation_id="s01-1")
        assert central.heartbeat(HEARTBEAT).version == "9"
        central.close()


def test_a_revoked_till_is_told_to_call_head_office() -> None:
    with stranger(403, problem("revoked", "Revoked", 403), JSON) as url:
        trouble = trouble_with(url)
    assert trouble.code is Code.REVOKED
    assert "head office" in trouble.remedy


def test_an_unknown_key_is_told() -> None:
    with stranger(401, problem("unauthenticated", "Who are you?", 401), JSON) as url:
        assert trouble_with(url).code is Code.UNAUTHENTICATED


def test_a_key_is_told_as_the_cause_where_centrals_own_clock_does_not_help() -> None:
    with stranger(401, problem("unauthenticated", "too old", 401), JSON) as url:
        trouble = trouble_with(url, now=datetime(2020, 1, 1, tzinfo=UTC))
    assert trouble.code is Code.UNAUTHENTICATED


def test_central_says_when_to_come_back() -> None:
    with stranger(503, problem("busy", "Busy", 503), {**JSON, "Retry-After": "7"}) as url:
        trouble = trouble_with(url)
    assert (trouble.code, trouble.retry_after_seconds) == (Code.BUSY, 7.0)


def test_a_broken_server_is_tried_again() -> None:
    with stranger(502, b"<html>Bad gateway</html>") as url:
        trouble = trouble_with(url)
    assert (trouble.code, trouble.again) == (Code.SERVER, True)


def test_a_silent_central_is_slow() -> None:
    with silent(None) as url:
        assert trouble_with(url).code is Code.SLOW


def test_an_answer_cut_in_the_middle_is_a_cut() -> None:
    with silent(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{") as url:
        assert trouble_with(url).code is Code.CUT


def test_a_certificate_file_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    settings = SyncSettings(central="https://c.example", certificate=str(tmp_path / "ca.pem"))
    with pytest.raises(SyncTrouble) as raised:
        HttpCentral(settings)
    assert raised.value.code is Code.SETTINGS


def one_entry() -> Batch:
    journal = MemoryJournal(KEY)
    return signed_batch([journal.append()], KEY, "s01-1")


def spoken_to(central_speaks: Sequence[str], status: int = 200) -> list[tuple[str, bytes]]:
    """What a till says to a central that speaks one revision after the other, and to the last
    one twice."""
    batch = one_entry()
    head = {"epoch": 1, "sequence": 1, "hash": batch.hash.hex()}
    reply = json.dumps({"status": "accepted", "head": head}).encode()
    headers = {"Content-Type": "application/json"}
    heard: list[tuple[str, bytes]] = []
    with stranger(status, reply, headers, heard=heard) as url:
        line = HttpCentral(SyncSettings(central=url), key=KEY, workstation_id="s01-1")
        for revision in (*central_speaks, central_speaks[-1]):
            headers["Spindel-Protocol"] = revision
            with suppress(SyncTrouble):
                line.journal(batch)
        line.close()
    return heard


def test_a_central_of_the_revision_before_gets_the_journal_in_its_own_form() -> None:
    (kind, content), again = spoken_to(["1.1"])

    request = JournalRequest.model_validate_json(content)
    assert (kind, again) == ("application/json", (kind, content))
    assert verify(KEY.public, request.signature, request.entries[-1].hash)


def test_the_new_form_is_spoken_once_central_was_heard_to_know_it() -> None:
    first, (kind, content) = spoken_to(["1.2"])

    assert first[0] == "application/json"
    assert kind == MEDIA_TYPE
    assert Batch.from_bytes(content) == replace(one_entry_as_read(content), hash_signature=b"")


def one_entry_as_read(content: bytes) -> Batch:
    (entry,) = Batch.from_bytes(content).entries()
    return signed_batch([entry], KEY, "s01-1")


def test_a_central_that_was_set_back_is_spoken_to_in_the_older_form_at_once() -> None:
    kinds = [kind for kind, _ in spoken_to(["1.2", "1.1"], status=422)]

    assert kinds == ["application/json", MEDIA_TYPE, "application/json", "application/json"]


def test_a_till_uses_the_time_in_which_central_is_at_work() -> None:
    begun: list[str] = []
    with stranger(422, headers={"Spindel-Protocol": "1.2"}) as url:
        line = HttpCentral(SyncSettings(central=url), key=KEY, workstation_id="s01-1")
        for _ in range(2):
            with suppress(SyncTrouble):
                line.journal(one_entry(), lambda: begun.append("the next batch"))
        line.close()

    assert begun == ["the next batch"]
