"""Goods on their way: expected deliveries, transfers between stores, suppliers' invoices."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _expected_delivery()
    _expected_line()
    _supplier_invoice()
    _supplier_invoice_line()


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _whole(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)


def _expected_delivery() -> None:
    op.create_table(
        "expected_delivery",
        _text("delivery_id"),
        _text("kind"),
        _text("store_id"),
        _text("from_store_id", ""),
        _text("supplier", ""),
        _text("reference"),
        _text("expected_on", ""),
        _text("state"),
        _text("made_at"),
        _text("changed_at"),
        _text("document_id", ""),
        sa.PrimaryKeyConstraint("delivery_id", name=op.f("pk_expected_delivery")),
    )
    op.create_index(
        "ix_expected_delivery_reference", "expected_delivery", ["store_id", "reference"]
    )
    is_open = sa.text("state = 'open'")
    op.create_index(
        "ix_expected_delivery_open",
        "expected_delivery",
        ["changed_at"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )


def _expected_line() -> None:
    op.create_table(
        "expected_line",
        _text("delivery_id"),
        _text("sku"),
        _whole("quantity"),
        _whole("received", "0"),
        sa.PrimaryKeyConstraint("delivery_id", "sku", name=op.f("pk_expected_line")),
    )
    op.create_index("ix_expected_line_sku", "expected_line", ["sku"])


def _supplier_invoice() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "supplier_invoice",
        sa.Column("invoice_id", number, autoincrement=True, nullable=False),
        _text("store_id"),
        _text("supplier"),
        _text("number"),
        _text("reference"),
        _text("state"),
        _text("made_at"),
        _text("checked_at", ""),
        sa.PrimaryKeyConstraint("invoice_id", name=op.f("pk_supplier_invoice")),
    )
    op.create_index(
        "ix_supplier_invoice_number", "supplier_invoice", ["supplier", "number"], unique=True
    )
    op.create_index("ix_supplier_invoice_reference", "supplier_invoice", ["store_id", "reference"])


def _supplier_invoice_line() -> None:
    op.create_table(
        "supplier_invoice_line",
        sa.Column("invoice_id", sa.BigInteger(), autoincrement=False, nullable=False),
        _text("sku"),
        _whole("quantity"),
        _whole("received", "0"),
        sa.PrimaryKeyConstraint("invoice_id", "sku", name=op.f("pk_supplier_invoice_line")),
    )
