"""Returns that a person or the sale itself has to confirm: made without central, or made twice."""

from __future__ import annotations

from sqlalchemy import Index, Table

from central_sync.database.tables.metadata import METADATA, flag, text, text_or_empty, whole

# One row a line that a till took back on the word of the receipt's own code (is_held), and one a
# line that came back more often than it was sold. state: waiting (its sale is not here yet), due
# (money is owed), done, contested (a person decides), refused. claim_minor: what the return
# receipt left for central to pay, back to where it was paid from.
return_claim = Table(
    "return_claim",
    METADATA,
    text("claim_id", primary_key=True),
    text("receipt_id"),
    whole("line"),
    text("store_id"),
    text("original_receipt_id", index=True),
    whole("original_line"),
    text("sku"),
    text("name"),
    whole("quantity"),
    whole("gross_minor"),
    whole("claim_minor"),
    flag("is_held"),
    text("state"),
    text("at"),
    text_or_empty("reason"),
    text_or_empty("settled_at"),
    text_or_empty("settled_by"),
    text_or_empty("reference"),
)

Index(
    "ix_return_claim_open",
    return_claim.c.state,
    sqlite_where=return_claim.c.state.not_in(("done", "refused")),
    postgresql_where=return_claim.c.state.not_in(("done", "refused")),
)
