"""The doctor: each thing on the way to central and on this computer, with its fix."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from central_sync.engine.doctor import examine
from central_sync.engine.doctor_network import examine_network
from central_sync.engine.findings import Finding
from central_sync.engine.settings import SyncSettings
from tests.engine.conftest import Shop
from tests.engine.strangers import self_signed, stranger
from tests.storage.disk import Disk, a_receipt

NOW = datetime.now(UTC)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def by_name(settings: SyncSettings, now: datetime = NOW) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine_network(settings, now)}


def test_a_name_that_nobody_knows_is_the_name_servers_fault() -> None:
    found = by_name(SyncSettings(central="https://central.invalid"))
    assert not found["dns"].is_good
    assert "name server" in found["dns"].fix
    assert "tls" not in found


def test_a_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://till:secret@proxy.example.com:3128")
    found = by_name(SyncSettings(central="https://central.example.com"))
    assert found["proxy"].finding == "requests go through proxy.example.com:3128"
    assert list(found) == ["proxy"]


def test_a_proxy_whose_port_is_none_is_no_fault_of_the_doctor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:abc")
    found = by_name(SyncSettings(central="https://central.example.com"))
    assert found["proxy"].finding == "requests go through proxy, whose port is none"


def test_a_certificate_is_judged_before_it_runs_out(tmp_path: Path) -> None:
    pem = self_signed(tmp_path)
    with stranger(200, certificate=pem) as url:
        trusted = SyncSettings(central=url, certificate=str(pem))
        ends_tomorrow = by_name(trusted)["tls"]
        ends_later = by_name(trusted, NOW - timedelta(days=60))["tls"]
        unknown = by_name(SyncSettings(central=url))["tls"]
    assert (ends_tomorrow.is_good, ends_later.is_good) == (False, True)
    assert "Renew" in ends_tomorrow.fix
    assert "not trusted" in unknown.finding


def test_a_port_that_nobody_listens_on_is_told_as_that(tmp_path: Path) -> None:
    with stranger(200, certificate=self_signed(tmp_path)) as url:
        pass
    found = by_name(SyncSettings(central=url))["tls"]
    assert "nobody answers" in found.finding


def test_a_clock_behind_the_newest_receipt_is_found_without_central(shop: Shop) -> None:
    home = shop.workstation.home
    with Disk(home) as disk:
        disk.files(a_receipt(1))
    assert found_at(home)["clock"].is_good
    with Disk(home) as disk:
        disk.records.database.conn.executescript(
            "DROP TRIGGER journal_is_never_changed;"
            "UPDATE journal SET at = '2999-01-01T00:00:00.000Z';"
        )
    assert found_at(home)["clock"].fix == "timedatectl set-ntp true"


def test_a_restored_till_without_a_new_series_is_told_what_to_do(shop: Shop) -> None:
    assert found_at(shop.workstation.home)["series"].is_good
    shop.workstation.store.note(restored_epoch=1, restored_from="2026-11-20T22:30:00.000Z")
    series = found_at(shop.workstation.home)["series"]
    assert (series.is_good, "enrol CODE --again" in series.fix) == (False, True)


def test_a_damaged_sync_file_is_told_with_what_keeps_the_receipts(shop: Shop) -> None:
    home = shop.workstation.home
    with Disk(home) as disk:
        disk.files(a_receipt(1))
    shop.workstation.store.close()
    damage(home / "sync.db")

    found = found_at(home)

    assert "not enrolled" not in found["enrolment"].finding
    assert "move sync.db away" in found["sync.db"].fix
    assert "no receipt is lost" in found["sync.db"].fix
    assert found["receipts.db"].is_good


def test_a_damaged_journal_leads_to_the_rescue_and_to_no_fault_of_the_doctor(shop: Shop) -> None:
    home = shop.workstation.home
    with Disk(home) as disk:
        disk.files(a_receipt(1))
    damage(home / "receipts.db")

    found = found_at(home)

    assert "spindel sync rescue" in found["receipts.db"].fix
    assert "\n" not in found["receipts.db"].finding
    assert not found["clock"].is_good


def test_on_a_full_disk_nothing_is_moved_away(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(shop.workstation.home / "receipts.db")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 100, 0))
    assert found_at(shop.workstation.home)["receipts.db"].fix.startswith("Make room")


def test_a_home_that_is_not_there_is_told_as_that(tmp_path: Path) -> None:
    found = found_at(tmp_path / "nowhere")
    assert found["home"].finding.endswith("does not exist")
    assert found["disk"].is_good
    assert (found["key"].finding, found["sync.db"].finding) == ("there is none", "not there")


class Usage(NamedTuple):
    """As shutil tells it, bytes."""

    total: int
    used: int
    free: int


def damage(path: Path) -> None:
    path.write_bytes(b"no database" * 400)
    for ending in ("-wal", "-shm"):
        path.with_name(f"{path.name}{ending}").unlink(missing_ok=True)


def test_the_doctor_looks_at_everything_there_is(shop: Shop) -> None:
    assert set(found_at(shop.workstation.home)) >= {
        "home", "disk", "permissions", "settings", "key", "enrolment", "sync.db", "receipts.db",
        "master.db", "series", "program", "sync", "central", "clock",
    }  # fmt: skip


def found_at(home: Path) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(home)}
