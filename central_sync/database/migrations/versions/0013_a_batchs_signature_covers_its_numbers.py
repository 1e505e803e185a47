"""From which entry on a batch's signature covers it; what older tills signed covers one hash."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "batch_signature",
        sa.Column("first_sequence", sa.BigInteger(), server_default="0", nullable=False),
    )
