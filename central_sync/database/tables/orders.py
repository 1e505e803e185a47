"""Orders of customers: their events, what follows from them, and what has to be done in time.

An order is the fold of order_event; customer_order.body is that fold, kept so that nobody
folds twice. No personal data: names and addresses lie sealed elsewhere, under an id. The
thing to get wrong: changing anything here but through `server.orders.carrying`.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table, Text

from central_sync.database.tables.metadata import METADATA, RowNumber, text, text_or_empty, whole

# state: open, escalated (a person has to look), done. look_at: when timed work is due, "" never.
customer_order = Table(
    "customer_order",
    METADATA,
    text("order_id", primary_key=True),
    text("number", unique=True),
    text_or_empty("store_id"),
    text_or_empty("receipt_id"),
    text_or_empty("customer_id"),
    text_or_empty("address_id"),
    text_or_empty("quote_id"),
    text_or_empty("client"),
    text_or_empty("reference"),
    text("state"),
    whole("version"),
    text("placed_at"),
    text("changed_at"),
    text_or_empty("look_at"),
    text("body"),
)

_is_due = customer_order.c.look_at != ""
Index(
    "ix_customer_order_look_at",
    customer_order.c.look_at,
    sqlite_where=_is_due,
    postgresql_where=_is_due,
)
Index("ix_customer_order_quote_id", customer_order.c.quote_id)
Index("ix_customer_order_receipt_id", customer_order.c.receipt_id)
Index("ix_customer_order_customer_id", customer_order.c.customer_id)
Index("ix_customer_order_address_id", customer_order.c.address_id)
Index("ix_customer_order_placed_at", customer_order.c.state, customer_order.c.placed_at)

order_event = Table(
    "order_event",
    METADATA,
    text("order_id", primary_key=True),
    whole("version", primary_key=True, autoincrement=False),
    text("at"),
    text("body"),
)

# Where each parcel is, to be found by store; job_seconds is the work that it still asks for.
order_parcel = Table(
    "order_parcel",
    METADATA,
    text("parcel_id", primary_key=True),
    text("order_id", index=True),
    text("store_id"),
    text_or_empty("collect_store_id"),
    text("state"),
    whole("epoch"),
    whole("job_seconds"),
    text_or_empty("decision_id"),
    text("planned_at"),
)

_has_work = order_parcel.c.state.in_(("planned", "offered", "claimed", "picking"))
Index(
    "ix_order_parcel_work",
    order_parcel.c.store_id,
    sqlite_where=_has_work,
    postgresql_where=_has_work,
)
Index("ix_order_parcel_planned_at", order_parcel.c.planned_at)

# state: open, ordered, released, expired. body: what was asked and planned, as JSON.
quote = Table(
    "quote",
    METADATA,
    text("quote_id", primary_key=True),
    text("client"),
    text_or_empty("basket_id"),
    text("state"),
    text("made_at"),
    text("expires_at"),
    text("ends_at"),
    text("body"),
)

_is_open = quote.c.state == "open"
Index(
    "ix_quote_open",
    quote.c.client,
    quote.c.expires_at,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)
Index("ix_quote_expires_at", quote.c.expires_at, sqlite_where=_is_open, postgresql_where=_is_open)

# record: routing.record_bytes, compressed with zstd. why: JSON, store -> [sv, en] of the
# stores that were chosen. Written once.
routing_decision = Table(
    "routing_decision",
    METADATA,
    text("decision_id", primary_key=True),
    text("order_id", index=True),
    text("day", index=True),
    text("at"),
    text("policy"),
    whole("attempt"),
    text("why", server_default="{}"),
    Column("record", LargeBinary, nullable=False),
)

routing_policy = Table(
    "routing_policy",
    METADATA,
    text("version", primary_key=True),
    text("body"),
    text_or_empty("author"),
    text("made_at"),
)

# name: "routing" (the live policy's version), "orders" (server.orders.rules.OrderRules).
setting = Table(
    "setting",
    METADATA,
    text("name", primary_key=True),
    text("body"),
    text_or_empty("author"),
    text("at"),
)

# The first answer to a POST, given again for the same key.
idempotency = Table(
    "idempotency",
    METADATA,
    text("client", primary_key=True),
    text("idempotency_key", primary_key=True),
    text("asked_sha256"),
    whole("status"),
    text("reply"),
    text("at", index=True),
)

# What tills said of orders, waiting to be decided. kind: order, command, receipt, shortfall.
# state: waiting, done, refused (reason says why), early (its order is not here yet).
order_inbox = Table(
    "order_inbox",
    METADATA,
    Column("inbox_id", RowNumber, primary_key=True, autoincrement=True),
    text("store_id"),
    text_or_empty("workstation_id"),
    text("kind"),
    text("body"),
    text("at"),
    text("state"),
    text_or_empty("reason"),
    text_or_empty("order_id"),
)

_waits = order_inbox.c.state == "waiting"
Index(
    "ix_order_inbox_waiting", order_inbox.c.inbox_id, sqlite_where=_waits, postgresql_where=_waits
)
_is_early = order_inbox.c.state == "early"
Index(
    "ix_order_inbox_early",
    order_inbox.c.order_id,
    sqlite_where=_is_early,
    postgresql_where=_is_early,
)
Index("ix_order_inbox_order_id", order_inbox.c.order_id)

# Who is paying a refund out just now, so that no second store does.
refund_claim = Table(
    "refund_claim",
    METADATA,
    text("refund_key", primary_key=True),
    text("workstation_id"),
    text("until"),
)

# scopes of events: "" all, else names separated by spaces.
webhook = Table(
    "webhook",
    METADATA,
    text("webhook_id", primary_key=True),
    text("url"),
    text("secret"),
    text_or_empty("events"),
    text("made_at"),
    text_or_empty("removed_at"),
)

# To the world outside, with patience. kind: webhook, message, label; `once` makes it once
# only; state: waiting, sent, dead; result: what the carrier answered, as JSON.
outgoing = Table(
    "outgoing",
    METADATA,
    Column("outgoing_id", RowNumber, primary_key=True, autoincrement=True),
    text("once", unique=True),
    text("kind"),
    text_or_empty("target"),
    text("order_id"),
    text_or_empty("parcel_id"),
    text("body"),
    text("state"),
    text("made_at"),
    text("next_at"),
    whole("tries", server_default="0"),
    text_or_empty("error"),
    text_or_empty("result"),
)
Index("ix_outgoing_parcel_id", outgoing.c.parcel_id, outgoing.c.kind)


_is_to_send = outgoing.c.state == "waiting"
Index(
    "ix_outgoing_next_at",
    outgoing.c.next_at,
    sqlite_where=_is_to_send,
    postgresql_where=_is_to_send,
)

# master.db's `task`, for every store; closed ones go from the feed after some days.
store_task = Table(
    "store_task",
    METADATA,
    text("store_id", primary_key=True),
    text("task_id", primary_key=True),
    text("kind"),
    text("state"),
    text_or_empty("due_at"),
    text_or_empty("offered_until"),
    Column("body", Text, nullable=False),
    text_or_empty("sealed"),
    text_or_empty("order_id"),
    text_or_empty("parcel_id"),
    text_or_empty("closed_at"),
)

Index("ix_store_task_parcel_id", store_task.c.parcel_id)
Index("ix_store_task_order_id", store_task.c.order_id)

# master.db's `customer_order`: orders sold by a store or to be collected there.
store_order = Table(
    "store_order",
    METADATA,
    text("store_id", primary_key=True),
    text("order_id", primary_key=True),
    text("number"),
    text("state"),
    text("body"),
    text_or_empty("sealed"),
    text_or_empty("closed_at"),
)

# A store that said no, or did not answer, is left alone for a while.
store_cooling = Table("store_cooling", METADATA, text("store_id", primary_key=True), text("until"))

# Who does the timed work: one holder, until its time is over.
lease = Table("lease", METADATA, text("name", primary_key=True), text("holder"), text("until"))
