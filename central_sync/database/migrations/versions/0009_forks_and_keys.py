"""Forks of restored and copied tills, the starts of their computers, and changed keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("boot_id", "former_key", "former_until", "key_since"):
        op.add_column("workstation", _text(name, ""))
    op.add_column("workstation", _whole("epoch_floor", "0"))
    op.add_column("epoch", _text("nonce", ""))
    op.add_column("epoch", _whole("highest_number", "0"))
    is_asked = sa.text("nonce != ''")
    op.create_index(
        "ix_epoch_nonce",
        "epoch",
        ["workstation_id", "nonce"],
        unique=True,
        sqlite_where=is_asked,
        postgresql_where=is_asked,
    )
    _workstation_boot()
    _fork()


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _whole(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)


def _workstation_boot() -> None:
    op.create_table(
        "workstation_boot",
        _text("workstation_id"),
        _text("boot_id"),
        _text("hostname", ""),
        _text("hardware", ""),
        _text("first_seen_at"),
        _text("last_seen_at"),
        sa.PrimaryKeyConstraint("workstation_id", "boot_id", name="pk_workstation_boot"),
    )


def _fork() -> None:
    op.create_table(
        "fork",
        _text("fork_id"),
        _text("workstation_id"),
        _text("store_id"),
        _text("found_at"),
        _text("why"),
        _whole("epoch"),
        _whole("common_sequence"),
        _whole("new_epoch"),
        _text("boot_id", ""),
        _text("other_boot_id", ""),
        _text("settled_at", ""),
        _text("settled_by", ""),
        _text("note", ""),
        sa.PrimaryKeyConstraint("fork_id", name="pk_fork"),
    )
    op.create_index("ix_fork_workstation_id", "fork", ["workstation_id"])
