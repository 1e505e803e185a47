"""What the tills sent, byte for byte, and what was kept aside.

state: "accepted"; "parked" (could not be interpreted, `reason` says why); "alias"
(its receipt is known from another entry, so it posts nothing); "settled" (parked, and a person
decided not to book it). What a person took from aside stands under its epoch made negative.
Nothing here is ever changed but state and reason. The thing to get wrong: taking
"accepted" for booked. An entry above `booked_upto` of its journal is kept, and its turn to be
read has not come.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table

from central_sync.database.tables.metadata import METADATA, text, text_or_empty, whole

journal_entry = Table(
    "journal_entry",
    METADATA,
    text("workstation_id", primary_key=True),
    whole("epoch", primary_key=True, autoincrement=False),
    whole("sequence", primary_key=True, autoincrement=False),
    text("store_id"),
    Column("hash", LargeBinary, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    text("received_at"),
    text("state"),
    text_or_empty("reason"),
)

Index(
    "ix_journal_entry_parked",
    journal_entry.c.store_id,
    journal_entry.c.received_at,
    sqlite_where=journal_entry.c.state == "parked",
    postgresql_where=journal_entry.c.state == "parked",
)

# No row: nothing is booked yet. Held locked by whoever books, so one at a time does.
booked_upto = Table(
    "booked_upto",
    METADATA,
    text("workstation_id", primary_key=True),
    whole("epoch", primary_key=True, autoincrement=False),
    whole("sequence", server_default="0"),
)

# A batch is signed as a whole: the signature stands at its last entry and covers it from
# first_sequence on (wire.batch.statement); 0: an older till signed the last hash alone.
batch_signature = Table(
    "batch_signature",
    METADATA,
    text("workstation_id", primary_key=True),
    whole("epoch", primary_key=True, autoincrement=False),
    whole("sequence", primary_key=True, autoincrement=False),
    text("store_id"),
    text("public_key"),
    Column("signature", LargeBinary, nullable=False),
    whole("first_sequence", server_default="0"),
)

# why: "fork" (same number, other hash) or "revoked" (sent after the till was revoked).
aside_entry = Table(
    "aside_entry",
    METADATA,
    text("workstation_id", primary_key=True),
    whole("epoch", primary_key=True, autoincrement=False),
    whole("sequence", primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, primary_key=True, nullable=False),
    text("why"),
    text("store_id"),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
    text("received_at"),
)

# What a person decided on a parked entry (line 0), on a parked line of a document, or on an
# entry kept aside. outcome: "settled" (it is not booked) or "taken" (from aside into the books).
settled_entry = Table(
    "settled_entry",
    METADATA,
    text("workstation_id", primary_key=True),
    whole("epoch", primary_key=True, autoincrement=False),
    whole("sequence", primary_key=True, autoincrement=False),
    whole("line", primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, primary_key=True, nullable=False),
    text("outcome"),
    text("settled_at"),
    text("settled_by"),
    text("note"),
)
