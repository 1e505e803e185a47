from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from central_sync.engine.doctor_files import sync_file
from central_sync.engine.plan import Mark
from central_sync.engine.state import (
    FILE,
    Identity,
    StateReader,
    StateUnreadable,
    SyncState,
    SyncStore,
    read_state,
)
from central_sync.engine.state_file import VERSION
from central_sync.engine.trouble import SyncTrouble
from central_sync.engine.workstation import iso
from tests.engine.journal_twin import NOON

IDENTITY = Identity("s01-1", "1", "s01", "Växjö", "Två Par AB", "SE", "key")


def test_a_home_without_sync_is_an_empty_state_and_stays_empty(tmp_path: Path) -> None:
    assert read_state(tmp_path) == SyncState()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_never_taken_for_a_till_that_is_not_enrolled(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"no database" * 400)
    with pytest.raises(StateUnreadable, match="not a database"):
        read_state(tmp_path)
    (tmp_path / FILE).write_bytes(b"")  # being made just now
    assert read_state(tmp_path) == SyncState()


def test_what_the_sync_writes_the_core_reads(tmp_path: Path) -> None:
    with closing(SyncStore(tmp_path)) as store, closing(StateReader(tmp_path)) as reader:
        assert reader.read().identity is None
        store.enrolled(IDENTITY, 3, iso(NOON))
        store.set_marks({3: Mark(3, 7, b"h" * 32)})
        store.set_cursors({"chain": 9})
        store.note(last_error_code="cut", last_error="Cut.", clock_skew_seconds=-4)
        state = reader.read()
    assert (state.identity, state.newest_epoch) == (IDENTITY, 3)
    assert (state.mark(3), state.mark(4)) == (Mark(3, 7, b"h" * 32), Mark(4))
    assert state.cursors == {"chain": 9}
    assert (state.last_error_code, state.clock_skew_seconds) == ("cut", -4)


def test_nothing_is_read_again_while_nothing_changes(tmp_path: Path) -> None:
    with closing(SyncStore(tmp_path)) as store, closing(StateReader(tmp_path)) as reader:
        store.note(held="x")
        assert reader.read() is reader.read()


def test_a_nonce_is_kept_until_the_enrolment_is_done(tmp_path: Path) -> None:
    with closing(SyncStore(tmp_path)) as store:
        assert store.nonce("first") == "first"
    with closing(SyncStore(tmp_path)) as store:
        assert store.nonce("second") == "first"
        store.enrolled(IDENTITY, 1, iso(NOON))
        assert store.nonce("third") == "third"


def test_a_file_of_a_newer_program_is_neither_read_nor_changed(tmp_path: Path) -> None:
    with closing(SyncStore(tmp_path)) as store:
        store.enrolled(IDENTITY, 1, iso(NOON))
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
        connection.execute("PRAGMA journal_mode = DELETE")
    before = (tmp_path / FILE).read_bytes()

    with pytest.raises(SyncTrouble, match="newer program"):
        SyncStore(tmp_path)

    with closing(StateReader(tmp_path)) as reader:
        assert reader.read().identity is None
        assert "newer program" in reader.problem
    assert (tmp_path / FILE).read_bytes() == before


def test_a_file_from_before_versions_gets_one(tmp_path: Path) -> None:
    with closing(SyncStore(tmp_path)) as store:
        store.enrolled(IDENTITY, 1, iso(NOON))
    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        connection.execute("PRAGMA user_version = 0")

    with closing(SyncStore(tmp_path)) as store:
        assert store.state().identity == IDENTITY

    with closing(sqlite3.connect(tmp_path / FILE)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


@pytest.mark.parametrize(
    ("age_seconds", "code", "online"),
    [
        *((5, "", True), (29, "", True), (31, "", False), (5, "cut", False), (5, "fork", True)),
        (-1, "", True),  # written after the time was asked for
        (-3600, "", False),  # the clock was an hour ahead then, which says nothing of now
    ],
)
def test_a_till_is_online_when_central_was_reached_just_now(
    age_seconds: int, code: str, online: bool
) -> None:
    state = SyncState(last_contact_at=iso(NOON), last_error_code=code)
    assert state.is_online(NOON + timedelta(seconds=age_seconds)) is online
    assert not SyncState().is_online(NOON)


def test_what_was_written_is_what_another_process_reads(tmp_path: Path) -> None:
    store = SyncStore(tmp_path)
    try:
        store.enrolled(IDENTITY, 1, iso(NOON))
        states = [store.state()]
        store.note(clock_skew_seconds=7, central_numbers='{"1": 12}', held="why")
        states.append(store.state())
        store.set_marks({1: Mark(1, 2, b"h" * 32)})
        store.note(held="", central_positions='{"chain": 4}')
        states.append(store.state())
        store.set_marks({2: Mark(2, 9, b"i" * 32)}, last_contact_at=iso(NOON))
        states.append(store.state())
    finally:
        store.close()
    assert states[1].central_numbers == {1: 12}
    assert states[3] == read_state(tmp_path)
    assert (set(states[2].marks), set(states[3].marks)) == ({1}, {1, 2})
    assert (states[2].last_contact_at, states[3].last_contact_at) == ("", iso(NOON))
    assert len({state.held for state in states}) == 2


def test_a_fact_that_rotted_is_told_and_takes_no_reader_down(tmp_path: Path) -> None:
    with closing(SyncStore(tmp_path)) as store:
        store.note(safe="[[1, 2", last_contact_at="2o26-11-22")
        with closing(StateReader(tmp_path)) as reader:
            assert reader.read() == SyncState()
            assert "safe is damaged" in reader.problem
        assert not sync_file(tmp_path).is_good
        store.note(safe="[]")
    assert not read_state(tmp_path).is_online(NOON)
