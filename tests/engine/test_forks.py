"""Restored and copied tills, and a central that forgot: real files, the real central's functions.

The till is the cash desk as the core builds it, sync is one contact after the other. What a
newcomer would get wrong: a copy and its original know nothing of each other, so here too each
has its own folder, its own boot and its own line.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.catalogue import Catalogue
from central_sync.engine.epochs import writing_epoch
from central_sync.engine.journal import open_journal
from central_sync.engine.report import RoundReport
from central_sync.engine.round import contact, send_receipts
from central_sync.engine.state import SyncState, SyncStore, read_state
from central_sync.engine.trouble import Code
from central_sync.engine.workstation import Workstation, load_key, no_progress
from central_sync.server import forks
from central_sync.server.commands import central
from central_sync.server.epochs import skip_epochs
from central_sync.wire.messages import Boot
from hardware.memory import MemoryFiscalUnit
from hardware.ports import Seal, SealRequest
from pos_client.checkout.epoch_watch import EpochWatch
from pos_client.register import commands
from pos_client.storage.journal import open_for_sync
from pos_client.storage.replaying import replay
from tests.builders import ANNA, PINS, SOCKS, kr
from tests.checkout.core_harness import Desk, a_home
from tests.engine.direct_central import DirectCentral, Office

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class FallsSilentWhenAsked(MemoryFiscalUnit):
    """A control unit that breaks at the one moment when the receipt has its number already."""

    def seal(self, request: SealRequest) -> Seal:
        self.go_silent()
        return super().seal(request)


class Till:
    """A home folder on some computer; `boot` is that computer's start."""

    def __init__(self, home: Path, office: Office, boot: str) -> None:
        self.home, self.boot = home, boot
        self.line = DirectCentral(office)
        self._office = office
        self.nonces = 0

    def sell(self, count: int = 1, meanwhile: Callable[[], object] = lambda: None) -> list[str]:
        """Start the register, sell socks, end it; the printed numbers."""
        with self.register() as (desk, _):
            sold = []
            for _ in range(count):
                desk.do(commands.ScanCode(SOCKS)).do(commands.Pay("cash", kr("500")))
                assert desk.state.last is not None
                sold.append(desk.state.last.receipt_number)
            meanwhile()
        return sold

    @contextmanager
    def register(self, unit: MemoryFiscalUnit | None = None) -> Iterator[tuple[Desk, EpochWatch]]:
        with self._desk(unit or MemoryFiscalUnit()) as desk:
            watch = EpochWatch(
                desk.desk.ledger, desk.records.journal, lambda: read_state(self.home)
            )
            watch.look()
            if desk.state.operator is None:
                desk.do(commands.SignOn(ANNA, PINS[ANNA]))
            if not desk.state.day:
                desk.do(commands.OpenDay(kr("1000")))
            yield desk, watch

    def _desk(self, unit: MemoryFiscalUnit) -> Desk:
        state = read_state(self.home)
        journal = open_journal(self.home)
        epoch = writing_epoch(state, {head.epoch for head in journal.heads()})
        journal.close()
        return Desk(self.home, unit, epoch=epoch)

    def contact(self) -> RoundReport:
        with self._workstation() as workstation:
            return contact(workstation)

    def contacts(self, count: int = 2) -> list[Code]:
        """What was in the way, over so many contacts, but for the catalogue that nobody makes."""
        return [
            trouble.code
            for _ in range(count)
            for trouble in self.contact().troubles
            if trouble.code is not Code.SNAPSHOT_BUILDING
        ]

    def send(self) -> RoundReport:
        with self._workstation() as workstation:
            return send_receipts(workstation)

    @contextmanager
    def _workstation(self) -> Iterator[Workstation]:
        with closing(SyncStore(self.home)) as store:
            identity = store.state().identity
            assert identity is not None
            catalogue = Catalogue(self.home, store_id="s01", vital_counts={})
            with closing(catalogue), closing(open_journal(self.home)) as journal:
                yield Workstation(
                    *(self.home, identity, load_key(self.home), store, journal),
                    *(catalogue, self.line),
                    now=lambda: NOON,
                    boot=Boot(boot_id=self.boot, hostname=f"host of {self.boot}"),
                    make_nonce=self._nonce,
                )

    def _nonce(self) -> str:
        self.nonces += 1
        return f"nonce-{self.home.name}-{self.boot}-{self.nonces}"

    def copy(self, to: Path, boot: str) -> Till:
        shutil.copytree(self.home, to)
        return Till(to, self._office, boot)

    def put_back(self, backup: Path) -> None:
        shutil.rmtree(self.home)
        shutil.copytree(backup, self.home)

    @property
    def state(self) -> SyncState:
        return read_state(self.home)

    def heads(self) -> dict[int, int]:
        with closing(open_for_sync(self.home)) as journal:
            return {head.epoch: head.sequence for head in journal.heads()}

    def is_whole(self) -> bool:
        with closing(open_for_sync(self.home)) as journal:
            return journal.first_broken() is None


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path / "central", lambda: NOON)
    yield made
    made.close()


@pytest.fixture
def till(tmp_path: Path, office: Office) -> Till:
    home = a_home(tmp_path / "till")
    office.knows(load_key(home).public)
    return Till(home, office, "boot-a")


@contextmanager
def locked_by_a_register(home: Path) -> Iterator[None]:
    with (home / "core.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def open_forks(office: Office) -> list[forks.ForkFact]:
    with office.central.database.reading() as connection:
        return forks.listed(connection)


def test_a_till_restored_from_an_older_copy_goes_on_in_a_new_epoch(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(2)
    till.contacts(1)
    shutil.copytree(till.home, tmp_path / "backup")
    lost = till.sell(3)
    till.contacts(1)
    till.put_back(tmp_path / "backup")

    assert till.contacts(1) == []
    new = till.sell(2)

    assert till.contacts(1) == []
    assert lost == ["s01-1-1-3", "s01-1-1-4", "s01-1-1-5"]
    assert new == ["s01-1-2-6", "s01-1-2-7"], "above the highest number that was ever printed"
    assert office.receipts() == ["s01-1-1-1", "s01-1-1-2", *lost, *new]
    assert till.is_whole()


def test_what_a_restored_till_sold_before_it_was_noticed_is_said_again_in_the_new_epoch(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(2)
    till.contacts(1)
    shutil.copytree(till.home, tmp_path / "backup")
    till.sell(3)
    till.contacts(1)
    till.put_back(tmp_path / "backup")
    till.sell(2)

    assert till.contacts() == []

    assert replay(till.home, "", no_progress).differences == ()
    assert len(office.receipts()) == 7, "three of the life it forgot, two of this one"
    assert office.sold("STRUMPA") == 7
    assert office.states().get("parked", 0) == 0
    (fork,) = open_forks(office)
    assert (fork.why, fork.epoch, fork.new_epoch) == ("fork", 1, 2)


def test_both_of_two_copies_go_on_selling_and_nothing_is_lost_or_doubled(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(2)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(2)
    copy.sell(3)

    assert till.contacts(1) == []
    assert copy.contacts() == []
    till.sell(1)
    copy.sell(1)
    assert till.contacts(3) + copy.contacts(3) == []

    assert len(office.receipts()) == 2 + 2 + 3 + 2
    assert till.state.newest_epoch == 1 or till.state.newest_epoch == 3
    assert copy.state.newest_epoch == 2
    assert till.is_whole()
    assert copy.is_whole()


def test_a_fork_names_both_computers_to_head_office(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(1)
    copy.sell(1)
    till.contacts(1)
    copy.contacts()

    (fork,) = open_forks(office)
    assert fork.boot is not None
    assert fork.other_boot is not None
    assert {fork.boot.hostname, fork.other_boot.hostname} == {"host of boot-a", "host of boot-b"}


def test_the_register_that_runs_enters_the_new_epoch_itself_and_says_so_once(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(1)
    till.contacts(1)
    copy.sell(1)
    with copy.register() as (desk, watch), locked_by_a_register(copy.home):
        assert copy.contacts(1) == []
        assert copy.state.newest_epoch == 2
        message = watch.look()
        assert message is not None
        assert message.key == "epoch.entered"
        assert watch.look() is None
        desk.do(commands.ScanCode(SOCKS)).do(commands.Pay("cash", kr("500")))
        assert desk.state.last is not None
        assert desk.state.last.receipt_number == "s01-1-2-3"
    assert copy.contacts() == []
    assert len(office.receipts()) == 4


def test_a_central_put_back_from_a_backup_is_filled_again_across_a_healed_fork(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(2)
    till.contacts(1)
    office.copy_away(tmp_path / "central-backup")
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(2)
    till.contacts(1)
    copy.sell(2)
    copy.contacts()
    office.put_back(tmp_path / "central-backup")

    assert copy.contacts() + till.contacts() + copy.contacts() + till.contacts() == []

    assert len(office.receipts()) == 6
    assert office.sold("STRUMPA") == 6


def test_till_and_central_put_back_from_backups_of_different_days_agree_again(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    shutil.copytree(till.home, tmp_path / "backup")
    till.sell(1)
    till.contacts(1)
    office.copy_away(tmp_path / "central-backup")
    till.sell(2)
    till.contacts(1)
    till.put_back(tmp_path / "backup")
    office.put_back(tmp_path / "central-backup")

    assert till.contacts() == []
    till.sell(2)
    assert till.contacts() == []

    assert len(office.receipts()) == 4, "the one before, the one that central kept, two new ones"
    assert till.is_whole()


def test_a_till_restored_twice_to_the_same_backup_heals_twice(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    shutil.copytree(till.home, tmp_path / "backup")
    printed = till.sell(1)
    till.contacts(1)
    for _ in range(2):
        till.put_back(tmp_path / "backup")
        till.sell(1)
        assert till.contacts() == []
        printed += till.sell(2)
        assert till.contacts() == []
    assert len(office.receipts()) == 1 + 1 + 2 * 3
    assert till.state.newest_epoch == 3


def test_a_till_whose_register_file_is_gone_begins_a_new_epoch_and_no_number_again(
    till: Till, office: Office
) -> None:
    till.sell(3)
    till.contacts(1)
    for file in till.home.glob("receipts.db*"):
        file.unlink()

    assert till.contacts() == []
    assert till.sell(1) == ["s01-1-2-4"]
    assert till.contacts() == []
    assert len(office.receipts()) == 4


def test_a_restored_till_that_sells_before_any_contact_skips_the_numbers_it_knows_are_printed(
    till: Till,
) -> None:
    till.sell(3)
    till.contacts(2)
    for file in till.home.glob("receipts.db*"):
        file.unlink()
    assert till.sell(1) == ["s01-1-1-4"]


def test_a_lost_answer_to_a_wish_for_an_epoch_costs_no_second_epoch(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(1)
    till.contacts(1)
    copy.sell(1)
    copy.line.lost_at = "epoch"

    assert copy.contacts() == [Code.CUT]
    assert copy.contacts() == []

    assert copy.line.calls.count("epoch") == 2
    assert copy.state.newest_epoch == 2
    assert len(open_forks(office)) == 1


def test_a_nonce_that_came_back_with_an_old_copy_gets_no_epoch_that_is_written_in(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(1)
    till.contacts(1)
    copy.sell(1)
    copy.line.lost_at = "epoch"
    copy.contacts(1)
    shutil.copytree(copy.home, tmp_path / "backup")
    copy.contacts()
    copy.put_back(tmp_path / "backup")

    assert copy.contacts() == []
    copy.sell(1)
    assert copy.contacts() == []

    assert copy.state.newest_epoch == 3
    assert len(office.receipts()) == 4


def test_a_sale_that_waits_for_its_seal_is_finished_in_its_epoch_first(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(1)
    till.contacts(1)
    copy.sell(1)
    with copy.register(FallsSilentWhenAsked()) as (desk, _):
        desk.do(commands.ScanCode(SOCKS)).do(commands.Pay("cash", kr("500")))
        assert desk.state.completing is not None
    assert copy.contacts(1) == []
    assert copy.heads().keys() == {1}, "the register has to finish first"
    with copy.register() as (desk, watch):
        assert desk.state.last is not None
        assert desk.state.last.receipt_number == "s01-1-1-3"
        watch.look()
    assert copy.contacts() == []
    assert len(office.receipts()) == 4


def test_two_computers_that_take_turns_are_told_before_either_has_sold(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    copy.contacts(1)
    assert open_forks(office) == []
    till.contacts(1)
    (fork,) = open_forks(office)
    assert (fork.why, fork.new_epoch) == ("two_boots", 0)


def test_an_upload_that_meets_a_fork_keeps_it_aside_until_a_person_has_settled_it(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(1)
    till.contacts(1)
    copy.sell(1)
    assert [trouble.code for trouble in copy.send().troubles] == [Code.FORK]
    copy.contacts()

    (fork,) = open_forks(office)
    assert fork.aside > 0
    where = ["--home", str(office.settings.home)]
    listed = CliRunner().invoke(central, ["forks", "list", *where]).stdout
    assert fork.fork_id in listed
    assert "host of boot-b" in listed
    note = ["--by", "Eva", "--note", "the copy is off", "--json"]
    settled = CliRunner().invoke(central, ["forks", "settle", fork.fork_id, *note, *where])
    told = json.loads(settled.stdout)
    assert (told["aside"], told["settled_by"]) == (0, "Eva")
    assert open_forks(office) == []


def test_a_restored_central_grants_no_epoch_that_it_may_have_forgotten(
    till: Till, office: Office, tmp_path: Path
) -> None:
    till.sell(1)
    till.contacts(1)
    with office.central.database.atomic() as connection:
        skip_epochs(connection)
    copy = till.copy(tmp_path / "copy", "boot-b")
    till.sell(1)
    till.contacts(1)
    copy.sell(1)
    assert copy.contacts() == []
    assert copy.state.newest_epoch == 12
