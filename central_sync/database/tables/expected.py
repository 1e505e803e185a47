"""Goods that are on their way to a store, and the invoices that suppliers send for them.

A delivery is announced by an import, a transfer by the store that sent it. The thing to get
wrong: taking these for stock. Nothing here is on a shelf until a till says that it came.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Table

from central_sync.database.tables.metadata import METADATA, RowNumber, text, text_or_empty, whole

# kind: delivery, transfer. state: open, received, closed (a person gave it up), nowhere (sent
# to a store that is none; `store_id` is then what was typed). document_id: what received it.
expected_delivery = Table(
    "expected_delivery",
    METADATA,
    text("delivery_id", primary_key=True),
    text("kind"),
    text("store_id"),
    text_or_empty("from_store_id"),
    text_or_empty("supplier"),
    text("reference"),
    text_or_empty("expected_on"),
    text("state"),
    text("made_at"),
    text("changed_at"),
    text_or_empty("document_id"),
)

_is_open = expected_delivery.c.state == "open"
Index("ix_expected_delivery_reference", expected_delivery.c.store_id, expected_delivery.c.reference)
Index(
    "ix_expected_delivery_open",
    expected_delivery.c.changed_at,
    sqlite_where=_is_open,
    postgresql_where=_is_open,
)

# Pieces announced and pieces that came; what came unannounced has quantity 0, and a code that
# is in no catalogue stands as its SKU. cost_minor: what a piece was agreed to cost, without VAT.
expected_line = Table(
    "expected_line",
    METADATA,
    text("delivery_id", primary_key=True),
    text("sku", primary_key=True),
    whole("quantity"),
    whole("received", server_default="0"),
    Column("cost_minor", BigInteger),
)

Index("ix_expected_line_sku", expected_line.c.sku)

# state: waiting (for its goods), fits, differs, credit_asked (a credit note is to come), settled
# (approved by a person).
supplier_invoice = Table(
    "supplier_invoice",
    METADATA,
    Column("invoice_id", RowNumber, primary_key=True, autoincrement=True),
    text("store_id"),
    text("supplier"),
    text("number"),
    text("reference"),
    text("state"),
    text("made_at"),
    text_or_empty("checked_at"),
    whole("credit_minor", server_default="0"),
    text_or_empty("asked_at"),
    text_or_empty("asked_by"),
    text_or_empty("credit_note"),
    text_or_empty("approved_by"),
    text_or_empty("note"),
)

Index(
    "ix_supplier_invoice_number",
    supplier_invoice.c.supplier,
    supplier_invoice.c.number,
    unique=True,
)
Index("ix_supplier_invoice_reference", supplier_invoice.c.store_id, supplier_invoice.c.reference)

# What is charged for, and what had come when it was held against the goods; a piece's price as
# charged and as agreed, NULL where nobody said.
supplier_invoice_line = Table(
    "supplier_invoice_line",
    METADATA,
    whole("invoice_id", primary_key=True, autoincrement=False),
    text("sku", primary_key=True),
    whole("quantity"),
    whole("received", server_default="0"),
    Column("cost_minor", BigInteger),
    Column("agreed_minor", BigInteger),
)
