"""People: customers and addresses, sealed; who asked about them; each store's key.

Nothing here can be read without the data key of central's home, and a person's own key
(person_key) opens that person's values alone: without it they are noise, backups included.
The thing to get wrong: a column in clear, or a value that is not under the person's key.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Table

from central_sync.database.tables.metadata import (
    METADATA,
    RowNumber,
    text,
    text_or_empty,
    whole,
)

# state: active, or erased: then only the id is left, which receipts go on naming.
customer = Table(
    "customer",
    METADATA,
    Column("number", RowNumber, primary_key=True, autoincrement=True),
    text("customer_id", unique=True),
    text("state"),
    Column("sealed", LargeBinary, nullable=False),
    text("created_at"),
    text("changed_at"),
    text_or_empty("erased_at"),
)

# A person's own key, sealed under central's data key; person_id is a customer or an address.
person_key = Table(
    "person_key",
    METADATA,
    text("person_id", primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# What a customer is found by: blind 64-bit tokens of phone, e-mail, member number and the
# beginnings of the name's words.
customer_token = Table(
    "customer_token",
    METADATA,
    whole("token", primary_key=True, autoincrement=False),
    whole("number", primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

Index("ix_customer_token_number", customer_token.c.number)

address = Table(
    "address",
    METADATA,
    text("address_id", primary_key=True),
    text_or_empty("customer_id"),
    Column("sealed", LargeBinary, nullable=False),
    text("changed_at"),
    text_or_empty("erased_at"),
)

Index("ix_address_customer", address.c.customer_id)

# What the address of an order is found by, as customer_token.
address_token = Table(
    "address_token",
    METADATA,
    whole("token", primary_key=True, autoincrement=False),
    text("address_id", primary_key=True),
    sqlite_with_rowid=False,
)

Index("ix_address_token_address", address_token.c.address_id)

# Who is known in which store. sealed and tokens are the feed's row, under the store's key;
# sealed is "" until the store's tills are told.
customer_store = Table(
    "customer_store",
    METADATA,
    text("store_id", primary_key=True),
    text("customer_id", primary_key=True),
    text("last_at"),
    text_or_empty("sealed"),
    text_or_empty("tokens"),
)

Index("ix_customer_store_customer", customer_store.c.customer_id)
Index(
    "ix_customer_store_untold",
    customer_store.c.store_id,
    sqlite_where=customer_store.c.sealed == "",
    postgresql_where=customer_store.c.sealed == "",
)

# Who looked at whom: what was asked by, never what was typed.
customer_access = Table(
    "customer_access",
    METADATA,
    Column("access_id", RowNumber, primary_key=True, autoincrement=True),
    text("at"),
    text("who"),
    text("why"),
    text("what"),
    text_or_empty("customer_ids"),
)

# A till's sealed note that has come: its content is in customer or address now.
note = Table(
    "note",
    METADATA,
    text("note_id", primary_key=True),
    text("kind"),
    text("subject_id"),
    text("store_id"),
    text("workstation_id"),
    text("at"),
    text("received_at"),
)

# The key under which a store's tills get what is private, sealed under central's data key.
store_key = Table(
    "store_key",
    METADATA,
    text("store_id", primary_key=True),
    text("key_id", primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    text("created_at"),
)

# Customers from before they were sealed; `people.seal_plain` moves them and leaves it empty.
customer_plain = Table(
    "customer_plain",
    METADATA,
    text("member_number", primary_key=True),
    text("name"),
    text_or_empty("email"),
    text_or_empty("phone"),
    text_or_empty("address"),
    text_or_empty("postcode"),
    text_or_empty("town"),
)
