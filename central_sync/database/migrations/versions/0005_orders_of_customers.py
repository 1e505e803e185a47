"""Orders of customers: their events, parcels, quotes, decisions, tasks, and what is to be sent."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _customer_order()
    _order_event()
    _order_parcel()
    _quote()
    _routing_decision()
    _routing_policy()
    _setting()
    _idempotency()
    _order_inbox()
    _webhook()
    _outgoing()
    _store_task()
    _store_order()
    _store_cooling()
    _lease()


def _text(name: str, default: str | None = None) -> sa.Column[str]:
    return sa.Column(name, sa.Text(), server_default=default, nullable=False)


def _whole(name: str, default: str | None = None) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), server_default=default, nullable=False)


def _row_number(name: str) -> sa.Column[int]:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    return sa.Column(name, number, autoincrement=True, nullable=False)


def _partial(name: str, table: str, columns: list[str], where: str) -> None:
    is_so = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=is_so, postgresql_where=is_so)


def _customer_order() -> None:
    op.create_table(
        "customer_order",
        _text("order_id"),
        _text("number"),
        _text("store_id", ""),
        _text("receipt_id", ""),
        _text("customer_id", ""),
        _text("address_id", ""),
        _text("quote_id", ""),
        _text("client", ""),
        _text("reference", ""),
        _text("state"),
        _whole("version"),
        _text("placed_at"),
        _text("changed_at"),
        _text("look_at", ""),
        _text("body"),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("number", name=op.f("uq_customer_order_number")),
    )
    op.create_index("ix_customer_order_address_id", "customer_order", ["address_id"])
    op.create_index("ix_customer_order_customer_id", "customer_order", ["customer_id"])
    _partial(
        "ix_customer_order_look_at",
        "customer_order",
        ["look_at"],
        "look_at != ''",
    )
    op.create_index("ix_customer_order_placed_at", "customer_order", ["state", "placed_at"])
    op.create_index("ix_customer_order_quote_id", "customer_order", ["quote_id"])
    op.create_index("ix_customer_order_receipt_id", "customer_order", ["receipt_id"])


def _order_event() -> None:
    op.create_table(
        "order_event",
        _text("order_id"),
        _whole("version"),
        _text("at"),
        _text("body"),
        sa.PrimaryKeyConstraint("order_id", "version", name=op.f("pk_order_event")),
    )


def _order_parcel() -> None:
    op.create_table(
        "order_parcel",
        _text("parcel_id"),
        _text("order_id"),
        _text("store_id"),
        _text("collect_store_id", ""),
        _text("state"),
        _whole("epoch"),
        _whole("job_seconds"),
        _text("decision_id", ""),
        _text("planned_at"),
        sa.PrimaryKeyConstraint("parcel_id", name=op.f("pk_order_parcel")),
    )
    op.create_index(op.f("ix_order_parcel_order_id"), "order_parcel", ["order_id"])
    op.create_index("ix_order_parcel_planned_at", "order_parcel", ["planned_at"])
    _partial(
        "ix_order_parcel_work",
        "order_parcel",
        ["store_id"],
        "state IN ('planned', 'offered', 'claimed', 'picking')",
    )


def _quote() -> None:
    op.create_table(
        "quote",
        _text("quote_id"),
        _text("client"),
        _text("basket_id", ""),
        _text("state"),
        _text("made_at"),
        _text("expires_at"),
        _text("ends_at"),
        _text("body"),
        sa.PrimaryKeyConstraint("quote_id", name=op.f("pk_quote")),
    )
    _partial(
        "ix_quote_expires_at",
        "quote",
        ["expires_at"],
        "state = 'open'",
    )
    _partial(
        "ix_quote_open",
        "quote",
        ["client", "expires_at"],
        "state = 'open'",
    )


def _routing_decision() -> None:
    op.create_table(
        "routing_decision",
        _text("decision_id"),
        _text("order_id"),
        _text("day"),
        _text("at"),
        _text("policy"),
        _whole("attempt"),
        _text("why", "{}"),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("decision_id", name=op.f("pk_routing_decision")),
    )
    op.create_index(op.f("ix_routing_decision_day"), "routing_decision", ["day"])
    op.create_index(op.f("ix_routing_decision_order_id"), "routing_decision", ["order_id"])


def _routing_policy() -> None:
    op.create_table(
        "routing_policy",
        _text("version"),
        _text("body"),
        _text("author", ""),
        _text("made_at"),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_routing_policy")),
    )


def _setting() -> None:
    op.create_table(
        "setting",
        _text("name"),
        _text("body"),
        _text("author", ""),
        _text("at"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        _text("client"),
        _text("idempotency_key"),
        _text("asked_sha256"),
        _whole("status"),
        _text("reply"),
        _text("at"),
        sa.PrimaryKeyConstraint("client", "idempotency_key", name=op.f("pk_idempotency")),
    )
    op.create_index(op.f("ix_idempotency_at"), "idempotency", ["at"])


def _order_inbox() -> None:
    op.create_table(
        "order_inbox",
        _row_number("inbox_id"),
        _text("store_id"),
        _text("workstation_id", ""),
        _text("kind"),
        _text("body"),
        _text("at"),
        _text("state"),
        _text("reason", ""),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_order_inbox")),
    )
    _partial(
        "ix_order_inbox_waiting",
        "order_inbox",
        ["inbox_id"],
        "state = 'waiting'",
    )


def _webhook() -> None:
    op.create_table(
        "webhook",
        _text("webhook_id"),
        _text("url"),
        _text("secret"),
        _text("events", ""),
        _text("made_at"),
        _text("removed_at", ""),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook")),
    )


def _outgoing() -> None:
    op.create_table(
        "outgoing",
        _row_number("outgoing_id"),
        _text("once"),
        _text("kind"),
        _text("target", ""),
        _text("order_id"),
        _text("parcel_id", ""),
        _text("body"),
        _text("state"),
        _text("made_at"),
        _text("next_at"),
        _whole("tries", "0"),
        _text("error", ""),
        _text("result", ""),
        sa.PrimaryKeyConstraint("outgoing_id", name=op.f("pk_outgoing")),
        sa.UniqueConstraint("once", name=op.f("uq_outgoing_once")),
    )
    _partial(
        "ix_outgoing_next_at",
        "outgoing",
        ["next_at"],
        "state = 'waiting'",
    )
    op.create_index("ix_outgoing_parcel_id", "outgoing", ["parcel_id", "kind"])


def _store_task() -> None:
    op.create_table(
        "store_task",
        _text("store_id"),
        _text("task_id"),
        _text("kind"),
        _text("state"),
        _text("due_at", ""),
        _text("offered_until", ""),
        _text("body"),
        _text("sealed", ""),
        _text("order_id", ""),
        _text("parcel_id", ""),
        _text("closed_at", ""),
        sa.PrimaryKeyConstraint("store_id", "task_id", name=op.f("pk_store_task")),
    )
    op.create_index("ix_store_task_order_id", "store_task", ["order_id"])
    op.create_index("ix_store_task_parcel_id", "store_task", ["parcel_id"])


def _store_order() -> None:
    op.create_table(
        "store_order",
        _text("store_id"),
        _text("order_id"),
        _text("number"),
        _text("state"),
        _text("body"),
        _text("sealed", ""),
        _text("closed_at", ""),
        sa.PrimaryKeyConstraint("store_id", "order_id", name=op.f("pk_store_order")),
    )


def _store_cooling() -> None:
    op.create_table(
        "store_cooling",
        _text("store_id"),
        _text("until"),
        sa.PrimaryKeyConstraint("store_id", name=op.f("pk_store_cooling")),
    )


def _lease() -> None:
    op.create_table(
        "lease",
        _text("name"),
        _text("holder"),
        _text("until"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
