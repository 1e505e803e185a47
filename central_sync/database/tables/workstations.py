"""Who may speak: workstations with their keys, one-time codes, and keys of people and systems.

Secrets are stored as SHA-256 only; they are long and random, so that is enough.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, LargeBinary, Table, Text

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
