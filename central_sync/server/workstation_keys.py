"""A workstation's key is changed: by itself, with the old key, for one that it proves to hold.

The former key may speak on for a day, so that a register that runs, or a lost answer, costs
nothing; revoking ends both. The thing to get wrong: the repeat. Central has the new key already
then, and the answer is the same.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from central_sync.database import tables as t
from central_sync.server import known_keys
from central_sync.server.enrolment import check_public_key
from central_sync.server.intake import Sender
from central_sync.server.refused import Refused, invalid
from central_sync.server.timestamps import iso
from central_sync.wire.identity import KeyReply, KeyRequest, key_statement
from central_sync.wire.keys import verify

FORMER_HOURS = 24


def change_key(
    connection: Connection, sender: Sender, request: KeyRequest, now: datetime
) -> KeyReply:
    """Trust a workstation's new key from now on; raises Refused."""
    check_public_key(request.public_key)
    if not verify(
        request.public_key, request.proof, key_statement(sender.workstation_id, request.public_key)
    ):
        raise invalid("the proof is not signed by the new key")
    row = connection.execute(
        select(t.workstation.c.public_key, t.workstation.c.former_until, t.workstation.c.store_id)
        .where(t.workstation.c.workstation_id == sender.workstation_id)
        .with_for_update()
    ).one()
    if row.public_key == request.public_key:
        return KeyReply(public_key=row.public_key, former_until=row.former_until)
    if sender.public_key != row.public_key:
        raise Refused(409, "key_changed", "another key was given meanwhile; use that one")
    known_keys.give(connection, sender.workstation_id, row.store_id, request.public_key, iso(now))
    former_until = iso(now + timedelta(hours=FORMER_HOURS))
    connection.execute(
        update(t.workstation)
        .where(t.workstation.c.workstation_id == sender.workstation_id)
        .values(
            public_key=request.public_key,
            former_key=row.public_key,
            former_until=former_until,
            key_since=iso(now),
        )
    )
    return KeyReply(public_key=request.public_key, former_until=former_until)
