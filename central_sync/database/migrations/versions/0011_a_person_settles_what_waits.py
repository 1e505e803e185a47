"""Who settled an entry that was parked or kept aside, or took it into the books, why and when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "settled_entry",
        _text("workstation_id"),
        _whole("epoch"),
        _whole("sequence"),
        _whole("line"),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        _text("outcome"),
        _text("settled_at"),
        _text("settled_by"),
        _text("note"),
        sa.PrimaryKeyConstraint(
            *("workstation_id", "epoch", "sequence", "line", "hash"),
            name=op.f("pk_settled_entry"),
        ),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)
