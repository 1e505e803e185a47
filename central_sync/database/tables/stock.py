"""Stock of the whole chain: its ledger of movements, its levels, and rights to pieces.

Levels and rights can be made again from their ledgers (stock_movement, reservation_event),
byte for byte. The thing to get wrong: `on_hand` is written under the lock of the store's
feed scope, `reserved` only by conditional updates; nobody writes both from what was read.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from central_sync.database.tables.metadata import (
    METADATA,
    RowNumber,
    flag,
    text,
    text_or_empty,
    whole,
)

# kind: retail.stock.MovementKind. A receipt's movement names its entry; `source_id` is the
# receipt, document or order that it came from. What came again in another entry is a row
# of no pieces: it moves nothing, and yet the level names that entry.
stock_movement = Table(
    "stock_movement",
    METADATA,
    Column("movement_id", RowNumber, primary_key=True, autoincrement=True),
    text("store_id"),
    text("sku"),
    whole("delta"),
    text("kind"),
    text("at"),
    text_or_empty("workstation_id"),
    whole("epoch", server_default="0"),
    whole("sequence", server_default="0"),
    text_or_empty("reason"),
    text_or_empty("order_id"),
    text_or_empty("source_id"),
)

Index("ix_stock_movement_place", stock_movement.c.store_id, stock_movement.c.sku)

# as_of: JSON, per workstation the last journal position that on_hand includes.
# minimum stays for walk-ins; demand is pieces a day in thousandths; nil is the learned chance
# that a pick finds nothing. changed: database.changes tells what was written since when.
# pledged: the most that may be reserved where the store lends pieces, NULL where it does not;
# until lent_until whatever is heard of the store, "" while it has not agreed. pledge_epoch
# changes with every offer and is 0 where there is none.
stock_level = Table(
    "stock_level",
    METADATA,
    text("store_id", primary_key=True),
    text("sku", primary_key=True),
    whole("on_hand"),
    text("as_of", server_default="{}"),
    whole("reserved", server_default="0"),
    whole("minimum", server_default="0"),
    text_or_empty("moved_at"),
    text_or_empty("counted_at"),
    whole("demand_thousandths", server_default="0"),
    whole("nil_basis_points", server_default="300"),
    whole("changed", server_default="0"),
    Column("pledged", BigInteger),
    whole("pledge_epoch", server_default="0"),
    text_or_empty("lent_until"),
)

Index("ix_stock_level_sku", stock_level.c.sku, stock_level.c.store_id)
Index("ix_stock_level_changed", stock_level.c.changed)

# state: retail.stock.ReservationState. `owner` is the holder without its line: a quote, a
# parcel. A holder has one live right at a time.
reservation = Table(
    "reservation",
    METADATA,
    text("reservation_id", primary_key=True),
    text("holder"),
    text("owner"),
    text("store_id"),
    text("sku"),
    whole("quantity"),
    text("state"),
    text_or_empty("expires_at"),
    whole("version", server_default="1"),
)

_is_live = reservation.c.state.in_(("soft", "hard"))
_expires = _is_live & (reservation.c.expires_at != "")

Index(
    "ix_reservation_holder",
    reservation.c.holder,
    unique=True,
    sqlite_where=_is_live,
    postgresql_where=_is_live,
)
Index(
    "ix_reservation_owner",
    reservation.c.owner,
    sqlite_where=_is_live,
    postgresql_where=_is_live,
)
Index(
    "ix_reservation_place",
    reservation.c.store_id,
    reservation.c.sku,
    sqlite_where=_is_live,
    postgresql_where=_is_live,
)
Index(
    "ix_reservation_expires_at",
    reservation.c.expires_at,
    sqlite_where=_expires,
    postgresql_where=_expires,
)

# Append-only; retail.stock.ReservationEvent. `believed` is what was available when a right
# was given.
reservation_event = Table(
    "reservation_event",
    METADATA,
    Column("event_id", RowNumber, primary_key=True, autoincrement=True),
    text("reservation_id", index=True),
    text("kind"),
    text("at"),
    whole("quantity", server_default="0"),
    text_or_empty("store_id"),
    text_or_empty("sku"),
    text_or_empty("holder"),
    text_or_empty("expires_at"),
    whole("believed", server_default="0"),
    flag("is_soft"),
)

# What stores lend to the web (retail.stock.Pledge), ended ones too: their epoch goes on.
pledge = Table(
    "pledge",
    METADATA,
    text("store_id", primary_key=True),
    text("sku", primary_key=True),
    whole("quantity", server_default="0"),
    text_or_empty("lease_until"),
    whole("epoch", server_default="0"),
    whole("is_agreed", server_default="0"),
    whole("lent", server_default="0"),
    text_or_empty("lent_until"),
    text_or_empty("who"),
    text_or_empty("reason"),
)

Index("ix_pledge_lease_until", pledge.c.lease_until)

# Append-only; retail.stock.PledgeEvent.
pledge_event = Table(
    "pledge_event",
    METADATA,
    Column("event_id", RowNumber, primary_key=True, autoincrement=True),
    text("store_id"),
    text("sku"),
    whole("epoch", server_default="0"),
    text("kind"),
    text("at"),
    whole("quantity", server_default="0"),
    text_or_empty("lease_until"),
    text_or_empty("who"),
    text_or_empty("reason"),
)

Index("ix_pledge_event_place", pledge_event.c.store_id, pledge_event.c.sku)

# What a till told of goods: a delivery, a transfer, a count, an adjustment, a put-back, an
# invoice that was checked. Its own id is its identity.
stock_document = Table(
    "stock_document",
    METADATA,
    text("document_id", primary_key=True),
    text("store_id"),
    text("workstation_id"),
    whole("epoch"),
    whole("sequence"),
    text("kind"),
    text("at"),
    text_or_empty("operator"),
    text_or_empty("reference"),
    text_or_empty("reason"),
)

Index("ix_stock_document_store", stock_document.c.store_id, stock_document.c.at)

# state: booked, parked (`reason` says why), noted (an invoice moves nothing). `expected` is
# what the delivery or the book said, where it said anything.
stock_document_line = Table(
    "stock_document_line",
    METADATA,
    text("document_id", primary_key=True),
    whole("line", primary_key=True, autoincrement=False),
    text("store_id"),
    text("sku"),
    whole("quantity"),
    Column("expected", BigInteger),
    whole("delta", server_default="0"),
    text("state"),
    text_or_empty("reason"),
)

_is_parked = stock_document_line.c.state == "parked"
Index(
    "ix_stock_document_line_parked",
    stock_document_line.c.sku,
    sqlite_where=_is_parked,
    postgresql_where=_is_parked,
)

# Where a postcode is, WGS 84 degrees as they were written.
postcode = Table(
    "postcode",
    METADATA,
    text("postcode", primary_key=True),
    text("latitude"),
    text("longitude"),
)
