"""What suppliers charge for a piece beside what was agreed; credit notes, and who approved."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("expected_line", sa.Column("cost_minor", sa.BigInteger(), nullable=True))
    op.add_column("supplier_invoice_line", sa.Column("cost_minor", sa.BigInteger(), nullable=True))
    op.add_column(
        "supplier_invoice_line", sa.Column("agreed_minor", sa.BigInteger(), nullable=True)
    )
    op.add_column(
        "supplier_invoice",
        sa.Column("credit_minor", sa.BigInteger(), nullable=False, server_default="0"),
    )
    for name in ("asked_at", "asked_by", "credit_note", "approved_by", "note"):
        column = sa.Column(name, sa.Text(), nullable=False, server_default="")
        op.add_column("supplier_invoice", column)
