"""Keys of workstations as tills know them, and goods taken back while central was silent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workstation_key",
        _text("public_key"),
        _text("workstation_id"),
        _text("store_id"),
        _text("state"),
        sa.PrimaryKeyConstraint("public_key", name=op.f("pk_workstation_key")),
    )
    op.create_index(
        op.f("ix_workstation_key_workstation_id"), "workstation_key", ["workstation_id"]
    )
    _fill()
    op.create_table(
        "return_claim",
        _text("claim_id"),
        _text("receipt_id"),
        _whole("line"),
        _text("store_id"),
        _text("original_receipt_id"),
        _whole("original_line"),
        _text("sku"),
        _text("name"),
        _whole("quantity"),
        _whole("gross_minor"),
        _whole("claim_minor"),
        sa.Column("is_held", sa.Integer(), server_default="0", nullable=False),
        _text("state"),
        _text("at"),
        _later("reason"),
        _later("settled_at"),
        _later("settled_by"),
        _later("reference"),
        sa.PrimaryKeyConstraint("claim_id", name=op.f("pk_return_claim")),
    )
    op.create_index(
        op.f("ix_return_claim_original_receipt_id"), "return_claim", ["original_receipt_id"]
    )
    is_open = sa.text("state NOT IN ('done', 'refused')")
    op.create_index(
        "ix_return_claim_open",
        "return_claim",
        ["state"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _fill() -> None:
    """Tills get them with the next whole file, which the new version of it makes them fetch."""
    op.execute(
        "INSERT INTO workstation_key (public_key, workstation_id, store_id, state)"
        " SELECT former_key, workstation_id, store_id,"
        " CASE WHEN status = 'revoked' THEN 'revoked' ELSE 'former' END"
        " FROM workstation WHERE former_key <> '' AND former_key <> public_key"
    )
    op.execute(
        "INSERT INTO workstation_key (public_key, workstation_id, store_id, state)"
        " SELECT public_key, workstation_id, store_id,"
        " CASE WHEN status = 'revoked' THEN 'revoked' ELSE 'active' END"
        " FROM workstation WHERE public_key <> ''"
    )


def _later(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default="", nullable=False)


def _whole(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), autoincrement=False, nullable=False)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), nullable=False)
