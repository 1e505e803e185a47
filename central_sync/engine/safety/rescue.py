"""What can be saved of a till: from its damaged files, and from central's copy of its journal.

Into a fresh enrolment of the same till (`--from` the damaged home, or none: a lost disk), or
in place, where the damaged database is moved aside. An entry is believed by its hash, whoever
gives it. The thing to get wrong: taking up the old series; entries may have been printed of
which nothing is left, so a till rescued in place waits for a new epoch.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from central_sync.engine.client import utc_now
from central_sync.engine.former_keys import FILE as FORMER
from central_sync.engine.former_keys import former_keys, remember_former
from central_sync.engine.home_keys import DATA_KEY, STORE_KEY, KeysAway, keep_keys, kept_keys
from central_sync.engine.safety.aside import DAMAGED, folder_of, note_aside, set_aside
from central_sync.engine.safety.copies import RECEIPTS, journal_files
from central_sync.engine.safety.register import the_register
from central_sync.engine.safety.rescued import (
    Left,
    Paper,
    Rebuilt,
    ReceiptLists,
    Salvaged,
    chained,
    ranges,
)
from central_sync.engine.safety.restore import (
    WORK_FOLDER,
    bring_former_keys,
    bring_settings,
    still,
    unpacked,
)
from central_sync.engine.safety.second_copies import (
    SecondCopy,
    asked,
    highest_numbers,
    marks_of,
    sync_file,
)
from central_sync.engine.safety.trouble import SafetyTrouble
from central_sync.engine.settings import FILE as SETTINGS
from central_sync.engine.state import SyncState, SyncStore, read_state
from central_sync.engine.workstation import (
    KEY_FILE,
    Progress,
    iso,
    load_key,
    no_progress,
    not_enrolled,
)
from central_sync.retail.journal import JournalEntry
from central_sync.wire.archive import Secrets
from central_sync.wire.bundle import remove_folder, sync_folder

RESCUED_FOLDER = "rescued"
REBUILT_FOLDER = "rescue.work"
LOOSE_FILE = "entries-behind-a-gap.jsonl"


@dataclass(frozen=True, slots=True)
class Rescued:
    """`from_central` counts entries that the disk no longer had.

    Entries: `saved` stand in the journal again, `aside` in `loose_file`, `missing` are gone (each
    in runs, "1:57-60"). Receipts: each used number is in one of `receipts_by_number`; `papers`
    are the files with the text of those that are left on paper alone.
    """

    workstation: str
    entries: int
    receipts: int
    from_disk: int
    from_central: int
    appended: int
    saved: tuple[str, ...]
    aside: tuple[str, ...]
    missing: tuple[str, ...]
    receipts_by_number: ReceiptLists
    papers: tuple[str, ...]
    loose_file: str
    central_trouble: str
    troubles: tuple[str, ...]
    moved_to: str
    awaits_new_epoch: bool

    @property
    def is_whole(self) -> bool:
        numbers = self.receipts_by_number
        is_short = self.missing or self.loose_file or numbers.lost or numbers.on_paper
        return not (is_short or self.central_trouble)


def rescue(
    home: Path,
    damaged: Path | None = None,
    *,
    backup: Path | None = None,
    passphrase: str = "",
    central: SecondCopy | None = None,
    now: Callable[[], datetime] = utc_now,
    progress: Progress = no_progress,
) -> Rescued:
    """Make the home's receipts.db from what is left; raises SafetyTrouble, SyncTrouble, OSError.

    `home` is enrolled. With `damaged` (another home) or a `backup` it has no journal yet;
    without, its own journal is the damaged one, or it has none and central is asked alone.
    """
    state = _known(home)
    assert state.identity is not None
    work = home / REBUILT_FOLDER
    with still(home, "rescue"), _opened(home, backup, passphrase, progress) as unpacked:
        damaged = damaged or unpacked
        present = _present(home)
        if damaged is not None and present:
            raise SafetyTrouble(
                f"{home} has a {present[0].name} already. Rescue into a new home that is enrolled"
                " with a code from head office."
            )
        moved_to = _cut_short(home) if damaged is None else None
        if damaged is None and present:
            # Before its journal goes: a till that is started after a cut must not begin anew.
            _mark(home, state, iso(now()))
            moved_to = _move_aside(home, present, moved_to or folder_of(home, DAMAGED, now()))
        is_in_place = moved_to is not None
        source = moved_to or damaged
        progress("reading what is left", 0, 0)
        found = the_register().salvage(source) if source else Salvaged()
        given = asked(home, state, found, central, now, progress)
        before = sync_file(damaged)
        heads = [*given.heads, *marks_of(state), *marks_of(before)]
        chains = chained([*found.entries, *given.entries], heads)
        is_anew = not is_in_place and state.newest_epoch not in {e.epoch for e in chains.whole}
        if not is_anew:
            _mark(home, state, iso(now()))
        remove_folder(work)
        work.mkdir(mode=0o700)
        rebuilt = the_register().rebuild(
            *(work, source, chains.whole, chains.loose if is_anew else ()),
            state.newest_epoch,
            load_key(home).sign,
            Left(
                state.identity.workstation_id,
                () if is_anew else chains.loose,
                highest_numbers(given.numbers, state, before),
            ),
        )
        (work / RECEIPTS).rename(home / RECEIPTS)
        work.rmdir()
        sync_folder(home)
        aside = rebuilt.untold if is_anew else chains.loose
        loose_file = _keep_loose(home, aside)
        troubles = [*found.troubles, *_bring_keys(home, damaged)]
        if damaged is not None:
            bring_settings(home, damaged / SETTINGS)
            bring_former_keys(home, damaged / KEY_FILE, damaged / FORMER)
        disk = {entry.hash for entry in found.entries}
        whole = chains.whole
        beside = {entry.hash for entry in aside}
        told = [entry for entry in (*whole, *chains.loose) if entry.hash not in beside]
    done = Rescued(
        workstation=state.identity.workstation_id,
        entries=len(whole) + rebuilt.appended,
        receipts=rebuilt.receipts,
        from_disk=sum(entry.hash in disk for entry in (*whole, *chains.loose)),
        from_central=sum(entry.hash not in disk for entry in (*whole, *chains.loose)),
        appended=rebuilt.appended,
        saved=_runs(told),
        aside=_runs(aside),
        missing=chains.missing,
        receipts_by_number=rebuilt.numbers,
        papers=_keep_papers(home, rebuilt),
        loose_file=loose_file,
        central_trouble=given.trouble,
        troubles=tuple(troubles),
        moved_to=str(moved_to) if moved_to else "",
        awaits_new_epoch=read_state(home).awaits_new_epoch,
    )
    if moved_to:
        _note(moved_to, done)
    return done


@contextmanager
def _opened(
    home: Path, backup: Path | None, passphrase: str, progress: Progress
) -> Iterator[Path | None]:
    """The folder in which a backup's files lie for as long as this lasts."""
    if backup is None:
        yield None
        return
    work = home / WORK_FOLDER
    remove_folder(work)
    try:
        unpacked(home, backup, Secrets(passphrase), work, progress)
        yield work
    finally:
        remove_folder(work)


def _known(home: Path) -> SyncState:
    state = read_state(home)
    if state.identity is None:
        raise not_enrolled()
    return state


def _runs(entries: Iterable[JournalEntry]) -> tuple[str, ...]:
    by_epoch: dict[int, set[int]] = {}
    for entry in entries:
        by_epoch.setdefault(entry.epoch, set()).add(entry.sequence)
    return tuple(
        run for epoch in sorted(by_epoch) for run in ranges(epoch, sorted(by_epoch[epoch]))
    )


def _present(home: Path) -> list[Path]:
    """The journal's files; a log without its database would be played into the next one."""
    return [path for path in journal_files(home) if path.exists()]


def _cut_short(home: Path) -> Path | None:
    """Where a rescue in place has begun to put the damaged files, and did not come to its end."""
    folders = [each.path for each in set_aside(home) if each.is_needed is None]
    damaged = [path for path in folders if path.name.startswith(DAMAGED)]
    is_here = (home / RECEIPTS).exists()
    return next((path for path in reversed(damaged) if (path / RECEIPTS).exists() != is_here), None)


def _move_aside(home: Path, present: Iterable[Path], folder: Path) -> Path:
    folder.mkdir(mode=0o700, exist_ok=True)
    # Whoever rescues from there into a new home needs whose signatures these are, and the notes.
    remember_former(folder, *former_keys(home), load_key(home).public)
    notes = home / f"keys/{DATA_KEY}.key"
    if notes.exists():
        shutil.copy2(notes, folder / f"keys/{DATA_KEY}.key")
    for path in present:
        path.rename(folder / path.name)
    return folder


def _note(moved_to: Path, done: Rescued) -> None:
    """Nothing where nobody knows how much there was."""
    numbers = done.receipts_by_number
    is_needed = bool(done.missing or done.aside or numbers.lost or numbers.on_paper)
    if is_needed or numbers.is_end_known:
        note_aside(moved_to, is_needed=is_needed)


def _mark(home: Path, state: SyncState, at: str) -> None:
    store = SyncStore(home)
    try:
        store.note(restored_epoch=state.newest_epoch, restored_from=at)
    finally:
        store.close()


def _bring_keys(home: Path, damaged: Path | None) -> list[str]:
    """What the old home sealed stays readable here."""
    troubles = []
    for name in (DATA_KEY, STORE_KEY) if damaged else ():
        try:
            keys = kept_keys(damaged, name) if damaged else None
            if keys is not None:
                keep_keys(home, name, keys)
        except (KeysAway, OSError, sqlite3.Error) as problem:
            troubles.append(f"{name}.key: {problem}")
    return troubles


def _keep_loose(home: Path, loose: Sequence[JournalEntry]) -> str:
    """Entries without a chain, as they came, for a later rescue into a fresh enrolment."""
    if not loose:
        return ""
    path = _folder(home) / LOOSE_FILE
    lines = [
        json.dumps(
            {
                "epoch": entry.epoch,
                "sequence": entry.sequence,
                "previous_hash": entry.previous_hash.hex(),
                "hash": entry.hash.hex(),
                "body": entry.body.decode("utf-8", "replace"),
            }
        )
        for entry in loose
    ]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def _keep_papers(home: Path, rebuilt: Rebuilt) -> tuple[str, ...]:
    return tuple(_keep_paper(home, paper) for paper in rebuilt.papers)


def _keep_paper(home: Path, paper: Paper) -> str:
    path = _folder(home) / f"receipt-{paper.receipt_number}.txt"
    path.write_text(paper.text, encoding="utf-8")
    return str(path)


def _folder(home: Path) -> Path:
    folder = home / RESCUED_FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    return folder
