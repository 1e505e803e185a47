"""The live view: what moved between two looks, and that it shows on an ordinary terminal."""

from __future__ import annotations

import json
from datetime import timedelta

from rich.console import Console
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.round import contact
from central_sync.engine.watch_view import drawn
from central_sync.engine.watching import looks
from tests.engine.conftest import Shop
from tests.engine.journal_twin import NOON
from tests.storage.disk import Disk, a_receipt


def test_each_look_says_what_moved_since_the_one_before(shop: Shop) -> None:
    home = shop.workstation.home
    contact(shop.workstation)
    with Disk(home) as disk:

        def sell() -> bool:
            disk.files(a_receipt(disk.count("receipt") + 1))
            return False

        sell()
        first, second = looks(home, lambda: NOON, sell, count=2)
    assert (first.outbox, first.moved[0]) == (1, 0)
    assert (second.outbox, second.moved[0]) == (2, -1)


def test_it_ends_when_it_is_told_to(shop: Shop) -> None:
    assert len(list(looks(shop.workstation.home, lambda: NOON, lambda: True))) == 1


def test_it_fits_a_terminal_and_shows_the_newest_log_lines(shop: Shop) -> None:
    home = shop.workstation.home
    (home / "logs").mkdir()
    lines = [f"2026-11-22T12:00:{second:02}Z INFO done {second}" for second in range(30)]
    (home / "logs" / "sync.log").write_text("\n".join(lines))
    (look,) = looks(home, lambda: NOON, lambda: True, count=1)
    console = Console(width=80, record=True, file=None, force_terminal=False)
    with console.capture() as shown:
        console.print(drawn(look, NOON + timedelta(seconds=5)))
    text = shown.get()
    assert "INFO done 29" in text
    assert "INFO done 23" not in text
    assert max(len(line) for line in text.splitlines()) <= 80


def test_a_script_gets_one_line_of_json_a_look(shop: Shop) -> None:
    contact(shop.workstation)
    home = str(shop.workstation.home)
    arguments = ["watch", "--json", "--every", "0.2", "--count", "2", "--home", home]
    lines = CliRunner().invoke(sync, arguments).stdout.splitlines()
    assert [json.loads(line)["status"]["items"] for line in lines] == [4, 4]
