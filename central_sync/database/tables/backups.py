"""What central's own backups hold, as far as each was proven by being restored.

A till that hears of it may tell a receipt that is only copied from one that two disks can lose.
The thing to get wrong: believing these rows after a restore for more than they say; they are
as old as the backup that brought them, so they promise too little and never too much.
"""

from __future__ import annotations

from sqlalchemy import Column, LargeBinary, Table

from central_sync.database.tables.metadata import METADATA, text, whole

# made_at: the moment that the backup is of. file: where it was written, as it was named.
central_backup = Table(
    "central_backup",
    METADATA,
    text("made_at", primary_key=True),
    text("proven_at"),
    text("file"),
    whole("size_bytes"),
)

# The newest entry of an epoch that the newest proven backup holds without a gap before it.
safe_head = Table(
    "safe_head",
    METADATA,
    text("workstation_id", primary_key=True),
    whole("epoch", primary_key=True, autoincrement=False),
    whole("sequence"),
    Column("hash", LargeBinary, nullable=False),
    text("backup_at"),
)
