"""Sends what the register has noted about people, before the journal entries that name them.

The thing to get wrong: letting one note that central will not have hold up the receipts
behind it. It is set down as refused, tried again the next day, and the receipts go.
"""

from __future__ import annotations

import logging

from central_sync.engine.home_keys import KeysAway, keep_store_keys, store_keys
from central_sync.engine.trouble import Code, SyncTrouble
from central_sync.engine.workstation import Workstation
from central_sync.wire.people import NoteMessage

log = logging.getLogger("spindel.sync")


def send_notes(workstation: Workstation) -> int:
    """Send what is not sent yet, oldest first; returns how many went. Raises SyncTrouble."""
    sent = 0
    try:
        waiting = workstation.notes.waiting(workstation.store.settled_notes(workstation.now()))
    except KeysAway as problem:
        log.warning("notes wait: %s", problem)
        return 0
    for note in waiting:
        message = NoteMessage(
            kind=note.kind,
            subject_id=note.subject_id,
            customer_id=note.customer_id,
            at=note.at,
            content=dict(note.content),
        )
        refused = ""
        try:
            workstation.central.put_note(note.note_id, message)
        except SyncTrouble as trouble:
            if trouble.code is not Code.REFUSED or trouble.again:
                raise
            refused = str(trouble)
            log.warning("note %s was refused: %s", note.note_id, trouble)
        workstation.store.note_settled(note.note_id, workstation.timestamp(), refused)
        sent += not refused
    return sent


def fetch_store_keys(workstation: Workstation, newest: str) -> bool:
    """Get the store's keys when `newest`, as the heartbeat names it, is not here.

    Raises SyncTrouble, OSError.
    """
    try:
        known = store_keys(workstation.home)
    except KeysAway as problem:
        log.warning("the store's key is fetched again: %s", problem)
        known = None
    if not newest or (known is not None and known.newest.key_id == newest):
        return False
    keep_store_keys(workstation.home, workstation.central.store_keys().keys)
    return True
