"""What this workstation has, as the plan wants to know it.

The thing to get wrong: believing sync.db alone. Numbers and heads come from the journal itself,
places from the catalogue, and what central confirmed is only a note of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from central_sync.engine import epochs
from central_sync.engine.journal import Journal
from central_sync.engine.plan import Have, Mark
from central_sync.engine.state import SyncState
from central_sync.engine.sync_state import age_seconds
from central_sync.engine.workstation import Workstation

HELD_RETRY_SECONDS = 300


def have_now(workstation: Workstation, *, accept: bool = False) -> Have:
    """`accept`: a catalogue that waits for a person is not held. Raises JournalUnreadable."""
    state = workstation.store.state()
    places = workstation.catalogue.places()
    journal = workstation.journal
    heads = journal.heads()
    writing = epochs.writing_epoch(state, {head.epoch for head in heads})
    return Have(
        heads=heads,
        marks=state.marks,
        store_id=workstation.identity.store_id,
        positions=places[0] if places else None,
        is_held=is_held(state, workstation.now()) and not accept,
        limits=epochs.limits(state, _carried(journal)),
        writing=writing,
        numbers={writing: journal.highest_number(writing)} if writing else {},
        hashes=_hex(*places) if places else {},
    )


def is_held(state: SyncState, now: datetime) -> bool:
    """A person has to look first; asked again only now and then."""
    return bool(state.held) and age_seconds(state.held_at, now) < HELD_RETRY_SECONDS


def _hex(positions: Mapping[str, int], hashes: Mapping[str, bytes]) -> dict[str, str]:
    return {scope: hashes.get(scope, b"").hex() for scope in positions}


def _carried(journal: Journal) -> dict[int, Mark]:
    """The newest entry of each forked epoch that central holds too, as the journal knows it."""
    marks = {}
    for epoch, above in journal.carried().items():
        entry = journal.entry(epoch, above) if above else None
        marks[epoch] = Mark(epoch, above, entry.hash) if entry else Mark(epoch)
    return marks
