"""Workstations: made by head office, enrolled once by a code, revoked by a person.

A code is ID-SECRET: the id finds the row, so that wrong guesses are counted where they
belong and a code is dead after five of them. The nonce makes a lost reply harmless: the
same till asking again gets the same answer, another one gets none.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from central_sync.database import tables as t
from central_sync.server import known_keys
from central_sync.server.auth import sha256
from central_sync.server.epochs import add_epoch, next_epoch
from central_sync.server.refused import Refused, invalid, not_found
from central_sync.server.storable import storable
from central_sync.server.timestamps import iso
from central_sync.wire.messages import EnrolReply, EnrolRequest

CODE_HOURS = 24
LARGEST_TRIES = 5
# Without I, L, O and U: what is read aloud on the telephone is typed right.
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans("ILO", "110")


@dataclass(frozen=True, slots=True)
class NewCode:
    """The code is shown once; only its hash is kept."""

    workstation_id: str
    store_id: str
    label: str
    code: str
    expires_at: str


def add_workstation(
    connection: Connection, store_id: str, label: str, now: datetime, hours: int = CODE_HOURS
) -> NewCode:
    """Make a workstation and its code; one that was never enrolled gets a new code.

    Raises Refused when the store is unknown or the label is in use.
    """
    if connection.execute(select(t.store).where(t.store.c.store_id == store_id)).first() is None:
        raise not_found(f"there is no store {store_id}")
    if not (label.isascii() and label.isalnum() and len(label) <= 8):
        raise invalid("a label is one to eight letters or digits, as printed on receipts")
    same = _labelled(connection, store_id, label)
    if same is not None and same.status == "active":
        raise Refused(
            409,
            "label_used",
            f"{store_id} already has a workstation {label} ({same.workstation_id});"
            f" to replace it: spindel central workstation code {same.workstation_id}",
        )
    workstation_id = same.workstation_id if same else _insert(connection, store_id, label, now)
    return _new_code(connection, workstation_id, store_id, label, now, hours)


def replace_workstation(
    connection: Connection, workstation_id: str, now: datetime, hours: int = CODE_HOURS
) -> NewCode:
    """A code for new hardware in an old place: same id and label, new key and epoch."""
    row = _workstation(connection, workstation_id)
    return _new_code(connection, workstation_id, row.store_id, row.label, now, hours)


def revoke_workstation(connection: Connection, workstation_id: str, now: datetime) -> None:
    """From now on nothing that it sends is booked; raises Refused 404."""
    row = _workstation(connection, workstation_id)
    known_keys.revoke(connection, workstation_id, row.store_id, iso(now))
    connection.execute(
        update(t.workstation)
        .where(t.workstation.c.workstation_id == workstation_id)
        .values(status="revoked")
    )
    connection.execute(
        update(t.enrolment_code)
        .where(t.enrolment_code.c.workstation_id == workstation_id)
        .values(expires_at="")
    )


def enrol(
    connection: Connection, request: EnrolRequest, central_public_key: str, now: datetime
) -> EnrolReply | Refused:
    """Use up a code. A refusal is returned, not raised: its count has to be committed."""
    check_public_key(request.public_key)
    code_id, secret = parted_code(request.code)
    row = connection.execute(
        select(t.enrolment_code).where(t.enrolment_code.c.code_id == code_id).with_for_update()
    ).first()
    if row is None:
        return wrong_code("it is wrong")
    if row.tries >= LARGEST_TRIES:
        return wrong_code("it was tried too often; ask head office for a new one")
    if not hmac.compare_digest(row.secret_sha256, sha256(secret)):
        _change_code(connection, code_id, tries=row.tries + 1)
        return wrong_code("it is wrong")
    if row.used_at:
        if (row.nonce, row.public_key) == (storable(request.nonce), request.public_key):
            return _reply(connection, row.workstation_id, row.epoch, central_public_key)
        return wrong_code("it has been used already; ask head office for a new one")
    if row.expires_at < iso(now):
        return wrong_code("it has expired; ask head office for a new one")
    if request.workstation_id not in ("", row.workstation_id):
        return wrong_code(
            f"it is for {row.workstation_id} and this computer is {request.workstation_id}; "
            f"head office makes one with: spindel central workstation code {request.workstation_id}"
        )
    epoch = _activate(connection, row.workstation_id, request, iso(now))
    _change_code(
        connection,
        code_id,
        used_at=iso(now),
        nonce=storable(request.nonce),
        public_key=request.public_key,
        epoch=epoch,
    )
    return _reply(connection, row.workstation_id, epoch, central_public_key)


def wrong_code(reason: str) -> Refused:
    return Refused(401, "wrong_code", reason)


def parted_code(code: str) -> tuple[str, str]:
    """A typed code as id and secret: case, blanks and dashes do not matter."""
    plain = "".join(c for c in code.upper() if c.isalnum()).translate(_LOOKALIKES)
    return plain[:4], plain[4:]


def check_public_key(public_key: str) -> None:
    try:
        raw = base64.urlsafe_b64decode(public_key)
    except ValueError as problem:
        raise invalid("public_key is not base64") from problem
    if len(raw) != 32:
        raise invalid("public_key is not an Ed25519 key of 32 bytes")


def _labelled(connection: Connection, store_id: str, label: str) -> Any:
    return connection.execute(
        select(t.workstation).where(
            t.workstation.c.store_id == store_id,
            t.workstation.c.label == label,
            t.workstation.c.status != "revoked",
        )
    ).first()


def _insert(connection: Connection, store_id: str, label: str, now: datetime) -> str:
    """A revoked workstation keeps its id for ever; its follower gets one of its own."""
    before = connection.execute(
        select(func.count())
        .select_from(t.workstation)
        .where(t.workstation.c.store_id == store_id, t.workstation.c.label == label)
    ).scalar_one()
    workstation_id = f"{store_id}-{label}" + (f"-{before + 1}" if before else "")
    connection.execute(
        insert(t.workstation).values(
            workstation_id=workstation_id,
            label=label,
            store_id=store_id,
            status="waiting",
            created_at=iso(now),
        )
    )
    return workstation_id


def _new_code(
    connection: Connection,
    workstation_id: str,
    store_id: str,
    label: str,
    now: datetime,
    hours: int,
) -> NewCode:
    # A code not used yet ends with the next one: only the newest is in somebody's hands.
    connection.execute(
        update(t.enrolment_code)
        .where(
            t.enrolment_code.c.workstation_id == workstation_id, t.enrolment_code.c.used_at == ""
        )
        .values(expires_at="")
    )
    code_id, secret = _free_code_id(connection), _letters(10)
    expires_at = iso(now + timedelta(hours=hours))
    connection.execute(
        insert(t.enrolment_code).values(
            code_id=code_id,
            secret_sha256=sha256(secret),
            workstation_id=workstation_id,
            expires_at=expires_at,
        )
    )
    code = f"{code_id}-{secret[:5]}-{secret[5:]}"
    return NewCode(workstation_id, store_id, label, code, expires_at)


def _free_code_id(connection: Connection) -> str:
    """Four letters that no code has: of a thousand codes two would often be the same."""
    while True:
        code_id = _letters(4)
        taken = select(t.enrolment_code.c.code_id).where(t.enrolment_code.c.code_id == code_id)
        if connection.execute(taken).first() is None:
            return code_id


def _activate(connection: Connection, workstation_id: str, request: EnrolRequest, at: str) -> int:
    """Give the workstation its key and the next epoch; returns the epoch."""
    before = str(_workstation(connection, workstation_id).public_key)
    connection.execute(
        update(t.workstation)
        .where(t.workstation.c.workstation_id == workstation_id)
        .values(
            public_key=request.public_key,
            # Whoever stood here before is known by it: what it still sends is kept aside.
            former_key="" if before in ("", request.public_key) else before,
            former_until="",
            key_since=at,
            status="active",
            enrolled_at=at,
            version=storable(request.version),
            hostname=storable(request.hostname),
        )
    )
    row = _workstation(connection, workstation_id)
    known_keys.give(connection, workstation_id, row.store_id, request.public_key, at)
    epoch = next_epoch(connection, row)
    add_epoch(connection, workstation_id, epoch, at)
    return epoch


def _reply(
    connection: Connection, workstation_id: str, epoch: int, central_public_key: str
) -> EnrolReply:
    row = _workstation(connection, workstation_id)
    store = connection.execute(
        select(t.store.c.name).where(t.store.c.store_id == row.store_id)
    ).one()
    chain = connection.execute(select(t.chain)).first()
    return EnrolReply(
        workstation_id=workstation_id,
        label=row.label,
        store_id=row.store_id,
        store_name=store.name,
        chain=chain.chain if chain else "",
        country=chain.country if chain else "SE",
        epoch=epoch,
        central_public_key=central_public_key,
    )


def _workstation(connection: Connection, workstation_id: str) -> Any:
    row = connection.execute(
        select(t.workstation).where(t.workstation.c.workstation_id == workstation_id)
    ).first()
    if row is None:
        raise not_found(f"there is no workstation {workstation_id}")
    return row


def _change_code(connection: Connection, code_id: str, **values: Any) -> None:
    connection.execute(
        update(t.enrolment_code).where(t.enrolment_code.c.code_id == code_id).values(**values)
    )


def _letters(count: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(count))
