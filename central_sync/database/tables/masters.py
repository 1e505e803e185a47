"""What head office writes: the chain, its stores, items, prices, people.

Tables that go to the tills have the column names of master.db (masterfile/schema.sql),
so that a row here is a row of the feed. The thing to get wrong: renaming one of them.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text

from central_sync.database.tables.metadata import METADATA, flag, text, text_or_empty, whole

chain = Table(
    "chain",
    METADATA,
    text("chain", primary_key=True),
    text("country"),
    text("company"),
    text("organisation_number"),
)

store = Table(
    "store",
    METADATA,
    text("store_id", primary_key=True),
    text("kind"),
    text("name"),
    text_or_empty("address"),
    text_or_empty("postcode"),
    text_or_empty("town"),
    text_or_empty("latitude"),
    text_or_empty("longitude"),
    text_or_empty("phone"),
    text_or_empty("opening_hours"),
    text_or_empty("footer"),
)

item = Table(
    "item",
    METADATA,
    text("sku", primary_key=True),
    whole("rank", index=True),
    text("name"),
    text_or_empty("gtin"),
    text("tax_group"),
    text("kind"),
    flag("is_open_price"),
    flag("is_blocked"),
    text_or_empty("model"),
    text_or_empty("colour"),
    text_or_empty("size"),
    text("sold_by", server_default="piece"),
    whole("tare_grams", server_default="0"),
)

barcode = Table("barcode", METADATA, text("code", primary_key=True), text("sku", index=True))

price = Table("price", METADATA, text("sku", primary_key=True), whole("price_minor"))

tax_rate = Table(
    "tax_rate",
    METADATA,
    text("tax_group", primary_key=True),
    text("valid_from", primary_key=True),
    whole("rate_basis_points"),
)

tender = Table(
    "tender",
    METADATA,
    text("tender_id", primary_key=True),
    text("name"),
    text("kind"),
    flag("is_recorded"),
    flag("opens_drawer"),
    whole("rank"),
)

operator = Table(
    "operator",
    METADATA,
    text("number", primary_key=True),
    text("name"),
    text("role"),
    text("pin_hash"),
    text("language"),
    # An operator of all stores has no row in operator_store.
    flag("is_everywhere"),
)

operator_store = Table(
    "operator_store",
    METADATA,
    Column("number", Text, ForeignKey("operator.number"), primary_key=True, nullable=False),
    Column(
        "store_id", Text, ForeignKey("store.store_id"), primary_key=True, nullable=False, index=True
    ),
)
