"""Notes go before the entries that name them, and never hold them up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from central_sync.engine.home_keys import store_keys
from central_sync.engine.notes import Note
from central_sync.engine.round import contact, send_receipts
from tests.engine.conftest import Shop
from tests.masterfile.chain import delete

NOTE = Note("n-1", "customer", "c-1", "2026-11-22T12:00:00.000Z", {"name": "Eva"})


@dataclass
class MemoryNotes:
    """The twin of the register's notes."""

    notes: list[Note] = field(default_factory=lambda: [NOTE])

    def waiting(self, sent: Collection[str]) -> Sequence[Note]:
        return [note for note in self.notes if note.note_id not in sent]

    def close(self) -> None:
        return None


def test_a_note_is_at_central_before_the_entries(shop: Shop) -> None:
    shop.workstation.notes = MemoryNotes()
    shop.journal.append(count=3)

    send_receipts(shop.workstation)

    first_of = {call.split()[0]: at for at, call in reversed(list(enumerate(shop.central.calls)))}
    assert first_of["note"] < first_of["journal"]
    assert shop.central.notes["n-1"].content == {"name": "Eva"}


def test_a_note_whose_answer_was_lost_comes_again_and_is_sent_once(shop: Shop) -> None:
    shop.workstation.notes = MemoryNotes()
    shop.journal.append(count=1)
    shop.central.lost_replies = 1

    first, second = send_receipts(shop.workstation), send_receipts(shop.workstation)
    send_receipts(shop.workstation)

    assert (len(first.troubles), second.troubles, second.receipts) == (1, [], 1)
    assert shop.central.calls.count("note n-1") == 2


def test_a_refused_note_does_not_hold_up_the_receipts(shop: Shop) -> None:
    shop.workstation.notes = MemoryNotes()
    shop.central.refuses_notes = True
    shop.journal.append(count=2)

    report = send_receipts(shop.workstation)

    assert (report.receipts, report.troubles) == (2, [])
    assert shop.workstation.store.settled_notes(shop.workstation.now()) == {"n-1"}


def test_a_note_without_a_receipt_goes_at_the_next_contact(shop: Shop) -> None:
    shop.workstation.notes = MemoryNotes()

    contact(shop.workstation)

    assert list(shop.central.notes) == ["n-1"]


def test_a_central_that_came_back_older_gets_the_notes_again(shop: Shop) -> None:
    shop.workstation.notes = MemoryNotes()
    shop.journal.append(count=3)
    contact(shop.workstation)
    shop.central.forget_entries_after(1, 1)
    shop.central.notes.clear()

    contact(shop.workstation)

    assert list(shop.central.notes) == ["n-1"]
    assert len(shop.central.entries[1]) == 3
    assert shop.central.calls.count("note n-1") == 2


def test_a_central_with_an_older_catalogue_gets_the_notes_again(shop: Shop) -> None:
    shop.workstation.notes = MemoryNotes()
    contact(shop.workstation)
    shop.central.change(delete(0, "price", "LS2-BLA-42"))
    contact(shop.workstation)
    shop.central.feeds["chain"].clear()
    shop.central.notes.clear()

    contact(shop.workstation)
    contact(shop.workstation)

    assert list(shop.central.notes) == ["n-1"]


def test_the_store_s_key_is_fetched_when_the_heartbeat_names_another(shop: Shop) -> None:
    shop.central.store_key_id = shop.central.people_keys.newest.key_id

    contact(shop.workstation)
    contact(shop.workstation)

    known = store_keys(shop.workstation.home)
    assert known is not None
    assert known.newest.secret == shop.central.people_keys.newest.secret
    assert shop.central.calls.count("store_keys") == 1
