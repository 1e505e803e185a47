"""People are sealed: customers and addresses, their tokens, who asked, each store's key.

The customers there were are moved aside as they stand; the program seals them right after,
since the key is in central's home and not in the database.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_PLAIN = ("member_number", "name", "email", "phone", "address", "postcode", "town")


def upgrade() -> None:
    _move_aside()
    op.create_table(
        "customer",
        sa.Column("number", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_customer")),
        sa.UniqueConstraint("customer_id", name=op.f("uq_customer_customer_id")),
    )
    op.create_table(
        "person_key",
        sa.Column("person_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_person_key")),
    )
    op.create_table(
        "customer_token",
        sa.Column("token", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("token", "number", name=op.f("pk_customer_token")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_customer_token_number", "customer_token", ["number"])
    op.create_table(
        "address",
        sa.Column("address_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("address_id", name=op.f("pk_address")),
    )
    op.create_index("ix_address_customer", "address", ["customer_id"])
    _stores_and_questions()
    _receipts()


def _move_aside() -> None:
    columns = [sa.Column(name, sa.Text(), nullable=False) for name in _PLAIN[:2]]
    columns += [sa.Column(n, sa.Text(), server_default="", nullable=False) for n in _PLAIN[2:]]
    op.create_table(
        "customer_plain",
        *columns,
        sa.PrimaryKeyConstraint("member_number", name=op.f("pk_customer_plain")),
    )
    names = ", ".join(_PLAIN)
    op.execute(f"INSERT INTO customer_plain ({names}) SELECT {names} FROM customer")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("PRAGMA secure_delete = ON")  # or the names stay in the file's free pages
    op.drop_table("customer")


def _stores_and_questions() -> None:
    op.create_table(
        "customer_store",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("customer_id", sa.Text(), nullable=False),
        sa.Column("last_at", sa.Text(), nullable=False),
        sa.Column("sealed", sa.Text(), server_default="", nullable=False),
        sa.Column("tokens", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("store_id", "customer_id", name=op.f("pk_customer_store")),
    )
    op.create_index("ix_customer_store_customer", "customer_store", ["customer_id"])
    op.create_index(
        "ix_customer_store_untold",
        "customer_store",
        ["store_id"],
        sqlite_where=sa.text("sealed = ''"),
        postgresql_where=sa.text("sealed = ''"),
    )
    op.create_table(
        "customer_access",
        sa.Column("access_id", _NUMBER, autoincrement=True, nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("customer_ids", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("access_id", name=op.f("pk_customer_access")),
    )
    op.create_table(
        "note",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in (
                *("note_id", "kind", "subject_id", "store_id", "workstation_id"),
                *("at", "received_at"),
            )
        ),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_note")),
    )
    op.create_table(
        "store_key",
        sa.Column("store_id", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("store_id", "key_id", name=op.f("pk_store_key")),
    )


def _receipts() -> None:
    op.add_column("receipt", sa.Column("customer_id", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_receipt_customer",
        "receipt",
        ["customer_id"],
        sqlite_where=sa.text("customer_id != ''"),
        postgresql_where=sa.text("customer_id != ''"),
    )
