"""The engine against the real central, over real sockets, with the register's real journal."""

from __future__ import annotations

import fcntl
import json
import stat
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from central_sync.database import tables as t
from central_sync.engine.client import HttpCentral
from central_sync.engine.commands import sync
from central_sync.engine.enrol import enrol
from central_sync.engine.report import RoundReport
from central_sync.engine.rotating import FORMER_FOLDER, forget_former, rotate_key
from central_sync.engine.round import contact, poll_feed
from central_sync.engine.settings import read_settings
from central_sync.engine.state import read_state
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import iso, load_key, open_workstation
from central_sync.masterfile.check import open_reader, read_facts
from central_sync.masterfile.search import search
from central_sync.server.auth import till_of
from central_sync.wire.keys import SigningKey, make_token
from pos_client.storage.database import durable, open_receipts
from pos_client.storage.journal import JournalReader, append
from tests.engine.journal_twin import body
from tests.engine.real_central import Cut, RealCentral, Wire


class Till:
    """A workstation's home folder, sold at by writing its journal."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.hashes: list[bytes] = []

    def sell(self, count: int = 1, epoch: int = 1) -> None:
        database = open_receipts(self.home / "receipts.db")
        head = JournalReader(database).head(epoch)
        key = load_key(self.home)
        with durable(database) as connection:
            for _ in range(count):
                entry = body(epoch, head.sequence + 1, "")
                head = append(connection, head, entry, key.sign)
                self.hashes.append(head.hash)
        database.conn.close()

    def contact(self) -> RoundReport:
        with open_workstation(self.home) as workstation:
            return contact(workstation)

    def codes(self, report: RoundReport) -> list[Code]:
        return [trouble.code for trouble in report.troubles]

    def shelf_price(self, sku: str) -> int:
        reader = open_reader(self.home / "master.db")
        try:
            return search(reader, sku, 1)[0].price_minor
        finally:
            reader.close()


@pytest.fixture
def central(tmp_path: Path) -> Iterator[RealCentral]:
    made = RealCentral(tmp_path / "central")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def wire(central: RealCentral) -> Iterator[Wire]:
    made = Wire(central)
    yield made
    made.close()


@pytest.fixture
def till(tmp_path: Path, central: RealCentral, wire: Wire) -> Till:
    home = tmp_path / "till"
    enrol(home, central.code(), central_url=wire.url)
    return Till(home)


def test_an_enrolled_till_knows_who_it_is_and_keeps_its_key_to_itself(
    till: Till, wire: Wire
) -> None:
    state = read_state(till.home)
    assert state.identity is not None
    assert (state.identity.label, state.identity.store_id, state.newest_epoch) == ("1", "s01", 1)
    key = till.home / "keys" / "workstation.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    central_key = (till.home / "keys" / "central.pub").read_text().strip()
    assert central_key == state.identity.central_public_key
    assert wire.url in (till.home / "workstation.toml").read_text()


def test_a_lost_reply_to_an_enrolment_is_mended_by_the_same_command(
    tmp_path: Path, central: RealCentral, wire: Wire
) -> None:
    home, code = tmp_path / "till", central.code()
    wire.cuts.append(Cut(after_down_bytes=10))
    with pytest.raises(SyncTrouble) as raised:
        enrol(home, code, central_url=wire.url)
    assert raised.value.code is Code.CUT
    assert enrol(home, code, central_url=wire.url).workstation_id == "s01-1"


def test_a_wrong_or_used_code_is_refused_in_one_sentence(
    tmp_path: Path, central: RealCentral
) -> None:
    code = central.code()
    enrol(tmp_path / "first", code, central_url=central.url)
    for wrong, why in (("ABCD-EFGHJ-KMNPQ", "wrong"), (code, "used")):
        answer = CliRunner().invoke(
            sync, ["enrol", wrong, "--central", central.url, "--home", str(tmp_path / "second")]
        )
        assert answer.exit_code == 1
        assert why in answer.stderr
        assert len(answer.stderr.strip().splitlines()) == 1


def test_the_first_contact_brings_the_store_and_takes_the_receipts(
    till: Till, central: RealCentral
) -> None:
    till.sell(1200)
    report = till.contact()
    assert (till.codes(report), report.receipts, report.is_snapshot_taken) == ([], 1200, True)
    assert [entry[2] for entry in central.stored()] == till.hashes
    facts = read_facts(till.home / "master.db")
    assert (facts.store_id, facts.counts["item"], facts.counts["store"]) == ("s01", 404, 1)
    assert read_state(till.home).mark(1).sequence == 1200


@pytest.mark.parametrize(
    "cut",
    [Cut(after_up_bytes=3_000), Cut(after_up_bytes=700), Cut(after_down_bytes=0)],
    ids=["inside a batch", "inside the first headers", "before the reply"],
)
def test_an_upload_that_was_cut_goes_on_and_doubles_nothing(
    till: Till, central: RealCentral, wire: Wire, cut: Cut
) -> None:
    till.contact()
    till.sell(1300)
    wire.cuts.append(cut)
    assert till.codes(till.contact()) == [Code.CUT]
    assert till.codes(till.contact()) == []
    assert [entry[:2] for entry in central.stored()] == [(1, n + 1) for n in range(1300)]
    assert [entry[2] for entry in central.stored()] == till.hashes


def test_a_central_that_was_away_gets_everything_once(till: Till, central: RealCentral) -> None:
    till.contact()
    central.stop()
    till.sell(5)
    assert till.codes(till.contact()) in ([Code.CUT], [Code.UNREACHABLE])
    central.start()
    till.sell(5)
    assert till.codes(till.contact()) == []
    assert [entry[2] for entry in central.stored()] == till.hashes


def test_a_changed_price_comes_by_the_feed(till: Till, central: RealCentral) -> None:
    till.contact()
    central.set_price("LS2-BLA-42", 55500)
    with open_workstation(till.home) as workstation:
        report = poll_feed(workstation)
    assert (till.codes(report), report.changes) == ([], 1)
    assert till.shelf_price("LS2-BLA-42") == 55500


def test_a_snapshot_cut_in_the_middle_is_resumed_by_range(
    till: Till, central: RealCentral, wire: Wire
) -> None:
    till.contact()
    (till.home / "master.db").unlink()
    wire.cuts.append(Cut(after_down_bytes=9000))
    assert till.codes(till.contact()) == [Code.CUT]
    already = (till.home / "snapshot.part").stat().st_size
    wire.down_bytes = 0
    report = till.contact()
    assert already > 4000
    assert wire.down_bytes < central.snapshot_bytes() - already + 4000
    assert (till.codes(report), report.is_snapshot_taken) == ([], True)
    assert till.shelf_price("LS2-BLA-42") == 89900


def test_a_revoked_till_is_told_and_what_it_sends_is_kept_aside(
    till: Till, central: RealCentral
) -> None:
    till.contact()
    till.sell(3)
    central.revoke()
    for _ in range(2):
        report = till.contact()
        assert till.codes(report) == [Code.REVOKED]
    assert central.stored() == []
    assert central.aside() == [(1, "revoked"), (2, "revoked"), (3, "revoked")]
    assert read_state(till.home).mark(1).sequence == 0


def test_a_revoked_till_enrolled_again_sends_what_it_kept(till: Till, central: RealCentral) -> None:
    till.contact()
    till.sell(3)
    central.revoke()
    till.contact()
    enrol(till.home, central.new_code(), again=True)
    till.sell(2, epoch=2)
    assert till.codes(till.contact()) == []
    assert [entry[2] for entry in central.stored()] == till.hashes
    assert read_state(till.home).newest_epoch == 2


def test_a_home_stays_that_of_its_workstation(till: Till, central: RealCentral) -> None:
    with pytest.raises(SyncTrouble, match="already enrolled"):
        enrol(till.home, central.code("2"))
    with pytest.raises(SyncTrouble, match="workstation code"):
        enrol(till.home, central.code("2"), again=True)
    assert read_state(till.home).newest_epoch == 1


def test_a_till_that_is_selling_is_not_given_another_epoch(
    till: Till, central: RealCentral
) -> None:
    with (till.home / "core.lock").open("a") as register:
        fcntl.flock(register, fcntl.LOCK_EX)
        with pytest.raises(SyncTrouble, match="is running"):
            enrol(till.home, central.new_code(), again=True)


def test_a_central_restored_from_an_older_copy_is_filled_again(
    till: Till, central: RealCentral, tmp_path: Path
) -> None:
    till.sell(10)
    till.contact()
    central.stop()
    central.copy_away(tmp_path / "backup")
    central.start()
    till.sell(10)
    till.contact()
    central.stop()
    central.put_back(tmp_path / "backup")
    central.start()
    assert len(central.stored()) == 10
    assert till.codes(till.contact()) == []
    assert [entry[2] for entry in central.stored()] == till.hashes


def test_a_central_whose_history_parted_is_noticed_at_the_same_position(
    till: Till, central: RealCentral, tmp_path: Path
) -> None:
    till.contact()
    central.stop()
    central.copy_away(tmp_path / "backup")
    central.start()
    central.set_price("LS2-BLA-42", 11_100)
    till.contact()
    central.stop()
    central.put_back(tmp_path / "backup")
    central.start()
    central.set_price("LS2-BLA-42", 22_200)

    with open_workstation(till.home) as workstation:
        reports = [poll_feed(workstation) for _ in range(2)]

    assert [report.is_snapshot_taken for report in reports] == [True, False]
    assert till.shelf_price("LS2-BLA-42") == 22_200


def test_the_commands_tell_the_same_story(till: Till, central: RealCentral) -> None:
    till.sell(3)
    where = ["--home", str(till.home)]
    run = CliRunner().invoke
    assert "send 3 journal entries (1:1 to 1:3)" in run(sync, ["now", "--dry-run", *where]).stdout
    assert central.stored() == []
    done = json.loads(run(sync, ["now", "--json", *where]).stdout)
    assert (done["receipts_sent"], done["is_snapshot_taken"]) == (3, True)
    assert run(sync, ["now", *where]).stdout == "In step with central.\n"
    assert "complete" in run(sync, ["verify", *where]).stdout
    doctor = run(sync, ["doctor", *where])
    assert "answers and knows this till" in doctor.stdout
    status = json.loads(run(sync, ["status", "--json", *where]).stdout)
    assert status["streams"][0] == {
        "name": "receipts",
        "here": "1:3",
        "there": "1:3",
        "behind": 0,
        "oldest_at": "",
        "problem": "",
    }
    assert status["is_online"]


def test_verify_fails_when_central_cannot_be_asked(till: Till, central: RealCentral) -> None:
    till.sell(1)
    till.contact()
    central.stop()

    answer = CliRunner().invoke(sync, ["verify", "--home", str(till.home)])

    assert answer.exit_code == 1
    assert "Central was not asked" in answer.output


def test_verify_names_the_first_entry_that_central_lacks_or_has_otherwise(
    till: Till, central: RealCentral
) -> None:
    till.sell(3)
    till.contact()
    (till.home / "receipts.db").unlink()
    for rest in till.home.glob("receipts.db-*"):
        rest.unlink()
    till.sell(2)
    answer = CliRunner().invoke(sync, ["verify", "--home", str(till.home)])
    assert answer.exit_code == 1
    assert "1:3 is at central and missing here" in answer.stdout


def test_a_changed_key_speaks_for_the_till_and_the_former_signatures_still_count(
    till: Till, central: RealCentral
) -> None:
    till.sell(2)
    till.contact()
    former = load_key(till.home)
    where = ["--home", str(till.home)]

    answer = CliRunner().invoke(sync, ["rotate-key", *where, "--json"])

    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout)["public_key"] == load_key(till.home).public != former.public
    assert stat.S_IMODE((till.home / "keys" / "workstation.key").stat().st_mode) == 0o600
    till.sell(2)
    assert till.codes(till.contact()) == []
    assert [entry[2] for entry in central.stored()] == till.hashes
    assert "complete" in CliRunner().invoke(sync, ["verify", *where]).stdout


def test_a_key_change_whose_answer_is_lost_is_mended_by_the_same_command(
    till: Till, wire: Wire
) -> None:
    wire.cuts.append(Cut(after_down_bytes=10))
    with pytest.raises(SyncTrouble):
        rotate_key(till.home)
    assert till.codes(till.contact()) == [], "the former key is trusted meanwhile"
    rotate_key(till.home)
    assert till.codes(till.contact()) == []


def test_a_central_from_before_two_changes_of_key_learns_of_the_newest(
    till: Till, central: RealCentral, tmp_path: Path
) -> None:
    till.sell(2)
    till.contact()
    central.stop()
    central.copy_away(tmp_path / "backup")
    central.start()
    for _ in range(2):
        rotate_key(till.home)
        till.sell(1)
        till.contact()
    central.stop()
    central.put_back(tmp_path / "backup")
    central.start()

    till.contact()

    assert till.codes(till.contact()) == []
    assert [entry[2] for entry in central.stored()] == till.hashes


def test_former_keys_go_when_a_backup_and_a_month_have_passed(tmp_path: Path) -> None:
    folder = tmp_path / FORMER_FOLDER
    SigningKey.generate().save(folder / "20261101T120000000000Z.key")
    month_later = datetime(2026, 12, 2, tzinfo=UTC)
    forget_former(tmp_path, "", month_later)
    forget_former(tmp_path, "2026-10-31T22:30:00.000Z", month_later)
    forget_former(tmp_path, "2026-11-02T22:30:00.000Z", datetime(2026, 11, 20, tzinfo=UTC))
    assert len(list(folder.iterdir())) == 1
    copy = folder / "20261101T120000000000Z (copy).key"
    copy.touch()
    forget_former(tmp_path, "2026-11-02T22:30:00.000Z", month_later)
    assert list(folder.iterdir()) == [copy]


def test_the_former_key_speaks_for_a_day_more_and_no_longer(
    till: Till, central: RealCentral
) -> None:
    former = load_key(till.home)
    rotate_key(till.home)
    token = make_token(former, workstation_id="s01-1", now_seconds=int(time.time()))
    now = datetime.now(UTC)
    with central.opened() as office, office.database.reading() as connection:
        spoken = till_of(connection, token, iso(now))
        assert (spoken.sender.public_key, spoken.is_revoked) == (former.public, False)
        assert till_of(connection, token, iso(now + timedelta(hours=25))).is_revoked


def test_what_a_replaced_computer_still_sends_is_kept_aside_for_a_person(
    till: Till, central: RealCentral, tmp_path: Path
) -> None:
    till.sell(1)
    till.contact()
    enrol(tmp_path / "new", central.new_code(), central_url=central.url)
    till.sell(2)

    assert till.codes(till.contact()) == [Code.REVOKED]

    assert len(central.stored()) == 1
    assert central.aside() == [(2, "revoked"), (3, "revoked")]


def test_a_till_whose_clock_is_wrong_sends_all_the_same_and_central_sees_how_far_off_it_is(
    till: Till, central: RealCentral
) -> None:
    ahead = timedelta(days=400)
    till.sell(2)

    with open_workstation(till.home) as workstation:
        workstation.central.close()
        line = HttpCentral(
            read_settings(till.home),
            key=workstation.key,
            workstation_id=workstation.identity.workstation_id,
            now=lambda: datetime.now(UTC) + ahead,
        )
        wrong = replace(workstation, central=line, now=lambda: datetime.now(UTC) + ahead)
        first = contact(wrong)
        with central.opened() as office, office.database.reading() as connection:
            off = connection.execute(select(t.workstation.c.clock_skew_seconds)).scalar_one()
        ahead = timedelta()
        mended = contact(wrong)
        line.close()

    assert (first.receipts, first.troubles, mended.troubles) == (2, [], [])
    assert off == pytest.approx(timedelta(days=400).total_seconds(), abs=60)
