"""Goods sold by weight: what a price is for, the tare, and the weight of a sold line."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("sold_by", sa.Text(), server_default="piece", nullable=False))
    op.add_column(
        "item", sa.Column("tare_grams", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "receipt_line",
        sa.Column("weight_grams", sa.BigInteger(), server_default="0", nullable=False),
    )
