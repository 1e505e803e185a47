"""How far each journal is booked; what central has of older journals was booked as it came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "booked_upto",
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("workstation_id", "epoch", name=op.f("pk_booked_upto")),
    )
    op.execute("INSERT INTO booked_upto SELECT workstation_id, epoch, head_sequence FROM epoch")
