"""Databases damaged for real: what can be saved is, and the rest is listed by number."""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from central_sync.engine.commands import sync
from central_sync.engine.former_keys import former_keys
from central_sync.engine.safety.register import the_register
from central_sync.engine.safety.rescue import Rescued, rescue
from central_sync.engine.safety.rescued import chained
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.state import SyncStore, read_state
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.verify import verify_journal
from central_sync.engine.workstation import KEY_FILE, load_key, no_progress
from central_sync.retail.journal import JournalEntry
from central_sync.wire.keys import SigningKey
from central_sync.wire.messages import (
    EntryMessage,
    Head,
    HeartbeatReply,
    HeartbeatRequest,
    KeptEntries,
)
from pos_client.register.commands import VoidBasket
from pos_client.storage.carving import carve
from pos_client.storage.journal import open_for_sync
from pos_client.storage.prints import PrintSpool
from pos_client.storage.replaying import entries_of
from tests.builders import ANNA, SHOES, SOCKS
from tests.checkout.core_harness import Desk, a_home, grant

SALES = 40


@dataclass
class SecondCopy:
    """Central's copy of a journal up to an entry; None: it cannot be reached."""

    entries: list[JournalEntry] | None
    pages: int = field(default=0)

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply:
        if self.entries is None:
            raise SyncTrouble(Code.UNREACHABLE, "Central does not answer.", "Check the network.")
        newest = self.entries[-1:] and self.entries[-1]
        heads = [Head(epoch=1, sequence=newest.sequence, hash=newest.hash)] if newest else []
        return HeartbeatReply(heads=heads, clock="", version="1")

    def kept_entries(self, epoch: int, after: int) -> KeptEntries:
        assert self.entries is not None
        self.pages += 1
        page = self.entries[after : after + 10]
        return KeptEntries(
            epoch=epoch,
            entries=[
                EntryMessage(
                    sequence=e.sequence,
                    previous_hash=e.previous_hash,
                    hash=e.hash,
                    body=e.body.decode(),
                )
                for e in page
            ],
        )


AWAY = SecondCopy(None)


@dataclass
class Sold:
    """A till that has sold for a day, and what its journal was before the damage."""

    home: Path
    entries: list[JournalEntry]

    @property
    def database(self) -> Path:
        return self.home / "receipts.db"

    def zero(self, first_page: int, count: int = 1) -> None:
        with self.database.open("r+b") as file:
            file.seek((first_page - 1) * 4096)
            file.write(bytes(4096 * count))

    def page_of(self, entry: JournalEntry) -> int:
        return self.database.read_bytes().index(entry.body) // 4096 + 1

    def new_home(self, folder: Path) -> Path:
        """New hardware in the old place: enrolled, with an epoch of its own."""
        shutil.copytree(self.home / "keys", folder / "keys")
        (folder / "keys" / "data.key").unlink()
        shutil.copy(self.home / "master.db", folder / "master.db")
        grant(folder, epoch=2)
        return folder


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = a_home(tmp_path_factory.mktemp("template") / "till")
    with Desk(home) as desk:
        desk.signs_on(ANNA).opens("1000")
        for _ in range(SALES):
            desk.scans(SHOES, SOCKS).pays_cash("1000")
        desk.scans(SOCKS)
    return home


@pytest.fixture
def sold(template: Path, tmp_path: Path) -> Sold:
    home = tmp_path / "old"
    shutil.copytree(template, home)
    with Desk(home) as desk:
        entries = list(entries_of(desk.records.journal))
        desk.records.database.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    # The start that looked has written entries of its own.
    return Sold(home, list(entries))


def rescued(home: Path, damaged: Path | None, central: SecondCopy = AWAY) -> Rescued:
    return rescue(home, damaged, central=central)


def numbers_in(done: Rescued, *lists: str) -> list[int]:
    """The numbers that the lists name, with repetitions."""
    found: list[int] = []
    for named in lists:
        for run in getattr(done.receipts_by_number, named):
            first, _, last = run.partition(" to ")
            begin = int(first.rpartition("-")[2])
            found += range(begin, int(last or begin) + 1)
    return found


def bodies(home: Path) -> list[bytes]:
    with Desk(home, epoch=2) as desk:
        return [entry.body for entry in entries_of(desk.records.journal)]


def test_every_entry_is_found_without_sqlite_in_database_and_log(template: Path) -> None:
    with Desk(template) as desk:
        written = {entry.hash for entry in entries_of(desk.records.journal)}
        assert {entry.hash for entry in carve(template / "receipts.db")} == written


@pytest.mark.parametrize("pages", [range(1, 2), range(1, 6), range(3, 40, 3)])
def test_zeroed_pages_are_filled_from_central(sold: Sold, tmp_path: Path, pages: range) -> None:
    for page in pages:
        sold.zero(page)
    new = sold.new_home(tmp_path / "new")
    done = rescued(new, sold.home, SecondCopy(sold.entries))
    assert (done.is_whole, done.receipts, done.missing) == (True, SALES, ())
    assert not done.awaits_new_epoch
    assert bodies(new)[: len(sold.entries)] == [entry.body for entry in sold.entries]
    assert the_register().replay(new, "", no_progress).is_good


def test_a_truncated_database_gives_what_is_left_of_it(sold: Sold, tmp_path: Path) -> None:
    size = sold.database.stat().st_size
    with sold.database.open("r+b") as file:
        file.truncate(size // 2 + 1000)
    new = sold.new_home(tmp_path / "new")
    done = rescued(new, sold.home, SecondCopy(sold.entries[:30]))
    assert 0 < done.from_disk < len(sold.entries)
    assert done.entries >= 30
    assert done.receipts + len(numbers_in(done, "lost", "on_paper")) <= SALES
    assert not done.receipts_by_number.is_end_known


def test_what_is_lost_is_listed_by_number_with_its_paper(sold: Sold, tmp_path: Path) -> None:
    gone = [entry for entry in sold.entries if entry.sequence == 12]
    page = sold.page_of(gone[0])
    on_page = [e for e in sold.entries if sold.page_of(e) == page]
    sold.zero(page)
    new = sold.new_home(tmp_path / "new")
    done = rescued(new, sold.home)
    first, last = on_page[0].sequence, on_page[-1].sequence
    assert done.missing == (f"1:{first}-{last}" if first != last else f"1:{first}",)
    numbers = done.receipts_by_number
    assert (len(numbers.on_paper), numbers.lost) == (len(on_page), ())
    assert "Central does not answer" in done.central_trouble
    assert {Path(path).stem for path in done.papers} == {
        f"receipt-{number}" for number in numbers.on_paper
    }
    for path, number in zip(sorted(done.papers), sorted(numbers.on_paper), strict=True):
        assert number in Path(path).read_text()


def test_what_lies_behind_a_gap_is_told_again_in_the_new_series(sold: Sold, tmp_path: Path) -> None:
    entry = sold.entries[20]
    page = sold.page_of(entry)
    lost = [e for e in sold.entries if sold.page_of(e) == page]
    sold.zero(page)
    new = sold.new_home(tmp_path / "new")
    done = rescued(new, sold.home)
    behind = [e for e in sold.entries if e.sequence > lost[-1].sequence]
    assert done.appended == len(behind)
    assert done.receipts == SALES - len(done.receipts_by_number.on_paper)
    with Desk(new, epoch=2) as desk:
        again = desk.records.journal.entries_after(2, 0, 1000, 10_000_000)[: len(behind)]
        assert [e.body for e in again] == [e.body for e in behind]
        assert desk.records.journal.first_broken() is None


def test_a_lost_disk_comes_back_from_central_alone(sold: Sold, tmp_path: Path) -> None:
    new = sold.new_home(tmp_path / "new")
    central = SecondCopy(sold.entries)
    done = rescued(new, None, central)
    assert (done.from_disk, done.from_central) == (0, len(sold.entries))
    assert central.pages > 3
    with Desk(new, epoch=2) as desk:
        assert desk.state.day
        desk.signs_on(ANNA).scans(SHOES).pays_cash()
        assert desk.receipts.newest(1)[0].receipt_number == f"s01-1-2-{SALES + 1}"
        desk.takes_back("1-1-3", 1).pays_cash()
    assert the_register().replay(new, "", no_progress).is_good


def test_what_was_saved_beside_the_journal_is_not_lost(sold: Sold) -> None:
    sold.zero(sold.page_of(sold.entries[12]))
    done = rescued(sold.home, None)
    assert done.aside
    assert done.receipts_by_number.lost == ()
    left = len(numbers_in(done, "aside", "on_paper"))
    assert (done.receipts + left, done.receipts_by_number.is_end_known) == (SALES, True)


@pytest.mark.parametrize("in_place", [True, False])
@pytest.mark.parametrize("central", [None, 30])
def test_every_number_that_was_used_is_in_one_list(
    sold: Sold, tmp_path: Path, in_place: bool, central: int | None
) -> None:
    """The spool is gone too; how far the series went stands in the register or the sync file."""
    sold.zero(1)
    for sequence in (4, 20, 43):
        sold.zero(sold.page_of(sold.entries[sequence - 1]))
    with closing(SyncStore(sold.home)) as store:
        store.note(central_numbers=json.dumps({"1": SALES}))
    given = SecondCopy(sold.entries[:central] if central else None)
    home = sold.home if in_place else sold.new_home(tmp_path / "new")
    done = rescued(home, None if in_place else sold.home, given)
    lists = ("saved", "aside", "on_paper", "lost")
    assert sorted(numbers_in(done, *lists)) == list(range(1, SALES + 1))
    assert numbers_in(done, "lost")


def test_damaged_files_that_were_set_aside_are_rescued_into_a_new_home(
    sold: Sold, tmp_path: Path
) -> None:
    sold.zero(sold.page_of(sold.entries[12]))
    new = sold.new_home(tmp_path / "new")
    SigningKey.generate().save(new / KEY_FILE)
    first = rescued(sold.home, None)
    done = rescued(new, Path(first.moved_to))
    assert done.aside == ()
    with closing(open_for_sync(new)) as journal:
        key, former = load_key(new).public, former_keys(new)
        assert verify_journal(journal, key, [], no_progress, former).is_good


def test_in_place_the_damaged_files_are_kept_and_a_new_series_is_asked_for(sold: Sold) -> None:
    sold.zero(1)
    done = rescued(sold.home, None, SecondCopy(sold.entries))
    assert (done.is_whole, done.awaits_new_epoch) == (True, True)
    assert (Path(done.moved_to) / "receipts.db").exists()
    assert read_state(sold.home).awaits_new_epoch


class Cut(BaseException):
    """The machine ends here."""


class CutOff(SecondCopy):
    """The computer dies while central is asked."""

    def heartbeat(self, request: HeartbeatRequest) -> HeartbeatReply:
        raise Cut


@pytest.mark.parametrize("central", [[], None])
def test_a_rescue_in_place_that_was_cut_short_goes_on_where_it_was(
    sold: Sold, central: list[JournalEntry] | None
) -> None:
    with pytest.raises(Cut):
        rescued(sold.home, None, CutOff([]))
    assert read_state(sold.home).awaits_new_epoch
    [aside] = sold.home.glob("damaged-*")

    done = rescued(sold.home, None, SecondCopy(central))

    assert (done.receipts, done.missing, done.moved_to) == (SALES, (), str(aside))
    assert done.from_disk == len(sold.entries)


def test_a_rescue_that_was_cut_while_it_moved_the_files_moves_the_rest(sold: Sold) -> None:
    log = sold.home / "receipts.db-wal"
    log.write_bytes(b"")
    aside = sold.home / "damaged-20261122T080000Z"
    aside.mkdir()
    log.rename(aside / log.name)

    done = rescued(sold.home, None)

    assert (done.receipts, done.moved_to) == (SALES, str(aside))


def test_nothing_rescued_is_printed_by_itself(sold: Sold, tmp_path: Path) -> None:
    new = sold.new_home(tmp_path / "new")
    rescued(new, sold.home)
    with Desk(new, epoch=2) as desk:
        spool = PrintSpool(desk.records.database)
        assert spool.next_queued() is None
        assert len(spool.in_doubt()) == SALES


def test_an_open_basket_is_kept_where_nothing_was_lost(sold: Sold, tmp_path: Path) -> None:
    new = sold.new_home(tmp_path / "new")
    done = rescued(new, sold.home, SecondCopy(sold.entries))
    assert done.is_whole
    with Desk(new, epoch=2) as desk:
        desk.do(VoidBasket())
        assert desk.state.operator is not None


def test_a_home_with_a_journal_is_never_rescued_into(sold: Sold) -> None:
    with pytest.raises(SafetyTrouble, match="new home"):
        rescued(sold.home, sold.home)


def test_an_entry_whose_hash_lies_is_believed_from_nobody(sold: Sold, tmp_path: Path) -> None:
    entries = list(sold.entries)
    bad = entries[4]
    entries[4] = JournalEntry(1, 5, bad.previous_hash, b'{"made": "up"}', bad.hash)
    done = rescued(sold.new_home(tmp_path / "new"), None, SecondCopy(entries))
    assert done.missing == ("1:5",)


def test_missing_entries_are_told_in_runs(sold: Sold) -> None:
    left = [e for e in sold.entries if e.sequence not in (3, 7, 8, 9)]
    chains = chained(left, [(1, len(sold.entries) + 2)])
    end = len(sold.entries)
    assert chains.missing == ("1:3", "1:7-9", f"1:{end + 1}-{end + 2}")
    assert [entry.sequence for entry in chains.whole] == [1, 2]


def test_the_command_names_what_is_lost_and_exits_1(sold: Sold, tmp_path: Path) -> None:
    sold.zero(sold.page_of(sold.entries[10]))
    new = sold.new_home(tmp_path / "new")
    (new / "workstation.toml").write_text('[workstation]\ncentral = "http://127.0.0.1:9"\n')
    arguments = ["rescue", "--from", str(sold.home), "--home", str(new), "--json"]
    answer = CliRunner().invoke(sync, arguments)
    facts = json.loads(answer.stdout)
    assert (answer.exit_code, facts["is_whole"]) == (1, False)
    assert facts["missing"]
    assert facts["receipts_by_number"]["on_paper"]
