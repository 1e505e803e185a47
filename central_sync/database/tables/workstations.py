"""Who may speak: workstations with their keys, one-time codes, and keys of people and systems.

Secrets are stored as SHA-256 only; they are long and random, so that is enough.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text

from central_sync.database.tables.metadata import METADATA, text, text_or_empty, whole

# status: waiting (has a code, was never here), active, revoked.
workstation = Table(
    "workstation",
    METADATA,
    text("workstation_id", primary_key=True),
    text("label"),
    Column("store_id", Text, ForeignKey("store.store_id"), nullable=False, index=True),
    text_or_empty("public_key"),
    text("status"),
    text("created_at"),
    text_or_empty("enrolled_at"),
    text_or_empty("last_contact_at"),
    text_or_empty("version"),
    text_or_empty("hostname"),
    whole("outbox", server_default="0"),
    text_or_empty("oldest_unsent_at"),
    whole("clock_skew_seconds", server_default="0"),
    # The start of the computer that was heard last.
    text_or_empty("boot_id"),
    # The key before the newest change: it may still sign until then.
    text_or_empty("former_key"),
    text_or_empty("former_until"),
    text_or_empty("key_since"),
    # No epoch at or below this is granted: a restored central has forgotten some.
    whole("epoch_floor", server_default="0"),
)

# Every key that a workstation has had, told to all tills: by these they know a receipt of another
# till while central is silent. state: active, former, revoked.
workstation_key = Table(
    "workstation_key",
    METADATA,
    text("public_key", primary_key=True),
    text("workstation_id", index=True),
    text("store_id"),
    text("state"),
)

# The nonce makes a repeated request get the answer that the first one got.
enrolment_code = Table(
    "enrolment_code",
    METADATA,
    text("code_id", primary_key=True),
    text("secret_sha256"),
    Column(
        "workstation_id",
        Text,
        ForeignKey("workstation.workstation_id"),
        nullable=False,
        index=True,
    ),
    text("expires_at"),
    whole("tries", server_default="0"),
    text_or_empty("used_at"),
    text_or_empty("nonce"),
    text_or_empty("public_key"),
    whole("epoch", server_default="0"),
)

# head_*: the newest entry of the epoch that central holds without a gap before it.
# nonce: of the request that it was granted to. highest_number: of the receipts whose printed
# number names this epoch, in whatever epoch they came.
epoch = Table(
    "epoch",
    METADATA,
    Column(
        "workstation_id",
        Text,
        ForeignKey("workstation.workstation_id"),
        primary_key=True,
        nullable=False,
    ),
    whole("epoch", primary_key=True, autoincrement=False),
    text("granted_at"),
    whole("head_sequence", server_default="0"),
    Column("head_hash", LargeBinary, nullable=False),
    text_or_empty("nonce"),
    whole("highest_number", server_default="0"),
)

Index(
    "ix_epoch_nonce",
    epoch.c.workstation_id,
    epoch.c.nonce,
    unique=True,
    sqlite_where=epoch.c.nonce != "",
    postgresql_where=epoch.c.nonce != "",
)

# The computers that have spoken as a workstation: each start of each has an id of its own.
workstation_boot = Table(
    "workstation_boot",
    METADATA,
    text("workstation_id", primary_key=True),
    text("boot_id", primary_key=True),
    text_or_empty("hostname"),
    text_or_empty("hardware"),
    text("first_seen_at"),
    text("last_seen_at"),
)

# For a person: a disk that was restored or copied. why: "fork" (same number, other entry),
# "ahead" (central holds more than the till), "numbers" (it has printed higher ones), "restored"
# (by its own word) or
# "two_boots" (two computers speak as one). boot is who told, other_boot who else spoke.
fork = Table(
    "fork",
    METADATA,
    text("fork_id", primary_key=True),
    text("workstation_id", index=True),
    text("store_id"),
    text("found_at"),
    text("why"),
    whole("epoch"),
    whole("common_sequence"),
    whole("new_epoch"),
    text_or_empty("boot_id"),
    text_or_empty("other_boot_id"),
    text_or_empty("settled_at"),
    text_or_empty("settled_by"),
    text_or_empty("note"),
)

api_key = Table(
    "api_key",
    METADATA,
    text("key_id", primary_key=True),
    text("secret_sha256"),
    text("name"),
    text("scopes"),
    text("created_at"),
    text_or_empty("revoked_at"),
)
