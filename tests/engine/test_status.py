"""Status tells the truth also where the sync could not write it down."""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.metrics import metrics_of
from central_sync.engine.status import Status, read_status
from central_sync.engine.sync_log import log_to
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.workstation import iso
from tests.engine.conftest import Shop
from tests.engine.journal_twin import NOON

AWAY = "trouble code=unreachable Central does not answer. Check the network."
REFUSED = "trouble code=disk The disk of this computer refused: full. Make room."


class Usage(NamedTuple):
    """As shutil tells it, bytes."""

    total: int
    used: int
    free: int


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(100, 100, 4096))


def status_of(shop: Shop) -> Status:
    return read_status(shop.workstation.home, NOON)


def problems(status: Status) -> dict[str, str]:
    return {stream.name: stream.problem for stream in status.streams}


def logged(shop: Shop, *says: str, seconds: int = 60) -> None:
    """Lines of the sync's log, so many seconds after noon."""
    folder = shop.workstation.home / "logs"
    folder.mkdir()
    at = iso(NOON + timedelta(seconds=seconds)).replace(".000Z", "Z")
    lines = [f"{at} WARNING spindel.sync: {each}\n" for each in says]
    (folder / "sync.log").write_text("".join(lines), encoding="utf-8")


def noted(shop: Shop, code: str, sentence: str) -> None:
    shop.workstation.store.note(
        last_error_code=code, last_error=sentence, last_try_at=iso(NOON), last_contact_at=iso(NOON)
    )


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_is_told_for_each_stream_with_what_to_do(shop: Shop) -> None:
    status = status_of(shop)
    assert all("full" in each and "Make room" in each for each in problems(status).values())
    text = CliRunner().invoke(sync, ["status", "--home", str(shop.workstation.home)]).stdout
    assert text.count("! The disk of this till is full (4 kB free)") == 1
    assert 'problem{code="disk"' in metrics_of(status, NOON)


@pytest.mark.usefixtures("full_disk")
def test_files_that_do_not_open_on_a_full_disk_are_told_as_that(shop: Shop) -> None:
    shop.workstation.store.close()
    for path in shop.workstation.home.glob("sync.db*"):
        path.unlink()
    (shop.workstation.home / "sync.db").write_bytes(b"no database" * 400)
    with pytest.raises(SyncTrouble, match="Make room"):
        status_of(shop)


def test_a_trouble_that_only_the_log_could_take_is_told(shop: Shop) -> None:
    noted(shop, "", "")
    logged(shop, REFUSED)
    assert status_of(shop).problem_code == "disk"
    assert "Make room" in problems(status_of(shop))["receipts"]


def test_of_two_troubles_in_the_log_the_one_that_the_contact_met_is_told(shop: Shop) -> None:
    noted(shop, "", "")
    logged(shop, AWAY, REFUSED)
    assert status_of(shop).problem_code == "unreachable"


@pytest.mark.parametrize(("after", "seconds"), [(("done receipts=1",), 60), ((), 5), ((), -60)])
def test_a_trouble_that_is_over_is_not_told_again(
    shop: Shop, after: tuple[str, ...], seconds: int
) -> None:
    noted(shop, "", "")
    logged(shop, REFUSED, *after, seconds=seconds)
    assert status_of(shop).problem_code == ""


def test_a_damaged_feed_keeps_the_catalogue_back_and_no_receipt(shop: Shop) -> None:
    noted(shop, "feed_damaged", "The feed is damaged. Call head office.")
    told = problems(status_of(shop))
    assert (told["receipts"], told["catalogue"]) == ("", "The feed is damaged. Call head office.")
    text = CliRunner().invoke(sync, ["status", "--home", str(shop.workstation.home)]).stdout
    assert "! catalogue, store: The feed is damaged." in text


def test_a_home_whose_disk_is_gone_is_not_enrolled(tmp_path: Path) -> None:
    with pytest.raises(SyncTrouble, match="not enrolled"):
        read_status(tmp_path / "nowhere", NOON)


def test_a_line_of_the_log_that_is_cut_is_no_news(shop: Shop) -> None:
    logged(shop, "trouble code=slow Central took too long. Wait.")
    log = shop.workstation.home / "logs" / "sync.log"
    log.write_text(log.read_text()[8:])
    assert status_of(shop).problem == ""


def test_a_log_on_a_full_disk_loses_a_line_and_shows_no_traceback(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "sync.log").symlink_to("/dev/full")
    with log_to(tmp_path, is_quiet=True):
        logging.getLogger("spindel.sync").warning("trouble")
    assert capsys.readouterr().err == ""
