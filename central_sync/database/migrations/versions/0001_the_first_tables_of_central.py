"""The first tables of central."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_key",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("revoked_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_key")),
    )
    op.create_table(
        "aside_entry",
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workstation_id", "epoch", "sequence", "hash", name=op.f("pk_aside_entry")
        ),
    )
    op.create_table(
        "barcode",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_barcode")),
    )
    op.create_index(op.f("ix_barcode_sku"), "barcode", ["sku"], unique=False)
    op.create_table(
        "batch_signature",
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "workstation_id", "epoch", "sequence", name=op.f("pk_batch_signature")
        ),
    )
    op.create_table(
        "chain",
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("company", sa.Text(), nullable=False),
        sa.Column("organisation_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("chain", name=op.f("pk_chain")),
    )
    op.create_table(
        "customer",
        sa.Column("member_number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("postcode", sa.Text(), server_default="", nullable=False),
        sa.Column("town", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("member_number", name=op.f("pk_customer")),
    )
    op.create_index("ix_customer_name", "customer", ["name"], unique=False)
    op.create_table(
        "feed",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("row_key", sa.Text(), nullable=False),
        sa.Column("op", sa.Text(), nullable=False),
        sa.Column("row", sa.Text(), nullable=True),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "position", name=op.f("pk_feed")),
    )
    op.create_table(
        "feed_scope",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("floor", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("scope", name=op.f("pk_feed_scope")),
    )
    op.create_table(
        "item",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("gtin", sa.Text(), server_default="", nullable=False),
        sa.Column("tax_group", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_open_price", sa.Integer(), server_default="0", nullable=False),
        sa.Column("is_blocked", sa.Integer(), server_default="0", nullable=False),
        sa.Column("model", sa.Text(), server_default="", nullable=False),
        sa.Column("colour", sa.Text(), server_default="", nullable=False),
        sa.Column("size", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_item")),
    )
    op.create_index(op.f("ix_item_rank"), "item", ["rank"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint(
            "workstation_id", "epoch", "sequence", name=op.f("pk_journal_entry")
        ),
    )
    op.create_index(
        "ix_journal_entry_parked",
        "journal_entry",
        ["store_id", "received_at"],
        unique=False,
        sqlite_where=sa.text("state = 'parked'"),
        postgresql_where=sa.text("state = 'parked'"),
    )
    op.create_table(
        "operator",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("pin_hash", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("is_everywhere", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_operator")),
    )
    op.create_table(
        "price",
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_price")),
    )
    op.create_table(
        "receipt",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("receipt_number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("business_day", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("rounding_minor", sa.BigInteger(), nullable=False),
        sa.Column("change_minor", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("receipt_id", name=op.f("pk_receipt")),
    )
    op.create_index(
        "ix_receipt_entry", "receipt", ["workstation_id", "epoch", "sequence"], unique=False
    )
    op.create_index("ix_receipt_store_day", "receipt", ["store_id", "business_day"], unique=False)
    op.create_table(
        "stock_level",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("store_id", "sku", name=op.f("pk_stock_level")),
    )
    op.create_table(
        "stock_movement",
        sa.Column(
            "movement_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("workstation_id", sa.Text(), server_default="", nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("movement_id", name=op.f("pk_stock_movement")),
    )
    op.create_index("ix_stock_movement_place", "stock_movement", ["store_id", "sku"], unique=False)
    op.create_table(
        "store",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("postcode", sa.Text(), server_default="", nullable=False),
        sa.Column("town", sa.Text(), server_default="", nullable=False),
        sa.Column("latitude", sa.Text(), server_default="", nullable=False),
        sa.Column("longitude", sa.Text(), server_default="", nullable=False),
        sa.Column("phone", sa.Text(), server_default="", nullable=False),
        sa.Column("opening_hours", sa.Text(), server_default="", nullable=False),
        sa.Column("footer", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store")),
    )
    op.create_table(
        "tax_rate",
        sa.Column("tax_group", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Text(), nullable=False),
        sa.Column("rate_basis_points", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tax_group", "valid_from", name=op.f("pk_tax_rate")),
    )
    op.create_table(
        "tender",
        sa.Column("tender_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("is_recorded", sa.Integer(), server_default="0", nullable=False),
        sa.Column("opens_drawer", sa.Integer(), server_default="0", nullable=False),
        sa.Column("rank", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tender_id", name=op.f("pk_tender")),
    )
    op.create_table(
        "operator_store",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["number"], ["operator.number"], name=op.f("fk_operator_store_number_operator")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.store_id"], name=op.f("fk_operator_store_store_id_store")
        ),
        sa.PrimaryKeyConstraint("number", "store_id", name=op.f("pk_operator_store")),
    )
    op.create_index(
        op.f("ix_operator_store_store_id"), "operator_store", ["store_id"], unique=False
    )
    op.create_table(
        "payment",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("tender_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_payment_receipt_id_receipt")
        ),
        sa.PrimaryKeyConstraint("receipt_id", "ordinal", name=op.f("pk_payment")),
    )
    op.create_table(
        "receipt_line",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_rate_basis_points", sa.BigInteger(), nullable=False),
        sa.Column("is_voided", sa.Integer(), server_default="0", nullable=False),
        sa.Column("original_receipt_id", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_receipt_line_receipt_id_receipt")
        ),
        sa.PrimaryKeyConstraint("receipt_id", "line", name=op.f("pk_receipt_line")),
    )
    op.create_table(
        "receipt_tax",
        sa.Column("receipt_id", sa.Text(), nullable=False),
        sa.Column("rate_basis_points", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("vat_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["receipt_id"], ["receipt.receipt_id"], name=op.f("fk_receipt_tax_receipt_id_receipt")
        ),
        sa.PrimaryKeyConstraint("receipt_id", "rate_basis_points", name=op.f("pk_receipt_tax")),
    )
    op.create_table(
        "workstation",
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), server_default="", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("enrolled_at", sa.Text(), server_default="", nullable=False),
        sa.Column("last_contact_at", sa.Text(), server_default="", nullable=False),
        sa.Column("version", sa.Text(), server_default="", nullable=False),
        sa.Column("hostname", sa.Text(), server_default="", nullable=False),
        sa.Column("outbox", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("oldest_unsent_at", sa.Text(), server_default="", nullable=False),
        sa.Column("clock_skew_seconds", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.store_id"], name=op.f("fk_workstation_store_id_store")
        ),
        sa.PrimaryKeyConstraint("workstation_id", name=op.f("pk_workstation")),
    )
    op.create_index(op.f("ix_workstation_store_id"), "workstation", ["store_id"], unique=False)
    op.create_table(
        "enrolment_code",
        sa.Column("code_id", sa.Text(), nullable=False),
        sa.Column("secret_sha256", sa.Text(), nullable=False),
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("tries", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("used_at", sa.Text(), server_default="", nullable=False),
        sa.Column("nonce", sa.Text(), server_default="", nullable=False),
        sa.Column("public_key", sa.Text(), server_default="", nullable=False),
        sa.Column("epoch", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["workstation_id"],
            ["workstation.workstation_id"],
            name=op.f("fk_enrolment_code_workstation_id_workstation"),
        ),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_enrolment_code")),
    )
    op.create_index(
        op.f("ix_enrolment_code_workstation_id"), "enrolment_code", ["workstation_id"], unique=False
    )
    op.create_table(
        "epoch",
        sa.Column("workstation_id", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("granted_at", sa.Text(), nullable=False),
        sa.Column("head_sequence", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("head_hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workstation_id"],
            ["workstation.workstation_id"],
            name=op.f("fk_epoch_workstation_id_workstation"),
        ),
        sa.PrimaryKeyConstraint("workstation_id", "epoch", name=op.f("pk_epoch")),
    )
