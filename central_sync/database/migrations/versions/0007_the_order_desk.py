"""What any till finds orders and receipts by, and who pays a refund out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "address_token",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("address_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("token", "address_id", name=op.f("pk_address_token")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_address_token_address", "address_token", ["address_id"])
    op.create_table(
        "refund_claim",
        sa.Column("refund_key", sa.Text(), nullable=False),
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("until", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("refund_key", name=op.f("pk_refund_claim")),
    )
    op.add_column(
        "order_inbox", sa.Column("order_id", sa.Text(), server_default="", nullable=False)
    )
    _partial("ix_order_inbox_early", "order_inbox", "order_id", "state = 'early'")
    op.create_index("ix_order_inbox_order_id", "order_inbox", ["order_id"])
    _partial(
        "ix_receipt_line_original",
        "receipt_line",
        "original_receipt_id",
        "original_receipt_id != ''",
    )
    op.create_index("ix_receipt_number", "receipt", ["receipt_number"])


def _partial(name: str, table: str, column: str, where: str) -> None:
    is_so = sa.text(where)
    op.create_index(name, table, [column], sqlite_where=is_so, postgresql_where=is_so)
