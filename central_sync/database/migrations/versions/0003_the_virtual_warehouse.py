"""The virtual warehouse: rights to pieces, documents of goods, how busy a store is."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_LIVE = sa.text("state IN ('soft', 'hard')")
_EXPIRES = sa.text("state IN ('soft', 'hard') AND expires_at != ''")
_PARKED = sa.text("state = 'parked'")


def upgrade() -> None:
    _levels()
    _rights()
    _documents()
    _pulse()
    _tell_movements_by_kind()
    _name_the_known_entries()


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _whole(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)


def _row_number(name: str) -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, number, autoincrement=True, nullable=False)


def _levels() -> None:
    op.add_column("stock_movement", _text("order_id", ""))
    op.add_column("stock_movement", _text("source_id", ""))
    for column in (
        _whole("reserved", "0"),
        _whole("minimum", "0"),
        _text("moved_at", ""),
        _text("counted_at", ""),
        _whole("demand_thousandths", "0"),
        _whole("nil_basis_points", "300"),
        _whole("changed", "0"),
    ):
        op.add_column("stock_level", column)
    op.create_index("ix_stock_level_sku", "stock_level", ["sku", "store_id"])
    op.create_index("ix_stock_level_changed", "stock_level", ["changed"])


def _rights() -> None:
    op.create_table(
        "reservation",
        _text("reservation_id"),
        _text("holder"),
        _text("owner"),
        _text("store_id"),
        _text("sku"),
        _whole("quantity"),
        _text("state"),
        _text("expires_at", ""),
        _whole("version", "1"),
        sa.PrimaryKeyConstraint("reservation_id", name=op.f("pk_reservation")),
    )
    for name, columns, where, unique in (
        ("holder", ["holder"], _LIVE, True),
        ("owner", ["owner"], _LIVE, False),
        ("place", ["store_id", "sku"], _LIVE, False),
        ("expires_at", ["expires_at"], _EXPIRES, False),
    ):
        op.create_index(
            f"ix_reservation_{name}",
            "reservation",
            columns,
            unique=unique,
            sqlite_where=where,
            postgresql_where=where,
        )
    op.create_table(
        "reservation_event",
        _row_number("event_id"),
        _text("reservation_id"),
        _text("kind"),
        _text("at"),
        _whole("quantity", "0"),
        _text("store_id", ""),
        _text("sku", ""),
        _text("holder", ""),
        _text("expires_at", ""),
        _whole("believed", "0"),
        sa.Column("is_soft", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_reservation_event")),
    )
    op.create_index(
        op.f("ix_reservation_event_reservation_id"), "reservation_event", ["reservation_id"]
    )


def _documents() -> None:
    op.create_table(
        "stock_document",
        _text("document_id"),
        _text("store_id"),
        _text("workstation_id"),
        _whole("epoch"),
        _whole("sequence"),
        _text("kind"),
        _text("at"),
        _text("operator", ""),
        _text("reference", ""),
        _text("reason", ""),
        sa.PrimaryKeyConstraint("document_id", name=op.f("pk_stock_document")),
    )
    op.create_index("ix_stock_document_store", "stock_document", ["store_id", "at"])
    op.create_table(
        "stock_document_line",
        _text("document_id"),
        _whole("line"),
        _text("store_id"),
        _text("sku"),
        _whole("quantity"),
        sa.Column("expected", sa.BigInteger(), nullable=True),
        _whole("delta", "0"),
        _text("state"),
        _text("reason", ""),
        sa.PrimaryKeyConstraint("document_id", "line", name=op.f("pk_stock_document_line")),
    )
    op.create_index(
        "ix_stock_document_line_parked",
        "stock_document_line",
        ["sku"],
        sqlite_where=_PARKED,
        postgresql_where=_PARKED,
    )
    op.create_table(
        "postcode",
        _text("postcode"),
        _text("latitude"),
        _text("longitude"),
        sa.PrimaryKeyConstraint("postcode", name=op.f("pk_postcode")),
    )


def _pulse() -> None:
    counts = ("receipts", "returns", "inbound_lines", "orders_made", "invoices_checked", "staff")
    op.create_table(
        "store_pulse",
        _text("store_id"),
        _text("minute"),
        *(_whole(name, "0") for name in counts),
        sa.PrimaryKeyConstraint("store_id", "minute", name=op.f("pk_store_pulse")),
    )
    op.create_index(op.f("ix_store_pulse_minute"), "store_pulse", ["minute"])
    op.create_table(
        "till_session",
        _text("workstation_id"),
        _text("store_id"),
        sa.Column("is_open", sa.Integer(), server_default="0", nullable=False),
        _text("at"),
        sa.PrimaryKeyConstraint("workstation_id", name=op.f("pk_till_session")),
    )
    op.create_index(op.f("ix_till_session_store_id"), "till_session", ["store_id"])
    op.create_table(
        "store_profile",
        _text("store_id"),
        _whole("slot"),
        _whole("busyness_thousandths"),
        sa.PrimaryKeyConstraint("store_id", "slot", name=op.f("pk_store_profile")),
    )


def _tell_movements_by_kind() -> None:
    op.execute(
        "UPDATE stock_movement SET kind = 'adjustment', reason = 'import' WHERE kind = 'import'"
    )
    op.execute(
        """
        UPDATE stock_level SET moved_at = coalesce((
            SELECT max(at) FROM stock_movement
             WHERE stock_movement.store_id = stock_level.store_id
               AND stock_movement.sku = stock_level.sku), '')
        """
    )


def _name_the_known_entries() -> None:
    """A level may name an entry that moved nothing; now the ledger says so too."""
    connection = op.get_bind()
    told = {
        (row.store_id, row.sku, row.workstation_id): (row.epoch, row.sequence)
        for row in connection.execute(
            sa.text(
                """
                SELECT store_id, sku, workstation_id, epoch, max(sequence) AS sequence
                  FROM stock_movement WHERE workstation_id <> ''
                 GROUP BY store_id, sku, workstation_id, epoch
                 ORDER BY epoch
                """
            )
        )
    }
    levels = connection.execute(
        sa.text("SELECT store_id, sku, as_of, moved_at FROM stock_level WHERE as_of <> '{}'")
    )
    missing = [
        {
            "store_id": level.store_id,
            "sku": level.sku,
            "at": level.moved_at,
            "workstation_id": who,
            "epoch": epoch,
            "sequence": sequence,
        }
        for level in levels
        for who, (epoch, sequence) in json.loads(level.as_of).items()
        if told.get((level.store_id, level.sku, who), (0, 0)) < (epoch, sequence)
    ]
    if missing:
        connection.execute(
            sa.text(
                """
                INSERT INTO stock_movement
                       (store_id, sku, delta, kind, at, workstation_id, epoch, sequence)
                VALUES (:store_id, :sku, 0, 'sale', :at, :workstation_id, :epoch, :sequence)
                """
            ),
            missing,
        )
