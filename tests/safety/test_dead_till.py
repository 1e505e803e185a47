"""A dead till is replaced by the very words of docs/store-it.md."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from central_sync.cli import central as central_commands
from central_sync.engine.commands import sync
from central_sync.engine.enrol import enrol
from central_sync.engine.round import contact
from central_sync.engine.safety.backup import make_backup
from central_sync.engine.safety.restore import restore
from central_sync.engine.state import read_state
from central_sync.engine.workstation import load_key, open_workstation
from central_sync.wire.archive import Secrets
from central_sync.wire.key_files import load_keys
from pos_client.storage.database import durable, open_receipts
from pos_client.storage.journal import JournalReader, append
from tests.engine.journal_twin import body
from tests.engine.real_central import RealCentral

GUIDE = Path(__file__).parents[2] / "docs" / "store-it.md"
HEADING = "## Replace a dead till in fifteen minutes"


@pytest.fixture
def central(tmp_path: Path) -> Iterator[RealCentral]:
    made = RealCentral(tmp_path / "central")
    made.start()
    yield made
    made.stop()


def words_of_the_guide() -> list[str]:
    """The commands of the section, in order."""
    section = GUIDE.read_text(encoding="utf-8").split(HEADING)[1].split("\n## ")[0]
    return re.findall(r"^ {7}spindel (.+)$", section, flags=re.MULTILINE)


def sells(home: Path, count: int, epoch: int = 1) -> None:
    database = open_receipts(home / "receipts.db")
    head, key = JournalReader(database).head(epoch), load_key(home)
    with durable(database) as connection:
        for _ in range(count):
            head = append(connection, head, body(epoch, head.sequence + 1, ""), key.sign)
    database.conn.close()


def sends(home: Path) -> None:
    with open_workstation(home) as workstation:
        assert contact(workstation).troubles == []


def a_till(home: Path, central: RealCentral) -> Path:
    enrol(home, central.code(), central_url=central.url)
    sells(home, 5)
    sends(home)
    return home


def heads(home: Path) -> dict[int, int]:
    database = open_receipts(home / "receipts.db")
    found = {head.epoch: head.sequence for head in JournalReader(database).heads()}
    database.conn.close()
    return found


def run(words: str) -> Result:
    group, *arguments = words.split()
    app = {"sync": sync, "central": central_commands}[group]
    return CliRunner().invoke(app, arguments)


def test_the_guide_replaces_a_dead_till_word_by_word(central: RealCentral, tmp_path: Path) -> None:
    old, new = a_till(tmp_path / "old", central), tmp_path / "new"
    with (old / "workstation.toml").open("a") as file:
        file.write('[devices]\nfiscal_unit = "demo://"\n')
    backup = make_backup(old, tmp_path / "backups").path
    sells(old, 3)  # after the backup, and sent
    sends(old)
    shutil.rmtree(old)
    places = {
        "/srv/spindel": str(central.settings.home),
        "https://central.example.com:8470": central.url,
        "/var/lib/spindel": str(new),
        "LATEST.backup": backup,
    }
    said = []
    for words in words_of_the_guide():
        for name, place in places.items():
            words = words.replace(name, place)
        answer = run(words)
        assert answer.exit_code == 0, f"{words}: {answer.output}"
        said.append(answer.output)
        code = re.search(r"\b\w{4}-\w{5}-\w{5}\b", answer.output)
        if code:
            places["CODE"] = code.group()
    assert len(said) == 8
    assert "5 from the disk, 3 from central only" in said[3]
    assert heads(new) == {1: 8}
    assert read_state(new).newest_epoch == 2
    assert "[devices]" in (new / "workstation.toml").read_text()


def test_a_restored_till_gets_its_new_series_at_the_first_contact(
    central: RealCentral, tmp_path: Path
) -> None:
    old = a_till(tmp_path / "old", central)
    backup = Path(make_backup(old, tmp_path / "backups").path)
    secrets = Secrets(keys=load_keys(old / "keys" / "store.key"))
    sells(old, 3)
    sends(old)
    new = tmp_path / "new"
    assert restore(new, backup, secrets).awaits_new_epoch
    with open_workstation(new) as workstation:
        contact(workstation)
        contact(workstation)
    state = read_state(new)
    assert (state.awaits_new_epoch, state.newest_epoch) == (False, 2)
