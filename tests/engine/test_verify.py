from __future__ import annotations

from dataclasses import replace

from central_sync.engine.plan import Fork, Mark
from central_sync.engine.sync_state import SyncState
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.verify import Verified, verify_journal
from central_sync.engine.workstation import no_progress
from central_sync.wire.keys import SigningKey
from tests.engine.journal_twin import MemoryJournal


def journal(count: int = 5) -> MemoryJournal:
    made = MemoryJournal()
    made.append(1, count=count)
    return made


def check(made: MemoryJournal, *central: Mark, trouble: SyncTrouble | None = None) -> Verified:
    return verify_journal(made, made.key.public, trouble or list(central), no_progress)


def head(made: MemoryJournal, sequence: int) -> Mark:
    return Mark(1, sequence, made.epochs[1][sequence - 1].hash)


def test_a_whole_journal_that_central_shares_is_good() -> None:
    made = journal(2500)
    found = check(made, head(made, 2400))
    assert found.is_good
    assert (found.epochs[0].entries, found.epochs[0].at_central) == (2500, 2400)


def test_the_first_changed_entry_is_named() -> None:
    made = journal()
    made.damage(1, 3)
    made.damage(1, 4)
    assert check(made).epochs[0].fault == "1:3 has been changed"


def test_the_first_missing_entry_is_named() -> None:
    made = journal()
    del made.epochs[1][2]
    assert check(made).epochs[0].fault.startswith("1:3 missing")


def test_an_entry_signed_by_another_key_is_named() -> None:
    made = journal()
    entry = made.epochs[1][1]
    made.epochs[1][1] = replace(entry, signature=SigningKey.generate().sign(entry.hash))
    assert check(made).epochs[0].fault.startswith("1:2 is not signed")


def test_what_only_central_has_is_named() -> None:
    made = journal(3)
    found = check(made, Mark(1, 5, b"x" * 32), Mark(2, 4, b"x" * 32))
    assert [each.central_fault.split()[0] for each in found.epochs] == ["1:4", "2:1"]


def test_what_another_disk_of_this_till_wrote_is_told_and_no_fault() -> None:
    made = journal(5)
    healed = SyncState(epochs=(1, 3), forks={1: Fork("fork", 1, 3, head(made, 3).hash)})
    theirs = [Mark(1, 9, b"x" * 32), Mark(2, 4, b"x" * 32)]

    found = verify_journal(made, made.key.public, theirs, no_progress, state=healed)

    assert found.is_good
    assert [each.other_life for each in found.epochs] == ["1:4", "2:1"]
    lost = verify_journal(made, made.key.public, [Mark(3, 2)], no_progress, state=healed)
    assert [each.central_fault for each in lost.epochs][1:] == [
        "3:1 is at central and missing here"
    ]


def test_another_entry_at_central_is_named() -> None:
    assert check(journal(3), Mark(1, 2, b"x" * 32)).epochs[0].central_fault.startswith("1:2 ")


def test_without_central_the_journal_is_checked_alone() -> None:
    cut = SyncTrouble(Code.CUT, "Cut.", "Wait.")
    found = check(journal(), trouble=cut)
    assert (found.is_good, found.central_trouble) == (True, "Cut. Wait.")


def test_what_a_former_key_of_this_till_signed_is_good() -> None:
    made, new = journal(3), SigningKey.generate()
    assert not verify_journal(made, new.public, [], no_progress).is_good
    assert verify_journal(made, new.public, [], no_progress, [made.key.public]).is_good
