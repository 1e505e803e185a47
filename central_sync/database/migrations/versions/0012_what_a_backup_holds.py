"""What central's proven backups hold of each workstation's journal, so that tills hear of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "central_backup",
        _text("made_at"),
        _text("proven_at"),
        _text("file"),
        _whole("size_bytes"),
        sa.PrimaryKeyConstraint("made_at", name=op.f("pk_central_backup")),
    )
    op.create_table(
        "safe_head",
        _text("workstation_id"),
        _whole("epoch"),
        _whole("sequence"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        _text("backup_at"),
        sa.PrimaryKeyConstraint("workstation_id", "epoch", name=op.f("pk_safe_head")),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
