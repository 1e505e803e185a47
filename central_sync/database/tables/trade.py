"""What the receipts add up to: receipts by line, payment and tax rate.

All of it can be made again from journal_entry; a receipt's own id is its identity,
so it is booked once however often and under whatever number it comes.
"""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table, Text

from central_sync.database.tables.metadata import (
    METADATA,
    flag,
    text,
    text_or_empty,
    whole,
)

receipt = Table(
    "receipt",
    METADATA,
    text("receipt_id", primary_key=True),
    text("store_id"),
    text("workstation_id"),
    whole("epoch"),
    whole("sequence"),
    text("receipt_number"),
    text("kind"),
    text("at"),
    text("business_day"),
    text("operator"),
    text("currency"),
    whole("total_minor"),
    whole("vat_minor"),
    whole("rounding_minor"),
    whole("change_minor"),
    text_or_empty("customer_id"),
)

Index(
    "ix_receipt_customer",
    receipt.c.customer_id,
    sqlite_where=receipt.c.customer_id != "",
    postgresql_where=receipt.c.customer_id != "",
)
Index("ix_receipt_store_day", receipt.c.store_id, receipt.c.business_day)
Index("ix_receipt_entry", receipt.c.workstation_id, receipt.c.epoch, receipt.c.sequence)


def _receipt_id() -> Column[str]:
    return Column(
        "receipt_id", Text, ForeignKey("receipt.receipt_id"), primary_key=True, nullable=False
    )


receipt_line = Table(
    "receipt_line",
    METADATA,
    _receipt_id(),
    whole("line", primary_key=True, autoincrement=False),
    text("store_id"),
    text("sku"),
    text("name"),
    whole("quantity"),
    whole("unit_price_minor"),
    whole("gross_minor"),
    whole("vat_minor"),
    whole("tax_rate_basis_points"),
    flag("is_voided"),
    text_or_empty("original_receipt_id"),
    whole("weight_grams", server_default="0"),
)

_takes_back = receipt_line.c.original_receipt_id != ""
Index(
    "ix_receipt_line_original",
    receipt_line.c.original_receipt_id,
    sqlite_where=_takes_back,
    postgresql_where=_takes_back,
)
Index("ix_receipt_number", receipt.c.receipt_number)

payment = Table(
    "payment",
    METADATA,
    _receipt_id(),
    whole("ordinal", primary_key=True, autoincrement=False),
    text("store_id"),
    text("tender_id"),
    text("kind"),
    whole("amount_minor"),
)

receipt_tax = Table(
    "receipt_tax",
    METADATA,
    _receipt_id(),
    whole("rate_basis_points", primary_key=True, autoincrement=False),
    text("store_id"),
    whole("gross_minor"),
    whole("vat_minor"),
)
