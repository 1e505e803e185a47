"""Every position of the feed gets a hash of all that came before it; older ones have none."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("feed", sa.Column("fh", sa.LargeBinary()))
    op.add_column("feed_scope", sa.Column("fh", sa.LargeBinary()))
    op.add_column("feed_scope", sa.Column("floor_fh", sa.LargeBinary()))
    op.create_index("ix_feed_scope_at", "feed", ["scope", "at"])
