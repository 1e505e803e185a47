"""What stores lend to the web: pledges, their ledger, and how they limit what is held."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("stock_level", sa.Column("pledged", sa.BigInteger(), nullable=True))
    op.add_column("stock_level", _whole("pledge_epoch"))
    op.add_column("stock_level", _text("lent_until"))
    op.create_table(
        "pledge",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        _whole("quantity"),
        _text("lease_until"),
        _whole("epoch"),
        _whole("is_agreed"),
        _whole("lent"),
        _text("lent_until"),
        _text("who"),
        _text("reason"),
        sa.PrimaryKeyConstraint("store_id", "sku", name=op.f("pk_pledge")),
    )
    op.create_index(op.f("ix_pledge_lease_until"), "pledge", ["lease_until"])
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "pledge_event",
        sa.Column("event_id", number, autoincrement=True, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        _whole("epoch"),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        _whole("quantity"),
        _text("lease_until"),
        _text("who"),
        _text("reason"),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_pledge_event")),
    )
    op.create_index("ix_pledge_event_place", "pledge_event", ["store_id", "sku"])


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False, server_default="")


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False, server_default="0")
