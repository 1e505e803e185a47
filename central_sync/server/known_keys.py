"""The keys of all workstations, told to every till, so that any of them knows any receipt.

Whoever gives, changes or takes away a workstation's key comes through here in the same
transaction. The thing to get wrong: forgetting a former key. What it signed is still in
customers' hands; only revoking ends that.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from central_sync.database import tables as t
from central_sync.server.masters import put_chain_rows

ACTIVE, FORMER, REVOKED = "active", "former", "revoked"


def give(
    connection: Connection, workstation_id: str, store_id: str, public_key: str, at: str
) -> None:
    """From now on this key signs; those before it are former ones."""
    states = _states(connection, workstation_id)
    rows = {key: state if state == REVOKED else FORMER for key, state in states.items()}
    _tell(connection, workstation_id, store_id, rows | {public_key: ACTIVE}, at)


def revoke(connection: Connection, workstation_id: str, store_id: str, at: str) -> None:
    """Nothing that it ever signed counts without central any more."""
    rows = dict.fromkeys(_states(connection, workstation_id), REVOKED)
    _tell(connection, workstation_id, store_id, rows, at)


def _states(connection: Connection, workstation_id: str) -> dict[str, str]:
    row = t.workstation_key.c
    found = connection.execute(
        select(row.public_key, row.state).where(row.workstation_id == workstation_id)
    )
    return {row.public_key: row.state for row in found}


def _tell(
    connection: Connection, workstation_id: str, store_id: str, keys: dict[str, str], at: str
) -> None:
    rows = [
        {"public_key": key, "workstation_id": workstation_id, "store_id": store_id, "state": state}
        for key, state in sorted(keys.items())
    ]
    if rows:
        put_chain_rows(connection, t.workstation_key, rows, at)
