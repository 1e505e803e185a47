"""How busy stores are: counts per store and minute, kept for ninety days, never of a person.

The thing to get wrong: adding a column that names who did it. Routing needs to know that a
store is busy, not who was slow.
"""

from __future__ import annotations

from sqlalchemy import Table

from central_sync.database.tables.metadata import METADATA, flag, text, whole

# minute: ISO UTC to the minute with Z, as it was at the till; staff: tills signed on.
store_pulse = Table(
    "store_pulse",
    METADATA,
    text("store_id", primary_key=True),
    text("minute", primary_key=True, index=True),
    whole("receipts", server_default="0"),
    whole("returns", server_default="0"),
    whole("inbound_lines", server_default="0"),
    whole("orders_made", server_default="0"),
    whole("invoices_checked", server_default="0"),
    whole("staff", server_default="0"),
)

# Whether somebody is signed on at a till: that is all, and only the newest.
till_session = Table(
    "till_session",
    METADATA,
    text("workstation_id", primary_key=True),
    text("store_id", index=True),
    flag("is_open"),
    text("at"),
)

# What a store is usually like, per quarter hour of the week (672 of them from Monday 00:00).
store_profile = Table(
    "store_profile",
    METADATA,
    text("store_id", primary_key=True),
    whole("slot", primary_key=True, autoincrement=False),
    whole("busyness_thousandths"),
)
